/* CONV_2D, int8, per channel, dilated, not grouped: the windows of two pixels are laid out as rows. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"

/* A line of a window, not dilated, that lies partly outside of the input: put together as bytes first. */
static uint32_t *expand_partly(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width;
  for (int32_t tap = 0; tap < p->filter_width; ++tap, ++x0) {
    int8_t *pixel = bytes + tap * depth;
    if (x0 >= 0 && x0 < width) {
      memcpy(pixel, line + x0 * depth, (size_t)depth);
    } else {
      memset(pixel, -p->input_offset, (size_t)depth);
    }
  }
  return th_dsp_expand(to, 2, bytes, p->filter_width * depth);
}

/* Runs of a line: whole when taps are neighbours, else each tap's. */
static uint32_t *expand_line(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width, taps = p->filter_width;
  if (p->dilation_width == 1) {
    if (x0 >= 0 && x0 + taps <= width) return th_dsp_expand(to, 2, line + x0 * depth, taps * depth);
    return expand_partly(p, to, bytes, line, x0);
  }
  for (int32_t tap = 0; tap < taps; ++tap, x0 += p->dilation_width) {
    const bool inside = x0 >= 0 && x0 < width;
    to = inside ? th_dsp_expand(to, 2, line + x0 * depth, depth) : th_dsp_expand_value(to, 2, -p->input_offset, depth);
  }
  return to;
}

static void expand_window(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *input, int32_t out_y,
                          int32_t out_x) {
  const int32_t line_bytes = p->input_width * p->input_depth;
  const int32_t x0 = out_x * p->stride_width - p->pad_left;
  int32_t y = out_y * p->stride_height - p->pad_top;
  for (int32_t tap = 0; tap < p->filter_height; ++tap, y += p->dilation_height) {
    if (y >= 0 && y < p->input_height) {
      to = expand_line(p, to, bytes, input + y * line_bytes, x0);
    } else if (p->dilation_width == 1) {
      to = th_dsp_expand_value(to, 2, -p->input_offset, p->filter_width * p->input_depth);
    } else {
      for (int32_t x = 0; x < p->filter_width; ++x) to = th_dsp_expand_value(to, 2, -p->input_offset, p->input_depth);
    }
  }
}

/* operands: output [batches, output_height, output_width, output_depth], scratch (uint32 [2, pairs of a window], then the
 * bytes of a line of a window), input [batches, input_height, input_width, input_depth], packed filters. */
void th_dsp_conv_2d_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  uint32_t *rows = operands[1];
  const int8_t *input = operands[2];
  const int32_t channels = p->output_depth;
  const th_dsp_rows job = {
      .rows = rows, .packed = operands[3], .pairs = th_dsp_window_pairs(p), .channels = channels,
      .output_offset = p->output_offset, .activation_min = p->activation_min, .activation_max = p->activation_max,
  };
  int8_t *bytes = (int8_t *)(rows + 2 * job.pairs);
  int32_t waiting = 0;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * p->input_depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        expand_window(p, rows + waiting, bytes, input, out_y, out_x);
        if (++waiting == 2) {
          th_dsp_two_rows(&job, output, output + channels);
          output += 2 * channels;
          waiting = 0;
        }
      }
    }
  }
  if (waiting != 0) {
    for (int32_t pair = 0; pair < job.pairs; ++pair) rows[2 * pair + 1] = rows[2 * pair];
    th_dsp_two_rows(&job, output, output);
  }
}
