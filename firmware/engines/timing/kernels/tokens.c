/* A state machine that cuts a text into words, integers, decimal and hexadecimal numbers and what is none of these, and adds
 * up the values of the integers. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"

typedef enum { START, SIGN, ZERO, INTEGER, POINT, FRACTION, EXPONENT_SIGN, EXPONENT, HEX_MARK, HEX, WORD, OTHER, STATES } th_state;

static const char text[] =
    "5012 1874 -874 +122 35.54400 .1234500 -110.700 +0.64400 5.500e+3 -.123e-2 -87e+832 +0.6e-12 T0.3e-1F -T.T++Tq 1T3.4e4z "
    "34.0e-T^ 0x1f 0xDEADbeef 0x 0b101 alpha beta2 _gamma 17 0 -0 007 12e5 12e 1.2.3 ++1 - . 42";

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static int is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static th_state next(th_state state, char c) {
  switch (state) {
    case START:
      if (c == '+' || c == '-') {
        return SIGN;
      }
      if (is_letter(c)) {
        return WORD;
      }
      /* fall through */
    case SIGN:
      if (c == '0') {
        return ZERO;
      }
      if (is_digit(c)) {
        return INTEGER;
      }
      return c == '.' ? POINT : OTHER;
    case ZERO:
      if (c == 'x') {
        return HEX_MARK;
      }
      /* fall through */
    case INTEGER:
      if (is_digit(c)) {
        return INTEGER;
      }
      /* fall through */
    case POINT:
    case FRACTION:
      if (is_digit(c)) {
        return FRACTION;
      }
      if (c == '.' && (state == ZERO || state == INTEGER)) {
        return FRACTION;
      }
      return c == 'e' && state != POINT ? EXPONENT_SIGN : OTHER;
    case EXPONENT_SIGN:
      if (c == '+' || c == '-') {
        return EXPONENT;
      }
      /* fall through */
    case EXPONENT:
      return is_digit(c) ? EXPONENT : OTHER;
    case HEX_MARK:
    case HEX:
      return is_hex(c) ? HEX : OTHER;
    case WORD:
      return is_letter(c) || is_digit(c) ? WORD : OTHER;
    default:
      return OTHER;
  }
}

uint32_t th_kernel_tokens(uint32_t iterations, void *memory) {
  uint32_t *ends = memory; /* how many tokens ended in which state */
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t sum = 0;
    uint32_t value = 0;
    th_state state = START;
    for (int s = 0; s < STATES; s++) {
      ends[s] = 0;
    }
    for (const char *c = text;; c++) {
      if (*c != ' ' && *c != '\0') {
        state = next(state, *c);
        value = is_digit(*c) ? 10 * value + (uint32_t)(*c - '0') : 0;
        continue;
      }
      ends[state]++;
      sum += state == INTEGER ? value : 0;
      value = 0;
      state = START;
      if (*c == '\0') {
        break;
      }
    }
    checksum = sum;
    for (int s = 0; s < STATES; s++) {
      checksum = th_fold(checksum, ends[s]);
    }
  }
  return checksum;
}
