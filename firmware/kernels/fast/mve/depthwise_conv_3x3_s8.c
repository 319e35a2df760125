/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, windows of up to 3x3, any strides, not dilated.
 *
 * The input is turned so that the 16 bytes around one output of one channel are a vector: a VMLADAV is an output. Lines are
 * turned once, four at a time columns of 16 channels, and kept while outputs need them; padding is written there, so the loops
 * know nothing of it. */
#include "kernels/fast/mve/bytes.h"
#include "kernels/fast/mve/depthwise_3x3.h"
#include "kernels/fast/mve/finish.h"
#include "kernels/fast/mve/mve.h"

enum { CHANNELS = TH_MVE_3X3_CHANNELS, GROUP = TH_MVE_3X3_GROUP };

typedef struct {
  const th_depthwise_conv_2d_params *p;
  const int8_t *input; /* of this batch and block of channels */
  int8_t *lines;       /* [4][groups][16 channels][4 columns]; line y of the input at y modulo 4 */
  int32_t *sums;       /* [outputs][groups * outputs][16 channels]: lines, columns */
  int8_t *zero;        /* [16] */
  int32_t groups;
  int32_t outputs;  /* of a patch along one side: 1 or 2 */
  int32_t channels; /* of this block: 1 to 16 */
  th_mve_output to;
} patches;

/* Turns `groups` groups: `channels` bytes, and zeros up to 16, from each of four pixels, which then move on by `step` bytes.
 * Not inlined, as others below: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static void turn(int8_t *to, const int8_t *a, const int8_t *b, const int8_t *c, const int8_t *d,
                                           int32_t step, int32_t groups, int32_t channels) {
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
  const int32_t depth = p->input_depth, width = p->input_width, step = at->outputs * p->stride_width;
  int8_t *to = at->lines + ((uint32_t)y % TH_MVE_3X3_LINES) * (uint32_t)(at->groups * GROUP);
  if (y < 0 || y >= p->input_height) {
    th_mve_fill(to, -p->input_offset, at->groups * GROUP);
    return;
  }
  const int8_t *line = at->input + y * width * depth;
  const int8_t *zero = at->zero;
  for (int32_t left = at->groups, count; left > 0; left -= count, x += count * step, to += count * GROUP) {
    if (x >= 0 && x <= width - 4) {
      count = step == 2 ? (width - 4 - x) / 2 + 1 : (width - 4 - x) / step + 1; /* mostly without a division */
      if (count > left) count = left;
      const int8_t *a = line + x * depth;
      const int32_t next = count > 1 ? step * depth : 0; /* a step beyond the line may be too long for 32 bits */
      turn(to, a, a + depth, a + 2 * depth, a + 3 * depth, next, count, at->channels);
    } else {
      count = 1;
      const int8_t *a = x >= 0 && x < width ? line + x * depth : zero;
      const int8_t *b = x >= -1 && x < width - 1 ? line + (x + 1) * depth : zero;
      const int8_t *c = x >= -2 && x < width - 2 ? line + (x + 2) * depth : zero;
      const int8_t *d = x >= -3 && x < width - 3 ? line + (x + 3) * depth : zero;
      turn(to, a, b, c, d, 0, 1, at->channels);
    }
  }
}

/* sums[2 lines][2 columns of every group][16 channels] = 3x3 windows in each channel's patches. lines: where the patch's four
 * lines begin, offsets from `patch`. Gathers what lies behind the last group, and does not use it. */
__attribute__((noinline)) static void multiply_2x2(int32_t *sums, const int8_t *patch, const uint32_t lines[4],
                                                   const int8_t *weights, int32_t channels, int32_t groups) {
  int32_t *below = sums + 2 * groups * CHANNELS;
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
      "str r0, [%[sums]], #64\n"
      "vmladav.s8 r4, q0, q6\n"
      "str r2, [%[sums]], #64\n"
      "vmladav.s8 r6, q0, q7\n"
      "str r4, [%[below]], #64\n"
      "vldrw.u32 q0, [%[patch], q3]\n"
      "str r6, [%[below]], #64\n"
      "le lr, 2b\n"
      "sub %[patch], %[patch], %[groups], lsl #6\n"
      "sub %[sums], %[sums], %[groups], lsl #7\n"
      "sub %[below], %[below], %[groups], lsl #7\n"
      "adds %[patch], %[patch], #4\n"
      "adds %[sums], %[sums], #4\n"
      "adds %[below], %[below], #4\n"
      "subs %[channels], %[channels], #1\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [below] "+r"(below), [patch] "+r"(patch), [w] "+r"(weights), [channels] "+r"(channels)
      : [lines] "r"(lines), [groups] "r"(groups)
      : "r0", "r2", "r4", "r6", "lr", "q0", "q3", "q4", "q5", "q6", "q7", "cc", "memory");
}

