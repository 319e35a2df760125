/* Moves blocks of bytes from one regular grid to another: TRANSPOSE, SLICE, STRIDED_SLICE, SPLIT, CONCATENATION, PACK,
 * UNPACK, DEPTH_TO_SPACE, SPACE_TO_DEPTH, or a part of one of them. Any type. */
#include <stddef.h>
#include <string.h>

#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* One line of the innermost dimension. */
static void copy_line(const th_strided_copy_params *p, uint8_t *output, const uint8_t *input) {
  const int32_t last = TH_STRIDED_COPY_MAX_DIMS - 1;
  const int32_t input_step = p->input_strides[last];
  const int32_t output_step = p->output_strides[last];
  for (int32_t i = 0; i < p->dims[last]; ++i) {
    if (p->block_bytes == 1) {
      output[i * output_step] = input[i * input_step];
    } else {
      memcpy(output + i * output_step, input + i * input_step, (size_t)p->block_bytes);
    }
  }
}

/* operands: output, input. Writes only the blocks that the parameters name. */
void th_strided_copy(const void *params, void *const *operands) {
  const th_strided_copy_params *p = params;
  uint8_t *output = operands[0];
  const uint8_t *input = operands[1];
  int32_t at_input = p->input_offset;
  int32_t at_output = p->output_offset;
  int32_t index[TH_STRIDED_COPY_MAX_DIMS] = {0};

  for (;;) {
    copy_line(p, output + at_output, input + at_input);
    /* The next line: counts up like an odometer, the innermost wheel being the line itself. */
    int32_t wheel = TH_STRIDED_COPY_MAX_DIMS - 2;
    while (wheel >= 0 && ++index[wheel] == p->dims[wheel]) {
      index[wheel] = 0;
      at_input -= (p->dims[wheel] - 1) * p->input_strides[wheel];
      at_output -= (p->dims[wheel] - 1) * p->output_strides[wheel];
      --wheel;
    }
    if (wheel < 0) return;
    at_input += p->input_strides[wheel];
    at_output += p->output_strides[wheel];
  }
}
