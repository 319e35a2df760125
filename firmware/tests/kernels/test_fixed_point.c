/* fixed_point.h against wide integers and double precision. */
#include <math.h>

#include "check.h"
#include "kernels/fixed_point.h"

static const int32_t EDGES[] = {0,          1,          -1,        2,         -2,         255,       -256,
                                65536,      INT32_MAX,  INT32_MIN, 1 << 30,   -(1 << 30), INT32_MAX - 1,
                                INT32_MIN + 1, 0x12345678, -0x12345678, 3, -3, (1 << 30) + 1};
enum { EDGE_COUNT = sizeof EDGES / sizeof *EDGES };

/* floor(value / 2^bits + 1/2) over wide integers; ties towards +infinity. */
static __int128 rounded_up(__int128 value, int bits) { return (value + ((__int128)1 << (bits - 1))) >> bits; }

static void doubling_high_mul_rounds_the_exact_product(void) {
  uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    const int32_t a = i < EDGE_COUNT * EDGE_COUNT ? EDGES[i % EDGE_COUNT] : th_from_bits(next_random(&state));
    const int32_t b = i < EDGE_COUNT * EDGE_COUNT ? EDGES[i / EDGE_COUNT] : th_from_bits(next_random(&state));
    __int128 expected = rounded_up((__int128)a * b, 31);
    if (expected > INT32_MAX) expected = INT32_MAX;
    CHECK_EQ(th_doubling_high_mul(a, b), (int64_t)expected);
  }
}

static void rounding_shift_rounds_halves_away_from_zero(void) {
  uint32_t state = 2;
  for (int i = 0; i < 20000; ++i) {
    const int32_t exponent = i % 32;
    const int32_t x = i < EDGE_COUNT * 32 ? EDGES[i / 32] : th_from_bits(next_random(&state));
    const int64_t magnitude = llabs((int64_t)x);
    const int64_t rounded = exponent == 0 ? magnitude : (magnitude + (INT64_C(1) << (exponent - 1))) >> exponent;
    CHECK_EQ(th_rounding_shift_right(x, exponent), x < 0 ? -rounded : rounded);
  }
}

static void saturating_shift_keeps_the_sign(void) {
  uint32_t state = 3;
  for (int i = 0; i < 20000; ++i) {
    const int32_t exponent = 1 + i % 30;
    const int32_t x = th_from_bits(next_random(&state)) >> (next_random(&state) % 32);
    const int64_t wide = (int64_t)x * (INT64_C(1) << exponent);
    const int64_t limited = wide > INT32_MAX ? INT32_MAX : wide <= INT32_MIN ? INT32_MIN : wide;
    CHECK_EQ(th_saturating_shift_left(x, exponent), limited);
  }
}

static void wrapping_is_modulo_two_to_the_32(void) {
  CHECK_EQ(th_wrapping_add(INT32_MAX, 1), INT32_MIN);
  CHECK_EQ(th_wrapping_add(INT32_MIN, -1), INT32_MAX);
  CHECK_EQ(th_wrapping_shift_left(0x40000001, 1), INT32_MIN + 2);
  CHECK_EQ(th_wrapping_shift_left(-1, 31), INT32_MIN);
  CHECK_EQ(th_from_bits(UINT32_MAX), -1);
  CHECK_EQ(th_from_bits(UINT32_C(0x80000000)), INT32_MIN);
}

static void requantize_is_the_real_product_up_to_two_roundings(void) {
  uint32_t state = 4;
  for (int i = 0; i < 20000; ++i) {
    const int32_t shift = -(int32_t)(next_random(&state) % 32) + (int32_t)(next_random(&state) % 8);
    const int32_t x = th_from_bits(next_random(&state)) >> (8 + next_random(&state) % 16);
    const int32_t multiplier = (int32_t)(next_random(&state) >> 1) | (1 << 30);
    const double real = ldexp((double)x * multiplier, (shift < -31 ? -31 : shift) - 31);
    const int32_t result = th_requantize(x, multiplier, shift < -31 ? -31 : shift);
    CHECK_EQ(fabs(result - real) <= 1.0, 1);
  }
  CHECK_EQ(th_requantize(12345, 1 << 30, 1), 12345);
  CHECK_EQ(th_requantize(-12345, 0, 0), 0);
}

static void wide_requantize_is_the_real_product_up_to_a_short_multiplier(void) {
  uint32_t state = 6;
  for (int i = 0; i < 20000; ++i) {
    const int32_t shift = -(int32_t)(next_random(&state) % 32) + (int32_t)(next_random(&state) % 8);
    const int32_t used = shift < -31 ? -31 : shift;
    const uint32_t high = next_random(&state), low = next_random(&state);
    const int64_t x = ((int64_t)(((uint64_t)high << 32) | low)) >> (17 + next_random(&state) % 40);
    const int32_t multiplier = (int32_t)(next_random(&state) >> 1) | (1 << 30);
    const double reduced = fmin(floor((multiplier + 32768.0) / 65536), 32767);
    const double real = floor(ldexp((double)x * reduced, used - 15) + 0.5);
    if (fabs(real) < 2147483647.0) CHECK_EQ(th_requantize_wide(x, multiplier, used), (int64_t)real);
  }
  CHECK_EQ(th_requantize_wide(-12345, 1 << 30, 1), -12345);
  CHECK_EQ(th_requantize_wide(-1, 1 << 30, 0), 0); /* halves towards +infinity */
  CHECK_EQ(th_requantize_wide(1, INT32_MAX, 7), 128);
  CHECK_EQ(th_requantize_wide((INT64_C(1) << 47) - 1, INT32_MAX, -31), 65534);
  CHECK_EQ(th_requantize_wide(INT64_C(1) << 40, 1 << 30, 1), 0); /* beyond 32 bits: the low ones */
}

static void exp_is_close_and_monotone(void) {
  int32_t last = -1;
  CHECK_EQ(th_exp_on_negative(0), INT32_MAX);
  for (int64_t a = INT32_MIN; a <= 0; a += 99991) {
    const int32_t result = th_exp_on_negative((int32_t)a);
    const double real = exp(ldexp((double)a, -26));
    /* The expansion leaves out (1/8)^5 / 5! = 2.5e-7. */
    CHECK_EQ(fabs(ldexp(result, -31) - real) < 2.6e-7, 1);
    CHECK_EQ(result >= last - 64, 1);
    last = result;
  }
}

static void reciprocal_is_close(void) {
  uint32_t state = 5;
  for (int i = 0; i < 20000; ++i) {
    const int32_t x = (int32_t)((next_random(&state) >> (1 + next_random(&state) % 12)) | (1u << 19));
    int32_t bits_over_unit;
    const int32_t result = th_reciprocal(x, &bits_over_unit);
    const double real = 1.0 / ldexp(x, -19);
    CHECK_EQ(fabs(ldexp(result, -31 - bits_over_unit) / real - 1) < 1e-7, 1);
  }
}

int main(void) {
  doubling_high_mul_rounds_the_exact_product();
  rounding_shift_rounds_halves_away_from_zero();
  saturating_shift_keeps_the_sign();
  wrapping_is_modulo_two_to_the_32();
  requantize_is_the_real_product_up_to_two_roundings();
  wide_requantize_is_the_real_product_up_to_a_short_multiplier();
  exp_is_close_and_monotone();
  reciprocal_is_close();
  return check_report("fixed_point");
}
