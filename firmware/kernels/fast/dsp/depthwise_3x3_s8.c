/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, 3x3, strides 1x1 and 2x2, not dilated: four channels at a time
 * are laid out in planes, with the padding, then each is multiplied along its lines. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/planes.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/fast/dsp/strip.h"
#include "kernels/params.h"

/* Four channels of the image, its columns and lines as the planes have them. */
typedef struct {
  const int8_t *first;
  int32_t channels; /* 1 to 4 */
  int32_t columns, lines;
  int32_t column_bytes, line_bytes; /* to the next one */
  int32_t pad_columns, pad_lines;   /* in front */
  uint32_t zero;                    /* zero points */
} image;

static inline __attribute__((always_inline)) void put_pair(uint32_t *to, uint32_t a, uint32_t b) {
  const uint32_t even_a = th_sxtb16(a), odd_a = th_sxtb16_odd(a), even_b = th_sxtb16(b), odd_b = th_sxtb16_odd(b);
  to[0] = th_pack_bottoms(even_a, even_b);
  to[1] = th_pack_bottoms(odd_a, odd_b);
  to[2] = th_pack_tops(even_a, even_b);
  to[3] = th_pack_tops(odd_a, odd_b);
}

/* Words with nothing but zero points, up to `end`. */
static void put_zeros(const image *from, uint32_t *to, const uint32_t *end) {
  const uint32_t zeros = th_sxtb16(from->zero);
  while (to < end) *to++ = zeros;
}

/* A line of four channels with one column of padding in front at most. */
static void lay_out_four(const image *from, uint32_t *to, const uint32_t *end, const int8_t *pixel) {
  const int32_t step = from->column_bytes, room = (int32_t)(end - to) / 2 - from->pad_columns;
  int32_t left = from->columns < room ? from->columns : room;
  if (from->pad_columns != 0) {
    put_pair(to, from->zero, th_load_4(pixel));
    pixel += step, to += 4, --left;
  }
  for (; left > 1; left -= 2, pixel += 2 * step, to += 4) put_pair(to, th_load_4(pixel), th_load_4(pixel + step));
  if (left > 0) {
    put_pair(to, th_load_4(pixel), from->zero);
    to += 4;
  }
  put_zeros(from, to, end);
}

/* The pixel at a column, or zero points. */
static uint32_t pixel_at(const image *from, const int8_t *pixels, int32_t column) {
  if (column < 0 || column >= from->columns) return from->zero;
  uint32_t bytes = 0;
  const int8_t *pixel = pixels + column * from->column_bytes;
  for (int32_t i = 0; i < from->channels; ++i) bytes |= ((uint32_t)pixel[i] & 0xFFu) << (8 * i);
  return bytes;
}

/* Lays out a line, pairs up to `end`. */
static void lay_out_line(const image *from, uint32_t *to, const uint32_t *end, int32_t line) {
  if (line < 0 || line >= from->lines) {
    put_zeros(from, to, end);
    return;
  }
  const int8_t *pixels = from->first + line * from->line_bytes;
  if (from->channels == 4 && from->pad_columns <= 1) {
    lay_out_four(from, to, end, pixels);
  } else {
    for (int32_t column = -from->pad_columns; to < end; column += 2, to += 4) {
      put_pair(to, pixel_at(from, pixels, column), pixel_at(from, pixels, column + 1));
    }
  }
}

typedef void (*strip_fn)(const th_dsp_strip *strip);

static strip_fn strip_for(int32_t stride, int32_t finish) {
  if (stride == 1) return finish == TH_DSP_FINISH_RELU ? th_dsp_strip_1_relu : th_dsp_strip_1_linear;
  return finish == TH_DSP_FINISH_RELU ? th_dsp_strip_2_relu : th_dsp_strip_2_linear;
}

/* All outputs of four channels, band by band; the lines that the next band begins with are kept. */
static void convolve(const th_dsp_planes *planes, const image *from, uint32_t *buffer, th_dsp_strip strip, strip_fn run) {
  const int32_t line_words = planes->line_bytes / 4;
  const int32_t kept = 3 - planes->stride;
  const int32_t *constants = strip.constants;
  int8_t *output = strip.output;
  int32_t line = -from->pad_lines, laid = 0;
  for (int32_t done = 0; done < planes->lines; done += planes->band, output += planes->band * strip.output_line_bytes) {
    const int32_t left = planes->lines - done;
    strip.lines = left < planes->band ? left : planes->band;
    const int32_t under = th_dsp_lines_under(strip.lines, planes->stride);
    for (; laid < under; ++laid) {
      uint32_t *to = buffer + laid * line_words;
      lay_out_line(from, to, to + line_words, line + laid);
    }
    for (int32_t channel = 0; channel < from->channels; ++channel) {
      strip.plane = buffer + channel;
      strip.constants = constants + channel * TH_DSP_STRIP_CONSTANTS;
      strip.output = output + channel;
      run(&strip);
    }
    if (left <= planes->band) return;
    memmove(buffer, buffer + (under - kept) * line_words, (size_t)(kept * planes->line_bytes));
    line += under - kept;
    laid = kept;
  }
}

/* operands: output [batches, output_height, output_width, depth], scratch (planes.h), input [batches, input_height,
 * input_width, depth], packed weights (depthwise.h). Works in place where output and input have the same shape. */
void th_dsp_depthwise_3x3_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  const th_dsp_planes planes = th_dsp_planes_of(p);
  const int32_t depth = p->input_depth, *packed = operands[3];
  const int32_t input_line = p->input_width * depth, output_line = p->output_width * depth;
  const strip_fn run = strip_for(planes.stride, packed[0]);
  image from = {
      .columns = planes.turned ? p->input_height : p->input_width,
      .lines = planes.turned ? p->input_width : p->input_height,
      .column_bytes = planes.turned ? input_line : depth,
      .line_bytes = planes.turned ? depth : input_line,
      .pad_columns = planes.turned ? p->pad_top : p->pad_left,
      .pad_lines = planes.turned ? p->pad_left : p->pad_top,
      .zero = ((uint32_t)-p->input_offset & 0xFFu) * 0x01010101u,
  };
  th_dsp_strip strip = {
      .line_bytes = planes.line_bytes,
      .count = planes.columns,
      .output_step = planes.turned ? output_line : depth,
      .output_line_bytes = planes.turned ? depth : output_line,
  };
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const int8_t *input = (const int8_t *)operands[2] + batch * p->input_height * input_line;
    int8_t *output = (int8_t *)operands[0] + batch * p->output_height * output_line;
    for (int32_t channel = 0; channel < depth; channel += 4) {
      from.first = input + channel;
      from.channels = depth - channel < 4 ? depth - channel : 4;
      strip.output = output + channel;
      strip.constants = packed + 1 + channel * TH_DSP_STRIP_CONSTANTS;
      convolve(&planes, &from, operands[1], strip, run);
    }
  }
}
