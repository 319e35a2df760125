/* SVDF, int8 x int8 -> int8 with int8 state: a filter over features, then one over the last `memory` of its results. */
#include <stddef.h>
#include <string.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* The new result of a feature filter, as it goes into the state. */
static int8_t feature(const th_svdf_params *p, const int8_t *input, const int8_t *weights) {
  int32_t acc = 0;
  for (int32_t i = 0; i < p->input_depth; ++i) acc += weights[i] * (input[i] + p->input_offset);
  const int32_t scaled = th_clamp(th_requantize(acc, p->state_multiplier, p->state_shift), INT8_MIN, INT8_MAX);
  return (int8_t)(scaled + p->state_offset);
}

/* operands: output [batches, units], state [batches, units * rank, memory], input [batches, input_depth], feature
 * weights [units * rank, input_depth], time weights int8 [units * rank, memory], bias int32 [units] or NULL. Sums over
 * time wrap. */
void th_svdf_s8(const void *params, void *const *operands) {
  const th_svdf_params *p = params;
  int8_t *output = operands[0];
  int8_t *state = operands[1];
  const int8_t *input = operands[2];
  const int32_t *bias = operands[5];
  const size_t kept_bytes = (size_t)(p->memory - 1) * sizeof *state;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth) {
    const int8_t *feature_weights = operands[3];
    const int8_t *time_weights = operands[4];
    for (int32_t unit = 0; unit < p->units; ++unit) {
      int32_t acc = bias != NULL ? bias[unit] : 0;
      for (int32_t i = 0; i < p->rank; ++i) {
        memmove(state, state + 1, kept_bytes);
        state[p->memory - 1] = feature(p, input, feature_weights);
        for (int32_t t = 0; t < p->memory; ++t) {
          acc = th_wrapping_add(acc, time_weights[t] * (state[t] - p->state_offset));
        }
        state += p->memory;
        time_weights += p->memory;
        feature_weights += p->input_depth;
      }
      *output++ = (int8_t)th_scale_offset_clamp(acc, p->output_multiplier, p->output_shift, p->output_offset, INT8_MIN,
                                                INT8_MAX);
    }
  }
}
