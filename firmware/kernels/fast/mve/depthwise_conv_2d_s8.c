/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated, any window. */
#include "kernels/fast/mve/depthwise.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"

typedef struct {
  const int8_t *packed;
  int32_t depth;
  th_mve_output to;
} depthwise_job;

static void multiply(int8_t *output, const int8_t *const *pixels, int32_t taps, const void *context) {
  const depthwise_job *job = context;
  th_mve_depthwise_pixel(output, pixels, taps, job->packed, job->depth, &job->to);
}

/* operands: output, scratch, input (window_pixels.h), packed weights and constants (depthwise.h). */
void th_mve_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  const depthwise_job job = {operands[3], p->input_depth, th_mve_output_of(p->output_offset, p->activation_min, p->activation_max)};
  th_for_each_window(p, operands, multiply, &job);
}
