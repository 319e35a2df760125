/* Depthwise convolutions with windows of up to 3x3: how their weights and their scratch memory are laid out. */
#ifndef TINYHIL_FAST_MVE_DEPTHWISE_3X3_H
#define TINYHIL_FAST_MVE_DEPTHWISE_3X3_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/params.h"

/* Packed weights: for each block of 16 channels biases, multipliers and shifts (int32[16] each), then 12 bytes for each
 * channel: 3 rows of 3 weights and a zero, smaller windows being filled up with zeros. Behind the last block 4 bytes that are
 * loaded but not used. */
enum {
  TH_MVE_3X3_CHANNELS = 16,
  TH_MVE_3X3_CONSTANTS = 3 * 16 * 4,
  TH_MVE_3X3_WEIGHTS = 12,
  TH_MVE_3X3_BLOCK = TH_MVE_3X3_CONSTANTS + 16 * TH_MVE_3X3_WEIGHTS,
  TH_MVE_3X3_PAST = 4
};

/* A group: 4 consecutive columns of one line of the input, 16 channels: 4 bytes for each channel. 4 lines of groups are a
 * patch of 4x4 for every channel, from which come, with strides of 1, 2x2 outputs, otherwise 1. */
enum { TH_MVE_3X3_GROUP = 64, TH_MVE_3X3_LINES = 4, TH_MVE_3X3_MOST_GROUPS = 8 };

/* Outputs of a patch along one side. */
static inline int32_t th_mve_3x3_outputs(const th_depthwise_conv_2d_params *p) {
  return p->stride_height == 1 && p->stride_width == 1 ? 2 : 1;
}

/* Groups that are worked on at a time: the output's columns in equal parts. */
static inline int32_t th_mve_3x3_groups(const th_depthwise_conv_2d_params *p) {
  const int32_t outputs = th_mve_3x3_outputs(p), all = (p->output_width + outputs - 1) / outputs;
  const int32_t parts = (all + TH_MVE_3X3_MOST_GROUPS - 1) / TH_MVE_3X3_MOST_GROUPS;
  return (all + parts - 1) / parts;
}

/* Scratch memory: 4 lines of groups; sums of every output of the patches, int32[16]; a pixel of zero points. */
static inline int32_t th_mve_3x3_scratch_bytes(const th_depthwise_conv_2d_params *p) {
  const int32_t outputs = th_mve_3x3_outputs(p);
  return th_mve_3x3_groups(p) * (TH_MVE_3X3_LINES + outputs * outputs) * TH_MVE_3X3_GROUP + TH_MVE_3X3_CHANNELS;
}

#endif
