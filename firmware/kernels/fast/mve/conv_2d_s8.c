/* CONV_2D, int8, per channel, dilated, not grouped: the windows of some pixels are laid out as rows. */
#include "kernels/fast/mve/bytes.h"
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"

/* Writes `taps` pixels of a line of the input, from column x0 on, those outside as zero points. */
static int8_t *copy_line(const th_conv_2d_params *p, int8_t *to, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width, taps = p->filter_width;
  if (p->dilation_width == 1) {
    const int32_t before = x0 >= 0 ? 0 : -x0 < taps ? -x0 : taps;
    const int32_t end = width - x0 < taps ? width - x0 : taps;
    const int32_t inside = end > before ? end - before : 0;
    if (inside == taps) return th_mve_copy(to, line + x0 * depth, taps * depth);
    to = th_mve_fill(to, -p->input_offset, before * depth);
    if (inside > 0) to = th_mve_copy(to, line + (x0 + before) * depth, inside * depth);
    return th_mve_fill(to, -p->input_offset, (taps - before - inside) * depth);
  }
  for (int32_t tap = 0; tap < taps; ++tap, x0 += p->dilation_width) {
    const bool inside = x0 >= 0 && x0 < width;
    to = inside ? th_mve_copy(to, line + x0 * depth, depth) : th_mve_fill(to, -p->input_offset, depth);
  }
  return to;
}

static void copy_window(const th_conv_2d_params *p, int8_t *to, const int8_t *input, int32_t out_y, int32_t out_x) {
  const int32_t line_bytes = p->input_width * p->input_depth;
  const int32_t x0 = out_x * p->stride_width - p->pad_left;
  int32_t y = out_y * p->stride_height - p->pad_top;
  for (int32_t tap = 0; tap < p->filter_height; ++tap, y += p->dilation_height) {
    if (y >= 0 && y < p->input_height) {
      to = copy_line(p, to, input + y * line_bytes, x0);
    } else {
      to = th_mve_fill(to, -p->input_offset, p->filter_width * p->input_depth);
    }
  }
}

/* operands: output [batches, output_height, output_width, output_depth], scratch [th_mve_gemm_rows, depth], input [batches, input_height,
 * input_width, input_depth], packed filters, constants (gemm.h); depth = filter_height * filter_width * input_depth. */
void th_mve_conv_2d_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  int8_t *rows = operands[1];
  const int8_t *input = operands[2];
  const th_mve_gemm g = {
      .depth = p->filter_height * p->filter_width * p->input_depth,
      .channels = p->output_depth,
      .filters = operands[3],
      .constants = operands[4],
      .output = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max),
  };
  const int32_t room = th_mve_gemm_rows(g.depth);
  int32_t waiting = 0;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * p->input_depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        copy_window(p, rows + waiting * g.depth, input, out_y, out_x);
        if (++waiting == room) {
          th_mve_gemm_pixels(&g, rows, output, room);
          output += room * g.channels;
          waiting = 0;
        }
      }
    }
  }
  th_mve_gemm_pixels(&g, rows, output, waiting);
}
