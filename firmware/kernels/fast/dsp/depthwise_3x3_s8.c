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

static uint32_t pixel_of(const int8_t *pixel, int32_t channels) {
  if (channels == 4) return th_load_4(pixel);
  uint32_t bytes = 0;
  for (int32_t i = 0; i < channels; ++i) bytes |= ((uint32_t)pixel[i] & 0xFFu) << (8 * i);
  return bytes;
}

static inline __attribute__((always_inline)) void put_pair(uint32_t *to, uint32_t a, uint32_t b) {
  const uint32_t even_a = th_sxtb16(a), odd_a = th_sxtb16_odd(a), even_b = th_sxtb16(b), odd_b = th_sxtb16_odd(b);
  to[0] = th_pack_bottoms(even_a, even_b);
  to[1] = th_pack_bottoms(odd_a, odd_b);
  to[2] = th_pack_tops(even_a, even_b);
  to[3] = th_pack_tops(odd_a, odd_b);
}

/* Lays out `pairs` pairs of a line. */
static void lay_out_line(const image *from, uint32_t *to, int32_t line, int32_t pairs) {
  const bool inside = line >= 0 && line < from->lines;
  const int8_t *pixels = from->first + (inside ? line * from->line_bytes : 0);
  const int32_t columns = inside ? from->columns : 0, step = from->column_bytes;
  int32_t column = -from->pad_columns;
  for (; pairs > 0; --pairs, column += 2, to += 4) {
    if (column >= 0 && column + 1 < columns && from->channels == 4) {
      int32_t whole = (columns - column) / 2;
      if (whole > pairs) whole = pairs;
      const int8_t *pixel = pixels + column * step;
      for (int32_t i = 0; i < whole; ++i, pixel += 2 * step, to += 4) put_pair(to, th_load_4(pixel), th_load_4(pixel + step));
      column += 2 * whole;
      pairs -= whole;
      if (pairs == 0) return;
    }
    const bool first = column >= 0 && column < columns, second = column + 1 >= 0 && column + 1 < columns;
    put_pair(to, first ? pixel_of(pixels + column * step, from->channels) : from->zero,
             second ? pixel_of(pixels + (column + 1) * step, from->channels) : from->zero);
  }
}

typedef void (*strip_fn)(const th_dsp_strip *strip);

static strip_fn strip_for(int32_t stride, int32_t finish) {
  if (stride == 1) return finish == TH_DSP_FINISH_RELU ? th_dsp_strip_1_relu : th_dsp_strip_1_linear;
  return finish == TH_DSP_FINISH_RELU ? th_dsp_strip_2_relu : th_dsp_strip_2_linear;
}

/* All outputs of four channels, band by band; the lines that the next band begins with are kept. */
static void convolve(const th_dsp_planes *planes, const image *from, uint32_t *buffer, th_dsp_strip strip, strip_fn run) {
  const int32_t line_words = planes->line_bytes / 4, pairs = planes->line_bytes / TH_DSP_PAIR_BYTES;
  const int32_t kept = 3 - planes->stride;
  const int32_t *constants = strip.constants;
  int8_t *output = strip.output;
  int32_t line = -from->pad_lines, laid = 0;
  for (int32_t done = 0; done < planes->lines; done += planes->band, output += planes->band * strip.output_line_bytes) {
    const int32_t left = planes->lines - done;
    strip.lines = left < planes->band ? left : planes->band;
    const int32_t under = th_dsp_lines_under(strip.lines, planes->stride);
    for (; laid < under; ++laid) lay_out_line(from, buffer + laid * line_words, line + laid, pairs);
    for (int32_t channel = 0; channel < from->channels; ++channel) {
      strip.plane = buffer + channel;
      strip.constants = constants + channel * TH_DSP_STRIP_CONSTANTS;
      strip.output = output + channel;
      run(&strip);
    }
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
