/* Which part of an image a 3x3 depthwise convolution lays out in planes at a time (strip.h). */
#ifndef TINYHIL_FAST_DSP_PLANES_H
#define TINYHIL_FAST_DSP_PLANES_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/fast/dsp/strip.h"
#include "kernels/params.h"

enum { TH_DSP_PLANES_BYTES = 4096 }; /* aimed at; a band has one line of outputs at least */

/* The longer side of the output runs along the lines: `columns` outputs each, `lines` of them. */
typedef struct {
  bool turned; /* lines are the image's columns */
  int32_t columns, lines;
  int32_t stride;
  int32_t line_bytes; /* of a line of a band */
  int32_t band;       /* lines of outputs */
} th_dsp_planes;

/* Lines of a plane under so many lines of outputs. */
static inline int32_t th_dsp_lines_under(int32_t outputs, int32_t stride) { return (outputs - 1) * stride + 3; }

/* p: 3x3, both strides equal. Mirrored by harness/engines/plan/kernels/dsp.py. */
static inline th_dsp_planes th_dsp_planes_of(const th_depthwise_conv_2d_params *p) {
  th_dsp_planes planes = {.turned = p->output_height > p->output_width, .stride = p->stride_height};
  planes.columns = planes.turned ? p->output_height : p->output_width;
  planes.lines = planes.turned ? p->output_width : p->output_height;
  planes.line_bytes = (th_dsp_lines_under(planes.columns, planes.stride) + 1) / 2 * TH_DSP_PAIR_BYTES;
  const int32_t room = TH_DSP_PLANES_BYTES / planes.line_bytes;
  const int32_t fitting = room < 3 ? 1 : (room - 3) / planes.stride + 1;
  planes.band = fitting < planes.lines ? fitting : planes.lines;
  return planes;
}

/* Bytes of a band. */
static inline int64_t th_dsp_planes_bytes(const th_dsp_planes *planes) {
  return (int64_t)th_dsp_lines_under(planes->band, planes->stride) * planes->line_bytes + TH_DSP_STRIP_PAST;
}

#endif
