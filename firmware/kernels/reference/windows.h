/* What the checks of all convolutions ask about their windows. */
#ifndef TINYHIL_WINDOWS_H
#define TINYHIL_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/params.h"
#include "kernels/reference/extent.h"

/* Whether no index along one dimension leaves 32 bits. */
static inline bool th_indexable(int32_t output, int32_t stride, int32_t filter, int32_t dilation) {
  return (int64_t)output * stride <= TH_EXTENT_LIMIT && (int64_t)filter * dilation <= TH_EXTENT_LIMIT;
}

/* Whether the windows of CONV_2D stay inside operands of these sizes. */
static inline bool th_conv_fits(const th_conv_2d_params *p, const th_operand *output, const th_operand *input,
                                int64_t element_bytes) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->output_depth, p->filter_height, p->filter_width, p->stride_height, p->stride_width,
                    p->dilation_height, p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) &&
         th_indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         th_indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         th_holds(output, TH_PRODUCT(p->batches, p->output_height, p->output_width, p->output_depth), element_bytes) &&
         th_holds(input, TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), element_bytes);
}

/* The same of DEPTHWISE_CONV_2D. */
static inline bool th_depthwise_fits(const th_depthwise_conv_2d_params *p, const th_operand *output, const th_operand *input,
                                     int64_t element_bytes) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->depth_multiplier, p->filter_height, p->filter_width, p->stride_height, p->stride_width,
                    p->dilation_height, p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) && TH_PRODUCT(p->input_depth, p->depth_multiplier) <= TH_EXTENT_LIMIT &&
         th_indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         th_indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         th_holds(output,
                  TH_PRODUCT(p->batches, p->output_height, p->output_width, p->input_depth * p->depth_multiplier), element_bytes) &&
         th_holds(input, TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), element_bytes);
}

/* Working memory that is read as words. */
static inline bool th_words_fit(const th_operand *scratch, int64_t bytes) { return scratch->ref % 4 == 0 && th_holds(scratch, bytes, 1); }

/* Working memory that holds pointers: apart from the output, which would write over them. */
static inline bool th_pointers_fit(const th_operand *scratch, int64_t bytes, const th_operand *output) {
  return scratch->ref % sizeof(void *) == 0 && th_holds(scratch, bytes, 1) && th_apart(output, scratch);
}

#endif
