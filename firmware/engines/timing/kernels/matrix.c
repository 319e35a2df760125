/* Matrices of 10 x 10: product, product with a vector, scaling, addition of a constant, sums of bit fields.
 *
 * The operands are passed one by one, not as a structure: GCC 12.2 for x86-64 (-O1, -O2) otherwise takes a product that it
 * addresses through the difference of two members for a function without effect, and leaves its call out. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { SIDE = 10 };

typedef int16_t th_row[SIDE];
typedef int32_t th_wide_row[SIDE];

static void multiply(const th_row *a, const th_row *b, th_wide_row *c) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      int32_t sum = 0;
      for (int k = 0; k < SIDE; k++) {
        sum += a[i][k] * b[k][j];
      }
      c[i][j] = sum;
    }
  }
}

static void multiply_by_vector(const th_row *a, const int16_t *vector, th_wide_row *c) {
  for (int i = 0; i < SIDE; i++) {
    c[i][0] = 0;
    for (int j = 0; j < SIDE; j++) {
      c[i][0] += a[i][j] * vector[j];
    }
  }
}

static void scale(const th_row *a, int32_t factor, th_wide_row *c) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      c[i][j] = a[i][j] * factor;
    }
  }
}

static void add(th_row *a, int16_t summand) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      a[i][j] = (int16_t)(a[i][j] + summand);
    }
  }
}

static uint32_t fields(const th_wide_row *c) {
  uint32_t sum = 0;
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      const uint32_t bits = (uint32_t)c[i][j];
      sum += ((bits >> 2) & 0xFu) * ((bits >> 5) & 0x7Fu);
    }
  }
  return sum;
}

static uint32_t fold_all(uint32_t checksum, const th_wide_row *c) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      checksum = th_fold(checksum, (uint32_t)c[i][j]);
    }
  }
  return checksum;
}

uint32_t th_kernel_matrix(uint32_t iterations, void *memory) {
  th_row *a = memory;
  th_row *b = a + SIDE;
  th_wide_row *c = (th_wide_row *)(void *)(b + SIDE);
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 5;
    for (int i = 0; i < SIDE; i++) {
      for (int j = 0; j < SIDE; j++) {
        a[i][j] = (int16_t)((int32_t)(th_random(&seed) & 0x1FFFu) - 0x1000);
        b[i][j] = (int16_t)((int32_t)(th_random(&seed) & 0x1FFFu) - 0x1000);
      }
    }
    multiply(a, b, c);
    checksum = th_fold(fold_all(0, c), fields(c));
    scale(a, 37, c);
    multiply_by_vector(a, b[0], c);
    checksum = th_fold(fold_all(checksum, c), fields(c));
    add(a, 91);
    multiply(a, b, c);
    checksum = th_fold(fold_all(checksum, c), fields(c));
  }
  return checksum;
}
