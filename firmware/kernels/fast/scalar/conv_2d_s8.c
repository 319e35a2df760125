/* CONV_2D, int8, per channel, dilated, not grouped: the windows of four pixels are laid out as rows. */
#include <stdbool.h>
#include <string.h>

#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/tile.h"
#include "kernels/params.h"

/* Corners of the windows that wait to be multiplied. */
typedef struct {
  const int8_t *image[TH_SCALAR_ROWS];
  int32_t y[TH_SCALAR_ROWS];
  int32_t x[TH_SCALAR_ROWS];
  int32_t count;
} windows;

/* The activations of a line of a window, in place where they lie so, else put together at `bytes`. */
static const int8_t *line_of(const th_conv_2d_params *p, int8_t *bytes, const int8_t *image, int32_t y, int32_t x) {
  const int32_t depth = p->input_depth, width = p->input_width, taps = p->filter_width;
  const bool row = y >= 0 && y < p->input_height;
  const int8_t *line = image + (row ? y : 0) * width * depth;
  if (row && p->dilation_width == 1 && x >= 0 && x + taps <= width) return line + x * depth;
  for (int32_t tap = 0; tap < taps; ++tap, x += p->dilation_width) {
    int8_t *pixel = bytes + tap * depth;
    if (row && x >= 0 && x < width) {
      memcpy(pixel, line + x * depth, (size_t)depth);
    } else {
      memset(pixel, -p->input_offset, (size_t)depth);
    }
  }
  return bytes;
}

/* bytes: a line of each window. */
static void expand(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const windows *at) {
  const int32_t run = p->filter_width * p->input_depth;
  for (int32_t tap = 0; tap < p->filter_height; ++tap) {
    const int8_t *lines[TH_SCALAR_ROWS];
    for (int32_t i = 0; i < TH_SCALAR_ROWS; ++i) {
      lines[i] = i < at->count ? line_of(p, bytes + i * run, at->image[i], at->y[i] + tap * p->dilation_height, at->x[i])
                               : lines[0];
    }
    to = th_scalar_expand(to, lines, run);
  }
}

/* operands: output [batches, output_height, output_width, output_depth], scratch (uint32 [quads of a window, 4, 2], then
 * int8 [4, a line of a window]), input [batches, input_height, input_width, input_depth], packed filters. */
void th_scalar_conv_2d_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  uint32_t *rows = operands[1];
  const int8_t *image = operands[2];
  const int32_t *packed = operands[3];
  const th_scalar_job job = {
      .rows = rows, .packed = packed, .quads = th_scalar_quads(p->filter_height * p->filter_width * p->input_depth),
      .channels = p->output_depth, .to = {packed[0], p->output_offset, p->activation_min, p->activation_max},
  };
  int8_t *bytes = (int8_t *)rows + th_scalar_rows_bytes(job.quads);
  windows waiting = {.count = 0};
  for (int32_t batch = 0; batch < p->batches; ++batch, image += p->input_height * p->input_width * p->input_depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        waiting.image[waiting.count] = image;
        waiting.y[waiting.count] = out_y * p->stride_height - p->pad_top;
        waiting.x[waiting.count] = out_x * p->stride_width - p->pad_left;
        if (++waiting.count == TH_SCALAR_ROWS) {
          expand(p, rows, bytes, &waiting);
          th_scalar_tile(&job, output, TH_SCALAR_ROWS);
          output += TH_SCALAR_ROWS * job.channels;
          waiting.count = 0;
        }
      }
    }
  }
  if (waiting.count > 0) {
    expand(p, rows, bytes, &waiting);
    th_scalar_tile(&job, output, waiting.count);
  }
}
