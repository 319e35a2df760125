/* The windows of a pooling layer, for kernels that take one at a time. */
#ifndef TINYHIL_FAST_POOL_WINDOWS_H
#define TINYHIL_FAST_POOL_WINDOWS_H

#include <stdint.h>

#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* The pixels under a window, those inside the input. */
typedef struct {
  const int8_t *first;
  int32_t lines, columns;
  int32_t line_bytes, column_bytes; /* to the next one */
} th_pool_window;

/* Computes all channels of an output pixel. */
typedef void (*th_pool_fn)(const th_pool_2d_params *p, const th_pool_window *at, int8_t *output);

/* Every pixel of the output in turn; inlined, so that the call of `pool` is. operands: output [batches, output_height,
 * output_width, depth], input [batches, input_height, input_width, depth]. */
static inline __attribute__((always_inline)) void th_for_each_pool_window(const th_pool_2d_params *p, void *const *operands,
                                                                          th_pool_fn pool) {
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t line_bytes = p->input_width * p->depth;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * line_bytes) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const int32_t y0 = out_y * p->stride_height - p->pad_top;
      const th_taps lines = th_taps_inside(y0, 1, p->filter_height, p->input_height);
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x, output += p->depth) {
        const int32_t x0 = out_x * p->stride_width - p->pad_left;
        const th_taps columns = th_taps_inside(x0, 1, p->filter_width, p->input_width);
        const th_pool_window at = {
            .first = input + (y0 + lines.first) * line_bytes + (x0 + columns.first) * p->depth,
            .lines = lines.end - lines.first, .columns = columns.end - columns.first,
            .line_bytes = line_bytes, .column_bytes = p->depth,
        };
        pool(p, &at, output);
      }
    }
  }
}

#endif
