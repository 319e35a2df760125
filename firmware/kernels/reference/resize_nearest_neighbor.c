/* RESIZE_NEAREST_NEIGHBOR of any type: whole pixels are copied. */
#include <stddef.h>
#include <string.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [batches, output_height, output_width, pixel], input [batches, input_height, input_width, pixel],
 * rows int32 [output_height] and columns int32 [output_width]: where in the input each one comes from. They are bounded
 * here, because the loader's check does not see them. */
void th_resize_nearest_neighbor(const void *params, void *const *operands) {
  const th_resize_nearest_neighbor_params *p = params;
  uint8_t *output = operands[0];
  const uint8_t *input = operands[1];
  const int32_t *rows = operands[2];
  const int32_t *columns = operands[3];
  const int32_t row_bytes = p->input_width * p->pixel_bytes;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * row_bytes) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const uint8_t *line = input + th_clamp(rows[y], 0, p->input_height - 1) * row_bytes;
      for (int32_t x = 0; x < p->output_width; ++x, output += p->pixel_bytes) {
        const int32_t column = th_clamp(columns[x], 0, p->input_width - 1);
        memcpy(output, line + column * p->pixel_bytes, (size_t)p->pixel_bytes);
      }
    }
  }
}
