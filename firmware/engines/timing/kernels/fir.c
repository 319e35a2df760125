/* A finite impulse response filter of 16 taps over 128 samples, Q15 with rounding and saturation. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { TAPS = 16, SAMPLES = 128 };

typedef struct {
  int16_t taps[TAPS];
  int16_t input[SAMPLES + TAPS];
  int16_t output[SAMPLES];
} th_fir;

static int16_t saturate(int32_t value) {
  if (value > INT16_MAX) {
    return INT16_MAX;
  }
  return value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

static void filter(th_fir *fir) {
  for (int n = 0; n < SAMPLES; n++) {
    int32_t sum = 1 << 14;
    for (int k = 0; k < TAPS; k++) {
      sum += fir->taps[k] * fir->input[n + k];
    }
    fir->output[n] = saturate(sum >> 15);
  }
}

uint32_t th_kernel_fir(uint32_t iterations, void *memory) {
  th_fir *fir = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 2;
    for (int k = 0; k < TAPS; k++) {
      fir->taps[k] = (int16_t)((int32_t)(th_random(&seed) & 0x3FFFu) - 0x2000); /* sums of 16 products stay in 32 bits */
    }
    for (int n = 0; n < SAMPLES + TAPS; n++) {
      fir->input[n] = (int16_t)((int32_t)th_random(&seed) - 0x8000);
    }
    filter(fir);
    checksum = 0;
    for (int n = 0; n < SAMPLES; n++) {
      checksum = th_fold(checksum, (uint16_t)fir->output[n]);
    }
  }
  return checksum;
}
