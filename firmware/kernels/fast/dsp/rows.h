/* One or two rows of activations times packed filters: what convolutions and fully connected layers come down to.
 *
 * Rows are 16-bit: a word holds two activations of a row, a pair. Filters come in groups of four, TH_DSP_GROUP_BYTES(pairs)
 * each, one behind another:
 *   int32[4]         what the sums begin with: 256 * bias 0 + bias 1, bias 1, 256 * bias 2 + bias 3, bias 3
 *   uint32[pairs][2] weights of filters 0 and 1, of filters 2 and 3; each half 256 * weight of the even + weight of the odd one
 *   int32[4][3]      for each filter what its finish takes (th_dsp_finish)
 * One SMLAD with such a word gives 256 * A + B, one with its low bytes B: half the unpacking. A, B are the two sums, and A
 * fits 24 bits. The last group is filled up with filters of zeros. harness/engines/plan/kernels/dsp.py packs them. */
#ifndef TINYHIL_FAST_DSP_ROWS_H
#define TINYHIL_FAST_DSP_ROWS_H

#include <stdint.h>

enum {
  TH_DSP_GROUP = 4,        /* filters of a group */
  TH_DSP_HEADER_BYTES = 4, /* in front of the first group: the finish, an int32 */
  TH_DSP_BLOCKS_BYTES = 1024,
};
#define TH_DSP_GROUP_BYTES(pairs) (64 + 8 * (int64_t)(pairs))

/* How sums become int8: the finishes that packed filters name. All but the last want sums doubled, so that the high half of
 * a product with a multiplier is what th_doubling_high_mul gives. */
typedef enum {
  /* Output bounded by int8's range alone, whose lower end is its zero point: sums below need no care for how halves are
   * rounded. Per filter: multiplier, right shift n, 2^(n-1) + zero point * 2^n. */
  TH_DSP_FINISH_RELU = 0,
  /* Bounded by int8's range alone, halves away from zero; n >= 1. Per filter: the same. */
  TH_DSP_FINISH_LINEAR = 1,
  /* Any bounds. Per filter: multiplier, shift (left: positive), 0. */
  TH_DSP_FINISH_ANY = 2,
} th_dsp_finish;

/* What all rows of a layer have in common. */
typedef struct {
  uint32_t *rows; /* where the caller lays them out: pairs of one row, or of two rows in turn (a block) */
  const int32_t *packed;
  int32_t pairs;
  int32_t channels;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_dsp_rows;

/* Blocks that are laid out one behind another before they are multiplied, so that what a call costs is spread over small
 * ones. pixels: rows of the layer. */
static inline int32_t th_dsp_blocks(int32_t pairs, int64_t pixels) {
  const int32_t fitting = TH_DSP_BLOCKS_BYTES / 8 / pairs, all = pixels > TH_DSP_BLOCKS_BYTES ? TH_DSP_BLOCKS_BYTES : (int32_t)((pixels + 1) / 2);
  const int32_t blocks = fitting < all ? fitting : all;
  return blocks < 1 ? 1 : blocks;
}

/* output: `channels` bytes for each of 2 * blocks rows. */
void th_dsp_two_rows(const th_dsp_rows *job, int8_t *output, int32_t blocks);
/* Only the first row of the block at `rows`; the second one is overwritten. */
void th_dsp_first_row(const th_dsp_rows *job, uint32_t *rows, int8_t *output);
/* One row that is not interleaved with another; pairs is even. */
void th_dsp_one_row(const th_dsp_rows *job, int8_t *output);

#endif
