#include "app/print.h"

#include <string.h>

#include "board/board.h"

void th_print(const char *text) {
  while (*text != '\0') {
    board_putc((uint8_t)*text++);
  }
}

static void print_digits(const uint8_t *digits, size_t count) {
  while (count > 0) {
    board_putc((uint8_t)('0' + digits[--count]));
  }
}

void th_print_u64(uint64_t value) {
  uint8_t digits[20]; /* least significant first */
  size_t count = 0;
  do {
    digits[count++] = (uint8_t)(value % 10u);
    value /= 10u;
  } while (value != 0);
  print_digits(digits, count);
}

static void print_hex(uint32_t value, int nibbles) {
  while (nibbles-- > 0) {
    board_putc((uint8_t)"0123456789abcdef"[value >> (4 * nibbles) & 15u]);
  }
}

void th_print_hex8(uint8_t value) { print_hex(value, 2); }

void th_print_hex32(uint32_t value) {
  th_print("0x");
  print_hex(value, 8);
}

/* mantissa * 2^exponent for what does not fit 64 bits: exponent 0..104, so at most 39 digits. */
static void print_shifted(uint32_t mantissa, int exponent) {
  uint8_t digits[40];
  size_t count = 0;
  for (; mantissa != 0; mantissa /= 10u) {
    digits[count++] = (uint8_t)(mantissa % 10u);
  }
  while (exponent-- > 0) {
    uint8_t carry = 0;
    for (size_t i = 0; i < count; i++) {
      const uint8_t doubled = (uint8_t)(2 * digits[i] + carry);
      digits[i] = doubled % 10u;
      carry = doubled / 10u;
    }
    if (carry != 0) {
      digits[count++] = carry;
    }
  }
  print_digits(digits, count);
}

/* mantissa * 1000 / 2^shift, rounded to nearest, ties to even. shift: 1 or more. */
static uint64_t thousandths(uint32_t mantissa, int shift) {
  const uint64_t scaled = (uint64_t)mantissa * 1000u; /* below 2^34 */
  if (shift > 35) {
    return 0;
  }
  const uint64_t whole = scaled >> shift;
  const uint64_t rest = scaled - (whole << shift);
  const uint64_t half = (uint64_t)1 << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1u) != 0));
}

void th_print_fixed3(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const int field = (int)(bits >> 23 & 0xffu);
  uint32_t mantissa = bits & 0x7fffffu;
  if (bits >> 31 != 0) {
    board_putc('-');
  }
  if (field == 0xff) {
    th_print(mantissa != 0 ? "nan" : "inf");
    return;
  }
  if (field != 0) {
    mantissa |= 0x800000u;
  }
  const int exponent = (field != 0 ? field : 1) - 150;
  if (exponent >= 0) {
    print_shifted(mantissa, exponent);
    th_print(".000");
    return;
  }
  const uint64_t scaled = thousandths(mantissa, -exponent);
  const uint32_t fraction = (uint32_t)(scaled % 1000u);
  th_print_u64(scaled / 1000u);
  board_putc('.');
  board_putc((uint8_t)('0' + fraction / 100u));
  board_putc((uint8_t)('0' + fraction / 10u % 10u));
  board_putc((uint8_t)('0' + fraction % 10u));
}
