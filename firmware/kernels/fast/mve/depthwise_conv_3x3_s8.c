/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, windows of up to 3x3, any strides, not dilated.
 *
 * The input is turned so that the 16 bytes around one output of one channel are a vector: a VMLADAV is an output. Lines are
 * turned once, four at a time columns of 16 channels, and kept while outputs need them; padding is written there, so the loops
 * know nothing of it. The sums are rescaled four channels at a time. */
#include "kernels/fast/mve/bytes.h"
#include "kernels/fast/mve/depthwise_3x3.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/mve/requantize.h"

enum { CHANNELS = TH_MVE_3X3_CHANNELS, GROUP = TH_MVE_3X3_GROUP };

typedef struct {
  const th_depthwise_conv_2d_params *p;
  const int8_t *input; /* of this batch and block of channels */
  int8_t *lines;       /* [4][groups][16 channels][4 columns]; line y of the input at y modulo 4 */
  int32_t *sums;       /* [groups][outputs][outputs][16 channels] */
  int8_t *zero;        /* [16] */
  int32_t groups;
  int32_t outputs;  /* of a patch along one side: 1 or 2 */
  int32_t channels; /* of this block that are left, may be more than 16 */
} patches;

/* Turns `groups` groups: the next 16 bytes of four pixels, which move on by `step` bytes. channels: that may be read. */
/* Not inlined, as others below: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static void turn(int8_t *to, const int8_t *const pixels[4], int32_t step, int32_t groups,
                                           int32_t channels) {
  const int8_t *a = pixels[0], *b = pixels[1], *c = pixels[2], *d = pixels[3];
  __asm__ volatile(
      "vctp.8 %[channels]\n"
      "dls lr, %[groups]\n"
      "1:\n"
      "vpstttt\n"
      "vldrbt.u8 q0, [%[a]]\n"
      "vldrbt.u8 q1, [%[b]]\n"
      "vldrbt.u8 q2, [%[c]]\n"
      "vldrbt.u8 q3, [%[d]]\n"
      "add %[a], %[a], %[step]\n"
      "vst40.8 {q0, q1, q2, q3}, [%[to]]\n"
      "add %[b], %[b], %[step]\n"
      "vst41.8 {q0, q1, q2, q3}, [%[to]]\n"
      "add %[c], %[c], %[step]\n"
      "vst42.8 {q0, q1, q2, q3}, [%[to]]\n"
      "add %[d], %[d], %[step]\n"
      "vst43.8 {q0, q1, q2, q3}, [%[to]]!\n"
      "le lr, 1b\n"
      : [to] "+r"(to), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
      : [step] "r"(step), [groups] "r"(groups), [channels] "r"(channels)
      : "q0", "q1", "q2", "q3", "lr", "memory");
}

/* Turns line y of the input, which may be outside, from column x on. */
static void turn_line(const patches *at, int32_t y, int32_t x) {
  const th_depthwise_conv_2d_params *p = at->p;
  const int32_t depth = p->input_depth, step = at->outputs * p->stride_width;
  int8_t *to = at->lines + ((uint32_t)y % TH_MVE_3X3_LINES) * (uint32_t)(at->groups * GROUP);
  if (y < 0 || y >= p->input_height) {
    th_mve_fill(to, -p->input_offset, at->groups * GROUP);
    return;
  }
  const int8_t *line = at->input + y * p->input_width * depth;
  for (int32_t left = at->groups, count; left > 0; left -= count, x += count * step, to += count * GROUP) {
    const int8_t *pixels[4];
    if (x >= 0 && x <= p->input_width - 4) {
      const int32_t inside = (p->input_width - 4 - x) / step + 1;
      count = inside < left ? inside : left;
      for (int32_t i = 0; i < 4; ++i) pixels[i] = line + (x + i) * depth;
    } else {
      count = 1;
      for (int32_t i = 0; i < 4; ++i) {
        pixels[i] = x + i >= 0 && x + i < p->input_width ? line + (x + i) * depth : at->zero;
      }
    }
    turn(to, pixels, step * depth, count, at->channels);
  }
}

/* sums[group][2][2][channel] = 3x3 windows in each channel's patches. lines: where the patch's four lines begin, offsets from
 * `patch`. Gathers what lies behind the last group, and does not use it. */
