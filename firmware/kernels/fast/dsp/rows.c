/* Rows times packed filters, channel by channel to int8. */
#include "kernels/fast/dsp/rows.h"

#include "kernels/fast/dsp/tile.h"
#include "kernels/fixed_point.h"

typedef const int32_t *(*tile_fn)(const th_dsp_tile *tile);

/* Any bounds, any shifts: a group's sums first, the rest in plain C. */
static void finish_any(const th_dsp_rows *job, tile_fn multiply, th_dsp_tile *tile, int32_t row_count) {
  int32_t sums[2 * TH_DSP_GROUP];
  int8_t *const outputs[2] = {tile->output0, tile->output1};
  tile->finish = TH_DSP_FINISH_ANY;
  tile->groups = 1;
  for (int32_t channel = 0; channel < job->channels; channel += TH_DSP_GROUP) {
    tile->sums = sums;
    tile->group = multiply(tile);
    const int32_t *constants = tile->group - 3 * TH_DSP_GROUP;
    const int32_t left = job->channels - channel, filters = left < TH_DSP_GROUP ? left : TH_DSP_GROUP;
    for (int32_t filter = 0; filter < filters; ++filter, constants += 3) {
      for (int32_t row = 0; row < row_count; ++row) {
        outputs[row][channel + filter] =
            (int8_t)th_scale_offset_clamp(sums[filter * row_count + row] >> 1, constants[0], constants[1], job->output_offset,
                                          job->activation_min, job->activation_max);
      }
    }
  }
}

/* The last group of a row or two, of which only `filters` are there. */
static void multiply_last(th_dsp_tile *tile, tile_fn multiply, int32_t row_count, int32_t filters) {
  int8_t last[2 * TH_DSP_GROUP];
  int8_t *const outputs[2] = {tile->output0, tile->output1};
  tile->output0 = last;
  tile->output1 = last + TH_DSP_GROUP;
  tile->groups = 1;
  multiply(tile);
  for (int32_t row = 0; row < row_count; ++row) {
    for (int32_t filter = 0; filter < filters; ++filter) outputs[row][filter] = last[TH_DSP_GROUP * row + filter];
  }
}

static void multiply_block(const th_dsp_rows *job, th_dsp_tile *tile, tile_fn multiply, int32_t row_count) {
  const int32_t whole = job->channels / TH_DSP_GROUP, rest = job->channels % TH_DSP_GROUP;
  if ((uint32_t)tile->finish > TH_DSP_FINISH_LINEAR) {
    finish_any(job, multiply, tile, row_count);
    return;
  }
  if (whole > 0) {
    tile->groups = whole;
    tile->group = multiply(tile);
  }
  if (rest > 0) {
    tile->output0 += TH_DSP_GROUP * whole;
    tile->output1 += TH_DSP_GROUP * whole;
    multiply_last(tile, multiply, row_count, rest);
  }
}

static th_dsp_tile tile_of(const th_dsp_rows *job, int8_t *output0, int8_t *output1) {
  return (th_dsp_tile){.rows = job->rows, .group = job->packed + 1, .output0 = output0, .output1 = output1,
                       .pairs = job->pairs, .finish = job->packed[0], .blocks = 1};
}

void th_dsp_two_rows(const th_dsp_rows *job, int8_t *output, int32_t blocks) {
  th_dsp_tile tile = tile_of(job, output, output + job->channels);
  if (job->channels % TH_DSP_GROUP == 0 && (uint32_t)tile.finish <= TH_DSP_FINISH_LINEAR) {
    tile.groups = job->channels / TH_DSP_GROUP;
    tile.blocks = blocks;
    th_dsp_tile_two(&tile);
    return;
  }
  for (int32_t block = 0; block < blocks; ++block, output += 2 * job->channels) {
    tile = tile_of(job, output, output + job->channels);
    tile.rows += block * 2 * job->pairs;
    multiply_block(job, &tile, th_dsp_tile_two, 2);
  }
}

void th_dsp_first_row(const th_dsp_rows *job, uint32_t *rows, int8_t *output) {
  for (int32_t pair = 0; pair < job->pairs; ++pair) rows[2 * pair + 1] = rows[2 * pair];
  th_dsp_tile tile = tile_of(job, output, output);
  tile.rows = rows;
  multiply_block(job, &tile, th_dsp_tile_two, 2);
}

void th_dsp_one_row(const th_dsp_rows *job, int8_t *output) {
  th_dsp_tile tile = tile_of(job, output, output);
  multiply_block(job, &tile, th_dsp_tile_one, 1);
}
