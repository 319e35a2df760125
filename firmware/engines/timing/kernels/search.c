/* Horspool's search for 12 patterns in a text of 1,000 letters of a small alphabet; then each letter is counted. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { LETTERS = 1000, PATTERNS = 12, PATTERN_LETTERS = 6, ALPHABET = 8 };

typedef struct {
  char text[LETTERS];
  char pattern[PATTERN_LETTERS];
  uint8_t skip[256];
} th_search;

/* Where the pattern first occurs, or LETTERS. */
static uint32_t find(th_search *s) {
  for (uint32_t c = 0; c < sizeof s->skip; c++) {
    s->skip[c] = PATTERN_LETTERS;
  }
  for (uint32_t i = 0; i + 1 < PATTERN_LETTERS; i++) {
    s->skip[(uint8_t)s->pattern[i]] = (uint8_t)(PATTERN_LETTERS - 1 - i);
  }
  uint32_t at = 0;
  while (at + PATTERN_LETTERS <= LETTERS) {
    uint32_t i = PATTERN_LETTERS;
    while (i > 0 && s->text[at + i - 1] == s->pattern[i - 1]) {
      i--;
    }
    if (i == 0) {
      return at;
    }
    at += s->skip[(uint8_t)s->text[at + PATTERN_LETTERS - 1]];
  }
  return LETTERS;
}

uint32_t th_kernel_search(uint32_t iterations, void *memory) {
  th_search *s = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 6;
    for (uint32_t i = 0; i < LETTERS; i++) {
      s->text[i] = (char)('a' + th_random(&seed) % ALPHABET);
    }
    checksum = 0;
    for (uint32_t p = 0; p < PATTERNS; p++) {
      const uint32_t from = LETTERS - (p + 1) * (LETTERS / (2 * PATTERNS));
      for (uint32_t i = 0; i < PATTERN_LETTERS; i++) {
        s->pattern[i] = s->text[from + i];
      }
      s->pattern[p % PATTERN_LETTERS] ^= (char)(p & 1u); /* every other one may occur nowhere */
      checksum = th_fold(checksum, find(s));
    }
    for (char letter = 'a'; letter < 'a' + ALPHABET; letter++) {
      uint32_t count = 0;
      for (uint32_t i = 0; i < LETTERS; i++) {
        count += s->text[i] == letter;
      }
      checksum = th_fold(checksum, count);
    }
  }
  return checksum;
}