__attribute__((noinline)) static void multiply_2x2(int32_t *sums, const int8_t *patch, const uint32_t lines[4],
                                                   const int8_t *weights, int32_t channels, int32_t groups) {
  __asm__ volatile(
      "vldrw.u32 q3, [%[lines]]\n"
      "1:\n"
      "movs r0, #0\n"
      "vldrw.u32 q4, [%[w]]\n"       /* weights at the top left: lines 0 to 2 */
      "vldrw.u32 q6, [%[w], #-4]\n" /* at the bottom left: lines 1 to 3 */
      "vmov.32 q4[3], r0\n"
      "vldrw.u32 q0, [%[patch], q3]\n"
      "vmov.32 q6[0], r0\n"
      "vshl.i32 q5, q4, #8\n" /* one column to the right */
      "adds %[w], %[w], #12\n"
      "vshl.i32 q7, q6, #8\n"
      "dls lr, %[groups]\n"
      "2:\n"
      "vmladav.s8 r0, q0, q4\n"
      "adds %[patch], %[patch], #64\n"
      "vmladav.s8 r2, q0, q5\n"
      "str r0, [%[sums]]\n"
      "vmladav.s8 r4, q0, q6\n"
      "str r2, [%[sums], #64]\n"
      "vmladav.s8 r6, q0, q7\n"
      "str r4, [%[sums], #128]\n"
      "vldrw.u32 q0, [%[patch], q3]\n"
      "str r6, [%[sums], #192]\n"
      "add %[sums], %[sums], #256\n"
      "le lr, 2b\n"
      "sub %[patch], %[patch], %[groups], lsl #6\n"
      "sub %[sums], %[sums], %[groups], lsl #8\n"
      "adds %[patch], %[patch], #4\n"
      "adds %[sums], %[sums], #4\n"
      "subs %[channels], %[channels], #1\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [patch] "+r"(patch), [w] "+r"(weights), [channels] "+r"(channels)
      : [lines] "r"(lines), [groups] "r"(groups)
      : "r0", "r2", "r4", "r6", "lr", "q0", "q3", "q4", "q5", "q6", "q7", "cc", "memory");
}

/* sums[group][channel], as multiply_2x2, of windows at the patch's top left. */
__attribute__((noinline)) static void multiply_1x1(int32_t *sums, const int8_t *patch, const uint32_t lines[4],
                                                   const int8_t *weights, int32_t channels, int32_t groups) {
  __asm__ volatile(
      "vldrw.u32 q3, [%[lines]]\n"
      "1:\n"
      "movs r0, #0\n"
      "vldrw.u32 q0, [%[patch], q3]\n"
      "vldrw.u32 q4, [%[w]], #12\n"
      "vmov.32 q4[3], r0\n"
      "dls lr, %[groups]\n"
      "2:\n"
      "vmladav.s8 r0, q0, q4\n"
      "adds %[patch], %[patch], #64\n"
      "vldrw.u32 q0, [%[patch], q3]\n"
      "str r0, [%[sums]], #64\n"
      "le lr, 2b\n"
      "sub %[patch], %[patch], %[groups], lsl #6\n"
      "sub %[sums], %[sums], %[groups], lsl #6\n"
      "adds %[patch], %[patch], #4\n"
      "adds %[sums], %[sums], #4\n"
      "subs %[channels], %[channels], #1\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [patch] "+r"(patch), [w] "+r"(weights), [channels] "+r"(channels)
      : [lines] "r"(lines), [groups] "r"(groups)
      : "r0", "lr", "q0", "q3", "q4", "cc", "memory");
}

/* output[pixel * depth + channel] of `pixels` sums in pairs: 16 channels of the even pixel, 16 of the odd one, then
 * pair_words on. Additions are multiplications by 1 where that evens out what the core's two pipes have to do. */
static inline __attribute__((always_inline)) void finish(int8_t *output, int32_t depth, const int32_t *sums,
                                                         int32_t pair_words, int32_t pixels, const int32_t *constants,
                                                         int32_t channels, const th_mve_output *to, bool halves_away) {
  const int32x4_t low = vdupq_n_s32(to->low), high = vdupq_n_s32(to->high);
  for (int32_t channel = 0; channel < CHANNELS && channel < channels; channel += 4) {
    const mve_pred16_t inside = vctp32q((uint32_t)(channels - channel));
    const int32x4_t bias = vld1q_s32(constants + channel), multiplier = vld1q_s32(constants + CHANNELS + channel);
    const int32x4_t shift = vld1q_s32(constants + 2 * CHANNELS + channel);
    const int32_t *from = sums + channel;
    int8_t *at = output + channel;
    for (int32_t left = pixels; left > 0; left -= 2, from += pair_words) {
      int32x4_t x = vmlaq_n_s32(vld1q_s32(from), bias, 1), y = vmlaq_n_s32(vld1q_s32(from + CHANNELS), bias, 1);
      x = th_mve_rescale(x, multiplier, shift, halves_away);
      y = th_mve_rescale(y, multiplier, shift, halves_away);
      x = vminq_s32(vmaxq_s32(vaddq_n_s32(x, to->offset), low), high);
      y = vminq_s32(vmaxq_s32(vaddq_n_s32(y, to->offset), low), high);
      vstrbq_p_s32(at, x, inside);
      at += depth;
      if (left > 1) vstrbq_p_s32(at, y, inside);
      at += depth;
    }
  }
}

