/* Lines of 3x3 depthwise outputs of one channel, from activations laid out in planes.
 *
 * A plane word holds two neighbours of a line, a pair, as halves; the words of four channels follow one another, so pair
 * `i` of a line is TH_DSP_PAIR_BYTES * i behind the first one of its channel. */
#ifndef TINYHIL_FAST_DSP_STRIP_H
#define TINYHIL_FAST_DSP_STRIP_H

#include <stdint.h>

enum {
  TH_DSP_PAIR_BYTES = 16,
  TH_DSP_STRIP_CONSTANTS = 10, /* words of a channel: for each line weights (0, 1) and (1, 2), bias, each doubled; what the finish takes */
  TH_DSP_STRIP_PAST = 64,      /* bytes read behind the last pair */
};

/* Read by the assembly of strip.c: offsets are part of it. */
typedef struct {
  const uint32_t *plane; /* first pair under the first window */
  const int32_t *constants;
  int8_t *output;
  int32_t line_bytes;        /* from a plane's line to the next */
  int32_t count;             /* outputs of a line */
  int32_t lines;             /* of outputs */
  int32_t output_step;       /* bytes between outputs of a line */
  int32_t output_line_bytes; /* from a line of outputs to the next */
} th_dsp_strip;

/* Strides 1 and 2, finishes TH_DSP_FINISH_RELU and TH_DSP_FINISH_LINEAR (rows.h). */
void th_dsp_strip_1_relu(const th_dsp_strip *strip);
void th_dsp_strip_1_linear(const th_dsp_strip *strip);
void th_dsp_strip_2_relu(const th_dsp_strip *strip);
void th_dsp_strip_2_linear(const th_dsp_strip *strip);

#endif
