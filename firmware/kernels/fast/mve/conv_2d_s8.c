/* CONV_2D, int8, per channel, dilated, not grouped: the windows of some pixels are laid out as rows. */
#include "kernels/fast/mve/bytes.h"
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* Writes `taps` pixels of a line of the input, from column x0 on, those outside as zero points. */
static int8_t *copy_line(const th_conv_2d_params *p, int8_t *to, const int8_t *line, int32_t x0) {
  const int32_t depth = p->input_depth, width = p->input_width, taps = p->filter_width;
  if (p->dilation_width == 1) {
    const int32_t before = x0 >= 0 ? 0 : -x0 < taps ? -x0 : taps;
    const int32_t end = width - x0 < taps ? width - x0 : taps;
    const int32_t inside = end > before ? end - before : 0;
    if (inside == taps) return th_mve_copy(to, line + x0 * depth, taps * depth);
    to = th_mve_fill(to, -p->input_offset, before * depth);
    if (inside > 0) to = th_mve_copy(to, line + (x0 + before) * depth, inside * depth);
    return th_mve_fill(to, -p->input_offset, (taps - before - inside) * depth);
  }
  for (int32_t tap = 0; tap < taps; ++tap, x0 += p->dilation_width) {
    const bool inside = x0 >= 0 && x0 < width;
    to = inside ? th_mve_copy(to, line + x0 * depth, depth) : th_mve_fill(to, -p->input_offset, depth);
  }
  return to;
}

static void copy_window(const th_conv_2d_params *p, int8_t *to, const int8_t *input, int32_t out_y, int32_t out_x) {
  const int32_t line_bytes = p->input_width * p->input_depth;
  const int32_t x0 = out_x * p->stride_width - p->pad_left;
  int32_t y = out_y * p->stride_height - p->pad_top;
  for (int32_t tap = 0; tap < p->filter_height; ++tap, y += p->dilation_height) {
    if (y >= 0 && y < p->input_height) {
      to = copy_line(p, to, input + y * line_bytes, x0);
    } else {
      to = th_mve_fill(to, -p->input_offset, p->filter_width * p->input_depth);
    }
  }
}

/* Where windows lie side by side, inside the input from left to right. */
typedef struct {
  int32_t lines; /* of each that are inside, from 1 on */
  int32_t line_bytes;
  int32_t input_line; /* bytes from a line to the next one */
  int32_t step;       /* bytes from a window to the next one */
  int32_t skip;       /* bytes of lines that are outside */
} windows;

/* Copies `count` windows; what is outside stays. line_bytes: at most 16. */
/* Not inlined: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static void copy_narrow(const windows *w, int8_t *to, const int8_t *from, int32_t count) {
  const int8_t *line;
  __asm__ volatile(
      "vctp.8 %[bytes]\n"
      "1:\n"
      "mov %[line], %[from]\n"
      "dls lr, %[lines]\n"
      "add %[from], %[from], %[step]\n"
      "2:\n"
      "vpstt\n"
      "vldrbt.u8 q0, [%[line]]\n"
      "vstrbt.8 q0, [%[to]]\n"
      "add %[line], %[line], %[input_line]\n"
      "add %[to], %[to], %[bytes]\n"
      "le lr, 2b\n"
      "add %[to], %[to], %[skip]\n"
      "subs %[count], %[count], #1\n"
      "bne 1b\n"
      : [to] "+r"(to), [from] "+r"(from), [count] "+r"(count), [line] "=&r"(line)
      : [bytes] "r"(w->line_bytes), [lines] "r"(w->lines), [input_line] "r"(w->input_line), [step] "r"(w->step),
        [skip] "r"(w->skip)
      : "q0", "lr", "cc", "memory");
}

static void copy_windows(const windows *w, int8_t *to, const int8_t *from, int32_t count) {
  if (w->lines == 1 && w->skip == 0 && w->step == w->line_bytes) {
    th_mve_copy(to, from, count * w->line_bytes);
    return;
  }
  if (w->line_bytes <= 16) {
    copy_narrow(w, to, from, count);
    return;
  }
  for (; count > 0; --count, from += w->step, to += w->skip) {
    const int8_t *line = from;
    for (int32_t left = w->lines; left > 0; --left, line += w->input_line) to = th_mve_copy(to, line, w->line_bytes);
  }
}

/* The windows of a line of outputs on their way. */
typedef struct {
  const th_mve_gemm *g;
  int8_t *rows;
  int32_t room;    /* for windows in rows */
  int32_t waiting; /* in rows */
  int8_t *output;  /* of the first that waits */
} queue;

static void multiply_waiting(queue *q) {
  th_mve_gemm_pixels(q->g, q->rows, q->output, q->waiting);
  q->output += q->waiting * q->g->channels;
  q->waiting = 0;
}

static void output_line(const th_conv_2d_params *p, queue *q, const int8_t *input, int32_t out_y) {
  const int32_t depth = p->input_depth, taps = p->filter_width, y0 = out_y * p->stride_height - p->pad_top;
  const int32_t inside_last = p->input_width - taps + p->pad_left;
  const bool side_by_side = p->dilation_width == 1 && p->dilation_height == 1 && inside_last >= 0;
  const int32_t first = (p->pad_left + p->stride_width - 1) / p->stride_width;
  const int32_t end = side_by_side ? inside_last / p->stride_width + 1 : 0;
  const th_taps taps_inside = th_taps_inside(y0, 1, p->filter_height, p->input_height);
  const int32_t lines = taps_inside.end > taps_inside.first ? taps_inside.end - taps_inside.first : 0;
  const windows w = {
      .lines = lines,
      .line_bytes = taps * depth,
      .input_line = p->input_width * depth,
      .step = p->stride_width * depth,
      .skip = (p->filter_height - lines) * taps * depth,
  };
  for (int32_t out_x = 0, count; out_x < p->output_width; out_x += count) {
    int8_t *to = q->rows + q->waiting * q->g->depth;
    if (out_x >= first && out_x < end) {
      count = end < p->output_width ? end - out_x : p->output_width - out_x;
      if (count > q->room - q->waiting) count = q->room - q->waiting;
      if (w.skip > 0) th_mve_fill(to, -p->input_offset, count * q->g->depth);
      if (lines > 0) {
        const int8_t *from = input + (y0 + taps_inside.first) * w.input_line;
        copy_windows(&w, to + taps_inside.first * w.line_bytes, from + (out_x * p->stride_width - p->pad_left) * depth, count);
      }
    } else {
      count = 1;
      copy_window(p, to, input, out_y, out_x);
    }
    q->waiting += count;
    if (q->waiting == q->room) multiply_waiting(q);
  }
}

/* operands: output [batches, output_height, output_width, output_depth], scratch [th_mve_gemm_rows, depth], input [batches,
 * input_height, input_width, input_depth], packed filters, constants (gemm.h); depth = filter_height * filter_width *
 * input_depth. The output may be the input where the filter is 1x1, strides are 1 and output_depth <= input_depth. */
void th_mve_conv_2d_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  const int8_t *input = operands[2];
  const th_mve_gemm g = {
      .depth = p->filter_height * p->filter_width * p->input_depth,
      .channels = p->output_depth,
      .filters = operands[3],
      .constants = operands[4],
      .output = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max),
  };
  queue q = {.g = &g, .rows = operands[1], .room = th_mve_gemm_rows(g.depth), .output = operands[0]};
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * p->input_depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) output_line(p, &q, input, out_y);
  }
  multiply_waiting(&q);
}