/* sums[group][16 channels], as multiply_2x2, of windows at the patch's top left. */
__attribute__((noinline)) static void multiply_1x1(int32_t *sums, const int8_t *patch, const uint32_t lines[4],
                                                   const int8_t *weights, int32_t channels, int32_t groups) {
  __asm__ volatile(
      "vldrw.u32 q5, [%[lines]]\n"
      "1:\n"
      "vadd.i32 q3, q5, %[patch]\n"
      "movs r0, #0\n"
      "vldrw.u32 q4, [%[w]], #12\n"
      "vmov.32 q4[3], r0\n"
      "vldrw.u32 q0, [q3]\n"
      "dls lr, %[groups]\n"
      "2:\n"
      "vmladav.s8 r0, q0, q4\n"
      "vldrw.u32 q0, [q3, #64]!\n"
      "str r0, [%[sums]], #64\n"
      "le lr, 2b\n"
      "sub %[sums], %[sums], %[groups], lsl #6\n"
      "adds %[patch], %[patch], #4\n"
      "adds %[sums], %[sums], #4\n"
      "subs %[channels], %[channels], #1\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [patch] "+r"(patch), [w] "+r"(weights), [channels] "+r"(channels)
      : [lines] "r"(lines), [groups] "r"(groups)
      : "r0", "lr", "q0", "q3", "q4", "q5", "cc", "memory");
}

/* `lines` lines of outputs, `pixels` of each. */
static void finish(const patches *at, int8_t *output, int32_t lines, int32_t pixels, const int32_t *constants) {
  const int32_t depth = at->p->input_depth;
  const th_mve_finish job = {
      .sums = at->sums,
      .sum_line = at->groups * at->outputs * CHANNELS,
      .output = output,
      .output_pixel = depth,
      .output_line = at->p->output_width * depth,
      .lines = lines,
      .pixels = pixels,
      .constants = constants,
      .constant_bytes = CHANNELS * 4,
      .channels = at->channels,
      .to = &at->to,
  };
  th_mve_finish_channels(&job);
}

/* `pixels` columns of the output of one block of channels, from column `first` on. */
static void columns(const patches *at, int8_t *output, int32_t first, int32_t pixels, const int8_t *block) {
  const th_depthwise_conv_2d_params *p = at->p;
  const int32_t x = first * p->stride_width - p->pad_left, needed = at->outputs + 2;
  const uint32_t line_bytes = (uint32_t)(at->groups * GROUP);
  int32_t turned = -p->pad_top; /* the next line */
  for (int32_t out_y = 0; out_y < p->output_height; out_y += at->outputs) {
    const int32_t y = out_y * p->stride_height - p->pad_top;
    uint32_t lines[4];
    for (uint32_t i = 0; i < 4; ++i) lines[i] = ((uint32_t)y + i) % TH_MVE_3X3_LINES * line_bytes;
    for (turned = turned < y ? y : turned; turned < y + needed; ++turned) turn_line(at, turned, x);
    if (at->outputs == 2) {
      multiply_2x2(at->sums, at->lines, lines, block + TH_MVE_3X3_CONSTANTS, at->channels, at->groups);
    } else {
      multiply_1x1(at->sums, at->lines, lines, block + TH_MVE_3X3_CONSTANTS, at->channels, at->groups);
    }
    const int32_t left = p->output_height - out_y;
    finish(at, output + (out_y * p->output_width + first) * p->input_depth, left < at->outputs ? left : at->outputs, pixels,
           (const int32_t *)block);
  }
}

/* operands: output [batches, output_height, output_width, depth], scratch, input [batches, input_height, input_width, depth],
 * packed weights and constants (depthwise_3x3.h). The output may be the input where it is not larger, all columns are worked
 * on at a time, and at most 2 lines lie above the input: what is written lies under lines that were turned. */
void th_mve_depthwise_conv_3x3_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  int8_t *output = operands[0];
  patches at = {
      .p = p,
      .lines = operands[1],
      .groups = th_mve_3x3_groups(p),
      .outputs = th_mve_3x3_outputs(p),
      .to = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max),
  };
  at.sums = (int32_t *)(at.lines + TH_MVE_3X3_LINES * at.groups * GROUP);
  at.zero = (int8_t *)(at.sums + at.groups * at.outputs * at.outputs * CHANNELS);
  th_mve_fill(at.zero, -p->input_offset, CHANNELS);
  const int32_t part = at.groups * at.outputs, input_bytes = p->input_height * p->input_width * p->input_depth;
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const int8_t *block = operands[3];
    for (int32_t channel = 0; channel < p->input_depth; channel += CHANNELS, block += TH_MVE_3X3_BLOCK) {
      at.input = (const int8_t *)operands[2] + batch * input_bytes + channel;
      at.channels = p->input_depth - channel < CHANNELS ? p->input_depth - channel : CHANNELS;
      for (int32_t first = 0; first < p->output_width; first += part) {
        const int32_t left = p->output_width - first;
        columns(&at, output + channel, first, left < part ? left : part, block);
      }
    }
    output += p->output_height * p->output_width * p->input_depth;
  }
}
