/* Packed groups of four filters times one or two rows (rows.h): the inner loops. */
#ifndef TINYHIL_FAST_DSP_TILE_H
#define TINYHIL_FAST_DSP_TILE_H

#include <stdint.h>

#include "kernels/fast/dsp/rows.h"

/* Read by the assembly of tile_two.c and tile_one.c: offsets are part of it. */
typedef struct {
  const uint32_t *rows;
  const int32_t *group;
  int8_t *output0; /* 4 bytes for each group */
  int8_t *output1; /* the same for the second row */
  int32_t *sums;   /* TH_DSP_FINISH_ANY: [groups][4 filters][rows], doubled, in place of outputs */
  int32_t pairs;
  int32_t groups;
  int32_t finish; /* th_dsp_finish */
  int32_t blocks; /* of two rows each, one behind another; 1 for th_dsp_tile_one and TH_DSP_FINISH_ANY */
} th_dsp_tile;

/* Returns the group behind the last one. The outputs of a block follow those of the one before: output0, output1. */
const int32_t *th_dsp_tile_two(const th_dsp_tile *tile);
/* The same for one row, which is not interleaved with another; pairs is even. */
const int32_t *th_dsp_tile_one(const th_dsp_tile *tile);

/* The same in portable C, `row_count` rows (1 or 2). */
const int32_t *th_dsp_tile_portable(const th_dsp_tile *tile, int32_t row_count);

#endif
