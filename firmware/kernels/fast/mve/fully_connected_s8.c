/* FULLY_CONNECTED, int8, per channel: four filters at a time. Bound by loads: five for four VMLADAVA. */
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"

enum { BLOCK = 32 };

/* acc[channel] = bias + row * filter of the channel, for `quads` groups of four. Returns the first filter behind them. */
/* Not inlined: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static const int8_t *multiply(int32_t *acc, const int8_t *row, const int8_t *filters, const int32_t *biases,
                                                       int32_t quads, int32_t whole, int32_t tail) {
  __asm__ volatile(
      "vctp.8 %[tail]\n"
      "1:\n"
      "ldrd r0, r2, [%[bias]], #8\n"
      "ldrd r4, r6, [%[bias]], #8\n"
      "wls lr, %[whole], 3f\n"
      "2:\n"
      "vldrb.u8 q0, [%[x]], #16\n"
      "vldrb.u8 q1, [%[w]], #16\n"
      "vmladava.s8 r0, q0, q1\n"
      "vldrb.u8 q2, [%[w]], #16\n"
      "vmladava.s8 r2, q0, q2\n"
      "vldrb.u8 q3, [%[w]], #16\n"
      "vmladava.s8 r4, q0, q3\n"
      "vldrb.u8 q1, [%[w]], #16\n"
      "vmladava.s8 r6, q0, q1\n"
      "le lr, 2b\n"
      "3:\n"
      "cbz %[tail], 4f\n"
      "vpst\n"
      "vldrbt.u8 q0, [%[x]]\n"
      "vldrb.u8 q1, [%[w]], #16\n"
      "vmladava.s8 r0, q0, q1\n"
      "vldrb.u8 q2, [%[w]], #16\n"
      "vmladava.s8 r2, q0, q2\n"
      "vldrb.u8 q3, [%[w]], #16\n"
      "vmladava.s8 r4, q0, q3\n"
      "vldrb.u8 q1, [%[w]], #16\n"
      "vmladava.s8 r6, q0, q1\n"
      "4:\n"
      "sub %[x], %[x], %[whole], lsl #4\n"
      "strd r0, r2, [%[acc]], #8\n"
      "subs %[quads], %[quads], #1\n"
      "strd r4, r6, [%[acc]], #8\n"
      "bne 1b\n"
      : [x] "+r"(row), [w] "+r"(filters), [bias] "+r"(biases), [acc] "+r"(acc), [quads] "+r"(quads)
      : [whole] "r"(whole), [tail] "l"(tail)
      : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
  return filters;
}

/* operands: output [batches, output_depth], input [batches, input_depth], packed filters (groups of four, 16 weights of
 * each in turn), constants (gemm.h). */
void th_mve_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int32_t acc[BLOCK];
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const th_mve_output to = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max);
  const int32_t quads = th_mve_quads(p->output_depth);
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth) {
    const int8_t *filters = operands[2];
    const int32_t *constants = operands[3];
    for (int32_t left = p->output_depth; left > 0; left -= BLOCK) {
      const int32_t channels = left < BLOCK ? left : BLOCK;
      filters = multiply(acc, input, filters, constants, th_mve_quads(channels) / 4, p->input_depth / 16,
                         p->input_depth % 16);
      th_mve_requantize(output, 0, acc, 0, constants + quads, constants + 2 * quads, channels, 1, &to);
      constants += BLOCK;
      output += channels;
    }
  }
}