/* One or two lines of outputs, `pixels` of each. */
static void finish_lines(const patches *at, int8_t *output, int32_t lines, int32_t pixels, const int32_t *constants,
                         const th_mve_output *to) {
  const int32_t depth = at->p->input_depth, pair = 2 * at->outputs * CHANNELS;
  const int32_t *sums = at->sums;
  for (int32_t line = 0; line < lines; ++line, sums += 2 * CHANNELS, output += at->p->output_width * depth) {
    if (to->halves_away) {
      finish(output, depth, sums, pair, pixels, constants, at->channels, to, true);
    } else {
      finish(output, depth, sums, pair, pixels, constants, at->channels, to, false);
    }
  }
}

/* `pixels` columns of the output of one block of channels, from column `first` on. */
static void columns(const patches *at, int8_t *output, int32_t first, int32_t pixels, const int8_t *block,
                    const th_mve_output *to) {
  const th_depthwise_conv_2d_params *p = at->p;
  const int32_t x = first * p->stride_width - p->pad_left, needed = at->outputs + 2;
  const int32_t channels = at->channels < CHANNELS ? at->channels : CHANNELS;
  const uint32_t line_bytes = (uint32_t)(at->groups * GROUP);
  int32_t turned = -p->pad_top; /* the next line */
  for (int32_t out_y = 0; out_y < p->output_height; out_y += at->outputs) {
    const int32_t y = out_y * p->stride_height - p->pad_top;
    uint32_t lines[4];
    for (uint32_t i = 0; i < 4; ++i) lines[i] = ((uint32_t)y + i) % TH_MVE_3X3_LINES * line_bytes;
    for (turned = turned < y ? y : turned; turned < y + needed; ++turned) turn_line(at, turned, x);
    if (at->outputs == 2) {
      multiply_2x2(at->sums, at->lines, lines, block + TH_MVE_3X3_CONSTANTS, channels, at->groups);
    } else {
      multiply_1x1(at->sums, at->lines, lines, block + TH_MVE_3X3_CONSTANTS, channels, at->groups);
    }
    const int32_t left = p->output_height - out_y;
    finish_lines(at, output + (out_y * p->output_width + first) * p->input_depth, left < at->outputs ? left : at->outputs,
                 pixels, (const int32_t *)block, to);
  }
}

/* operands: output [batches, output_height, output_width, depth], scratch, input [batches, input_height, input_width, depth],
 * packed weights and constants (depthwise_3x3.h). */
void th_mve_depthwise_conv_3x3_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const th_mve_output to = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max);
  patches at = {.p = p, .lines = operands[1], .groups = th_mve_3x3_groups(p), .outputs = th_mve_3x3_outputs(p)};
  at.sums = (int32_t *)(at.lines + TH_MVE_3X3_LINES * at.groups * GROUP);
  at.zero = (int8_t *)(at.sums + at.groups * at.outputs * at.outputs * CHANNELS);
  th_mve_fill(at.zero, -p->input_offset, CHANNELS);
  const int32_t part = at.groups * at.outputs, input_bytes = p->input_height * p->input_width * p->input_depth;
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const int8_t *block = operands[3];
    for (int32_t channel = 0; channel < p->input_depth; channel += CHANNELS, block += TH_MVE_3X3_BLOCK) {
      at.input = (const int8_t *)operands[2] + batch * input_bytes + channel;
      at.channels = p->input_depth - channel;
      for (int32_t first = 0; first < p->output_width; first += part) {
        const int32_t left = p->output_width - first;
        columns(&at, output + channel, first, left < part ? left : part, block, &to);
      }
    }
    output += p->output_height * p->output_width * p->input_depth;
  }
}
