/* CONV_2D, int8, per channel, dilated, not grouped: the windows of two pixels are laid out as a block of rows. */
#include "kernels/fast/dsp/conv_scratch.h"
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"

/* A line of a window, not dilated, that lies partly outside of the input: put together as bytes first. */
static uint32_t *expand_partly(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width;
  for (int32_t tap = 0; tap < p->filter_width; ++tap, ++x0) {
    int8_t *pixel = bytes + tap * depth;
    if (x0 >= 0 && x0 < width) {
      memcpy(pixel, line + x0 * depth, (size_t)depth);
    } else {
      memset(pixel, -p->input_offset, (size_t)depth);
    }
  }
  return th_dsp_expand(to, 2, bytes, p->filter_width * depth);
}

/* Runs of a line: the whole line when its taps are neighbours, else each tap. */
static uint32_t *expand_line(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width, taps = p->filter_width;
  if (p->dilation_width == 1) {
    if (x0 >= 0 && x0 + taps <= width) return th_dsp_expand(to, 2, line + x0 * depth, taps * depth);
    return expand_partly(p, to, bytes, line, x0);
  }
  for (int32_t tap = 0; tap < taps; ++tap, x0 += p->dilation_width) {
    const bool inside = x0 >= 0 && x0 < width;
    to = inside ? th_dsp_expand(to, 2, line + x0 * depth, depth) : th_dsp_expand_value(to, 2, -p->input_offset, depth);
  }
  return to;
}

/* One row of a block: the window whose lines these are (NULL outside of the input), its first column at x0. */
static void expand_window(const th_conv_2d_params *p, uint32_t *to, int8_t *bytes, const int8_t *const *lines, int32_t x0) {
  for (int32_t tap = 0; tap < p->filter_height; ++tap) {
    if (lines[tap] != NULL) {
      to = expand_line(p, to, bytes, lines[tap], x0);
    } else if (p->dilation_width == 1) {
      to = th_dsp_expand_value(to, 2, -p->input_offset, p->filter_width * p->input_depth);
    } else {
      for (int32_t x = 0; x < p->filter_width; ++x) to = th_dsp_expand_value(to, 2, -p->input_offset, p->input_depth);
    }
  }
}

/* `count` blocks of neighbours of a line whose windows lie inside, each line of a window in one piece. x0: of the first one. */
static void expand_inside(const th_conv_2d_params *p, uint32_t *to, const int8_t *const *lines, int32_t x0, int32_t count) {
  const int32_t next = p->stride_width * p->input_depth, run = p->filter_width * p->input_depth, taps = p->filter_height;
  for (int32_t first = x0 * p->input_depth; count > 0; --count, first += 2 * next) {
    for (int32_t tap = 0; tap < taps; ++tap) to = th_dsp_expand_two(to, lines[tap] + first, lines[tap] + first + next, run);
  }
}

/* Rows that wait to be multiplied. */
typedef struct {
  int32_t most;   /* blocks */
  int32_t rows;   /* laid out */
  int8_t *output; /* of the first */
} waiting_rows;

static void multiply(const th_dsp_rows *job, waiting_rows *waiting) {
  const int32_t blocks = waiting->rows / 2;
  if (blocks > 0) th_dsp_two_rows(job, waiting->output, blocks);
  waiting->output += 2 * blocks * job->channels;
  if (waiting->rows % 2 != 0) th_dsp_first_row(job, job->rows + 2 * blocks * job->pairs, waiting->output);
  waiting->rows = 0;
}

/* A line of the output. lines: of the input, under its windows. */
static void convolve_line(const th_conv_2d_params *p, const th_dsp_rows *job, waiting_rows *waiting, int8_t *bytes,
                          const int8_t *const *lines) {
  bool whole = p->dilation_width == 1;
  for (int32_t tap = 0; tap < p->filter_height; ++tap) whole = whole && lines[tap] != NULL;
  for (int32_t out_x = 0; out_x < p->output_width;) {
    const int32_t x = out_x * p->stride_width - p->pad_left, room = waiting->most - waiting->rows / 2;
    uint32_t *to = job->rows + waiting->rows / 2 * 2 * job->pairs + waiting->rows % 2;
    int32_t blocks = 0;
    if (whole && x >= 0 && waiting->rows % 2 == 0 && x + p->filter_width <= p->input_width) {
      const int32_t inside = (p->input_width - p->filter_width - x) / p->stride_width + 1, left = p->output_width - out_x;
      blocks = (inside < left ? inside : left) / 2;
      if (blocks > room) blocks = room;
    }
    if (blocks > 0) {
      expand_inside(p, to, lines, x, blocks);
      waiting->rows += 2 * blocks;
      out_x += 2 * blocks;
    } else {
      expand_window(p, to, bytes, lines, x);
      ++waiting->rows;
      ++out_x;
    }
    if (waiting->rows == 2 * waiting->most) multiply(job, waiting);
  }
}

/* Points to the lines under the windows at y0. Those up to `kept_to` are read from copies, `kept` lines in a ring: an output
 * that takes the place of the input has written over them. */
static void aim(const th_conv_2d_params *p, const int8_t **lines, const int8_t *image, const int8_t *ring, int32_t kept,
                int32_t kept_to, int32_t y0) {
  const int32_t line_bytes = p->input_width * p->input_depth;
  for (int32_t tap = 0; tap < p->filter_height; ++tap, y0 += p->dilation_height) {
    if (y0 < 0 || y0 >= p->input_height) {
      lines[tap] = NULL;
    } else {
      lines[tap] = y0 <= kept_to ? ring + y0 % kept * line_bytes : image + y0 * line_bytes;
    }
  }
}

/* operands: output [batches, output_height, output_width, output_depth], scratch (th_dsp_conv_scratch), input [batches,
 * input_height, input_width, input_depth], packed filters. Works in place where th_dsp_conv_in_place. */
void th_dsp_conv_2d_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  const int8_t *image = operands[2];
  const int32_t line_bytes = p->input_width * p->input_depth;
  const th_dsp_conv_scratch scratch = th_dsp_conv_scratch_of(p);
  int8_t *const bytes = (int8_t *)operands[1] + scratch.bytes, *const ring = (int8_t *)operands[1] + scratch.ring;
  const int8_t **lines = operands[1];
  const th_dsp_rows job = {
      .rows = (uint32_t *)((int8_t *)operands[1] + scratch.rows), .packed = operands[3], .pairs = scratch.pairs,
      .channels = p->output_depth, .output_offset = p->output_offset, .activation_min = p->activation_min,
      .activation_max = p->activation_max,
  };
  const bool over = operands[0] == operands[2] && scratch.kept > 0;
  waiting_rows waiting = {.most = scratch.blocks, .output = operands[0]};
  for (int32_t batch = 0; batch < p->batches; ++batch, image += p->input_height * line_bytes) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      if (over) memcpy(ring + out_y % scratch.kept * line_bytes, image + out_y * line_bytes, (size_t)line_bytes);
      aim(p, lines, image, ring, scratch.kept, over ? out_y : -1, out_y * p->stride_height - p->pad_top);
      convolve_line(p, &job, &waiting, bytes, lines);
    }
  }
  multiply(&job, &waiting);
}
