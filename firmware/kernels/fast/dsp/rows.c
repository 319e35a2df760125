/* Rows times packed filters, channel by channel to int8. */
#include "kernels/fast/dsp/rows.h"

#include "kernels/fast/dsp/tile.h"
#include "kernels/fixed_point.h"

typedef const int32_t *(*tile_fn)(const th_dsp_tile *tile);

/* Any bounds, any shifts: a group's sums first, the rest in plain C. */
static void finish_any(const th_dsp_rows *job, tile_fn multiply, th_dsp_tile *tile, int32_t row_count, int8_t *const *outputs) {
  int32_t sums[2 * TH_DSP_GROUP];
  tile->groups = 1;
  for (int32_t channel = 0; channel < job->channels; channel += TH_DSP_GROUP) {
    tile->sums = sums;
    tile->group = multiply(tile);
    const int32_t *constants = tile->group - 3 * TH_DSP_GROUP;
    const int32_t left = job->channels - channel, filters = left < TH_DSP_GROUP ? left : TH_DSP_GROUP;
    for (int32_t filter = 0; filter < filters; ++filter, constants += 3) {
      for (int32_t row = 0; row < row_count; ++row) {
        outputs[row][channel + filter] =
            (int8_t)th_scale_offset_clamp(sums[filter * row_count + row], constants[0], constants[1], job->output_offset,
                                          job->activation_min, job->activation_max);
      }
    }
  }
}

static void multiply_rows(const th_dsp_rows *job, tile_fn multiply, int32_t row_count, int8_t *const *outputs) {
  const int32_t whole = job->channels / TH_DSP_GROUP, rest = job->channels % TH_DSP_GROUP;
  th_dsp_tile tile = {
      .rows = job->rows, .group = job->packed + 1, .output0 = outputs[0], .output1 = outputs[1], .pairs = job->pairs, .groups = whole,
      .finish = job->packed[0],
  };
  if ((uint32_t)tile.finish > TH_DSP_FINISH_LINEAR) {
    tile.finish = TH_DSP_FINISH_ANY;
    finish_any(job, multiply, &tile, row_count, outputs);
    return;
  }
  if (whole > 0) tile.group = multiply(&tile);
  if (rest > 0) {
    int8_t last[2 * TH_DSP_GROUP];
    tile.output0 = last;
    tile.output1 = last + TH_DSP_GROUP;
    tile.groups = 1;
    multiply(&tile);
    for (int32_t row = 0; row < row_count; ++row) {
      for (int32_t filter = 0; filter < rest; ++filter) {
        outputs[row][TH_DSP_GROUP * whole + filter] = last[TH_DSP_GROUP * row + filter];
      }
    }
  }
}

void th_dsp_two_rows(const th_dsp_rows *job, int8_t *output0, int8_t *output1) {
  int8_t *const outputs[2] = {output0, output1};
  multiply_rows(job, th_dsp_tile_two, 2, outputs);
}

void th_dsp_one_row(const th_dsp_rows *job, int8_t *output) {
  int8_t *const outputs[2] = {output, output};
  multiply_rows(job, th_dsp_tile_one, 1, outputs);
}
