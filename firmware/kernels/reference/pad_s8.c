/* PAD and PADV2 of up to five dimensions, int8. */
#include <stddef.h>
#include <string.h>

#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [output_dims], input [input_dims]. */
void th_pad_s8(const void *params, void *const *operands) {
  const th_pad_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t *in = p->input_dims;
  const int32_t *out = p->output_dims;
  const size_t line_bytes = (size_t)in[4];

  memset(output, (int)p->pad_value, (size_t)out[0] * (size_t)out[1] * (size_t)out[2] * (size_t)out[3] * (size_t)out[4]);
  for (int32_t a = 0; a < in[0]; ++a) {
    for (int32_t b = 0; b < in[1]; ++b) {
      for (int32_t c = 0; c < in[2]; ++c) {
        for (int32_t d = 0; d < in[3]; ++d, input += line_bytes) {
          const int32_t line = (((a + p->before[0]) * out[1] + b + p->before[1]) * out[2] + c + p->before[2]) * out[3] +
                               d + p->before[3];
          memcpy(output + line * out[4] + p->before[4], input, line_bytes);
        }
      }
    }
  }
}
