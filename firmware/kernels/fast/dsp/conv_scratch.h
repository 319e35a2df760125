/* The working memory of a convolution. */
#ifndef TINYHIL_FAST_DSP_CONV_SCRATCH_H
#define TINYHIL_FAST_DSP_CONV_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"

/* Sizes and where the parts begin, in bytes: pointers to the lines of a window; blocks of rows; the bytes of one line of a
 * window; copies of the input's lines, kept when the output takes its place. Mirrored by harness/engines/plan/kernels/dsp.py. */
typedef struct {
  int32_t pairs;  /* of a row */
  int32_t blocks;
  int32_t kept;   /* lines */
  int64_t rows, bytes, ring, end;
} th_dsp_conv_scratch;

/* Whether the output may take the place of the input: line by line, each behind the last one that reads it but for the kept. */
static inline bool th_dsp_conv_in_place(const th_conv_2d_params *p) {
  return p->batches == 1 && p->output_height == p->input_height && p->output_width == p->input_width &&
         p->output_depth <= p->input_depth && p->stride_height == 1 && p->stride_width == 1;
}

static inline th_dsp_conv_scratch th_dsp_conv_scratch_of(const th_conv_2d_params *p) {
  const int64_t pixels = (int64_t)p->batches * p->output_height * p->output_width;
  th_dsp_conv_scratch scratch = {.pairs = th_dsp_window_pairs(p)};
  scratch.blocks = th_dsp_blocks(scratch.pairs, pixels);
  scratch.kept = th_dsp_conv_in_place(p) ? p->pad_top + 1 : 0;
  scratch.rows = p->filter_height * (int64_t)sizeof(void *);
  scratch.bytes = scratch.rows + 8 * (int64_t)scratch.blocks * scratch.pairs;
  scratch.ring = scratch.bytes + (int64_t)p->filter_width * p->input_depth;
  scratch.end = scratch.ring + (int64_t)scratch.kept * p->input_width * p->input_depth;
  return scratch;
}

#endif
