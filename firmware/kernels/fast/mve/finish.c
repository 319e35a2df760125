/* Sums of up to 16 channels of several pixels to int8: four channels at a time, whose constants stay in registers.
 *
 * The loops in assembly are for outputs that use all of int8, where narrowing does the clamping. They work on two pixels at a
 * time, one step apart: a sum is loaded, gets its bias and is scaled while the one before is narrowed and stored. Additions
 * are multiplications by 1 where that evens out what the two pipes of the core have to do. */
#include "kernels/fast/mve/finish.h"

/* What the loops need seldom. */
typedef struct {
  int32_t lines;
  int32_t next_sums, next_output; /* from behind a line to the next one, bytes */
  int32_t back_sums, back_output; /* from behind the last line to the next four channels */
  int32_t constant_bytes;
} steps;

#define BEGIN \
  "vmov.i32 q7, #1\n" \
  "0:\n" \
  "vldrw.u32 q2, [%[constants]]\n" \
  "ldr %[line], [%[steps], #20]\n" \
  "add %[step], %[constants], %[line]\n" \
  "vldrw.u32 q3, [%[step]]\n" \
  "add %[step], %[step], %[line]\n" \
  "vldrw.u32 q4, [%[step]]\n" \
  "ldr %[line], [%[steps]]\n"
#define END \
  "vqmovnb.s32 q1, q1\n" \
  "ldr %[step], [%[steps], #4]\n" \
  "vqmovnb.s16 q1, q1\n" \
  "add %[sums], %[sums], %[step]\n" \
  "ldr %[step], [%[steps], #8]\n" \
  "vstrb.32 q1, [%[output]]\n" \
  "add %[output], %[output], %[step]\n" \
  "subs %[line], %[line], #1\n" \
  "bne 1b\n" \
  "ldr %[step], [%[steps], #12]\n" \
  "adds %[constants], %[constants], #16\n" \
  "ldr %[line], [%[steps], #16]\n" \
  "add %[sums], %[sums], %[step]\n" \
  "add %[output], %[output], %[line]\n" \
  "subs %[quads], %[quads], #1\n" \
  "bne 0b\n"
#define LOOP(code) \
  __asm__ volatile(code \
                   : [sums] "+r"(sums), [output] "+l"(output), [constants] "+r"(constants), [quads] "+r"(quads), \
                     [line] "=&r"(line), [step] "=&r"(step) \
                   : [steps] "r"(&s), [pixel] "r"(job->output_pixel), [pixels] "r"(job->pixels - 1), [one] "r"(1), \
                     [offset] "r"(job->to->offset) \
                   : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "cc", "memory")

/* Halves up. */
static void halves_up(const th_mve_finish *job, const steps s, int32_t quads) {
  const int32_t *sums = job->sums, *constants = job->constants;
  int8_t *output = job->output;
  int32_t line, step;
  LOOP(BEGIN
       "1:\n"
       "vldrw.u32 q0, [%[sums]], #64\n"
       "vmla.s32 q0, q2, %[one]\n"
       "vqrdmulh.s32 q0, q0, q3\n"
       "vrshl.s32 q1, q0, q4\n"
       "vmlas.s32 q1, q7, %[offset]\n"
       "wls lr, %[pixels], 3f\n"
       "2:\n"
       "vldrw.u32 q0, [%[sums]], #64\n"
       "vmla.s32 q0, q2, %[one]\n"
       "vqmovnb.s32 q1, q1\n"
       "vqrdmulh.s32 q0, q0, q3\n"
       "vqmovnb.s16 q1, q1\n"
       "vstrb.32 q1, [%[output]]\n"
       "add %[output], %[output], %[pixel]\n"
       "vrshl.s32 q1, q0, q4\n"
       "vmlas.s32 q1, q7, %[offset]\n"
       "le lr, 2b\n"
       "3:\n" END);
}

/* Halves away from zero: of negative numbers 1 is taken away before they are shifted. */
static void halves_away(const th_mve_finish *job, const steps s, int32_t quads) {
  const int32_t *sums = job->sums, *constants = job->constants;
  int8_t *output = job->output;
  int32_t line, step;
  LOOP(BEGIN
       "vshr.u32 q6, q4, #31\n" /* 1 where there is a shift: the upper half of a product is -1 or 0 */
       "1:\n"
       "vldrw.u32 q0, [%[sums]], #64\n"
       "vmla.s32 q0, q2, %[one]\n"
       "vqrdmulh.s32 q0, q0, q3\n"
       "vmulh.s32 q5, q0, q6\n"
       "vadd.i32 q0, q0, q5\n"
       "vrshl.s32 q1, q0, q4\n"
       "vmlas.s32 q1, q7, %[offset]\n"
       "wls lr, %[pixels], 3f\n"
       "2:\n"
       "vldrw.u32 q0, [%[sums]], #64\n"
       "vmla.s32 q0, q2, %[one]\n"
       "vqmovnb.s32 q1, q1\n"
       "vqrdmulh.s32 q0, q0, q3\n"
       "vqmovnb.s16 q1, q1\n"
       "vmulh.s32 q5, q0, q6\n"
       "vstrb.32 q1, [%[output]]\n"
       "add %[output], %[output], %[pixel]\n"
       "vadd.i32 q0, q0, q5\n"
       "vrshl.s32 q1, q0, q4\n"
       "vmlas.s32 q1, q7, %[offset]\n"
       "le lr, 2b\n"
       "3:\n" END);
}

/* Four channels or less from `channel` on, any bounds. */
static void finish_quad(const th_mve_finish *job, int32_t channel) {
  const mve_pred16_t inside = vctp32q((uint32_t)(job->channels - channel));
  const int32_t *constants = job->constants + channel;
  const int32_t apart = job->constant_bytes / 4;
  const int32x4_t bias = vld1q_s32(constants), multiplier = vld1q_s32(constants + apart);
  const int32x4_t shift = vld1q_s32(constants + 2 * apart);
  const int32x4_t low = vdupq_n_s32(job->to->low), high = vdupq_n_s32(job->to->high);
  for (int32_t line = 0; line < job->lines; ++line) {
    const int32_t *from = job->sums + line * job->sum_line + channel;
    int8_t *to = job->output + line * job->output_line + channel;
    for (int32_t pixel = 0; pixel < job->pixels; ++pixel, from += TH_MVE_FINISH_CHANNELS, to += job->output_pixel) {
      int32x4_t x = th_mve_rescale(vaddq_s32(vld1q_s32(from), bias), multiplier, shift, true);
      x = vminq_s32(vmaxq_s32(vaddq_n_s32(x, job->to->offset), low), high);
      vstrbq_p_s32(to, x, inside);
    }
  }
}

void th_mve_finish_channels(const th_mve_finish *job) {
  int32_t done = 0;
  if (job->to->low == INT8_MIN && job->to->high == INT8_MAX && job->channels >= 4) {
    const int32_t quads = job->channels / 4;
    const int32_t sums_behind = job->pixels * TH_MVE_FINISH_CHANNELS, output_behind = (job->pixels - 1) * job->output_pixel;
    const steps s = {
        .lines = job->lines,
        .next_sums = (job->sum_line - sums_behind) * 4,
        .next_output = job->output_line - output_behind,
        .back_sums = 16 - job->lines * job->sum_line * 4,
        .back_output = 4 - job->lines * job->output_line,
        .constant_bytes = job->constant_bytes,
    };
    if (job->to->halves_away) {
      halves_away(job, s, quads);
    } else {
      halves_up(job, s, quads);
    }
    done = quads * 4;
  }
  for (; done < job->channels; done += 4) finish_quad(job, done);
}
