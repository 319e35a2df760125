#include "board/stack_paint.h"

#define PAINT 0xC5C5C5C5u

/* For this function's own frame, and the red zone of 64-bit ABIs. */
enum { MARGIN_WORDS = (sizeof(void *) == 8 ? 256 : 64) / sizeof(uint32_t) };

__attribute__((noinline)) void th_stack_paint(uint32_t *limit) {
  const volatile uint32_t *end = (uint32_t *)__builtin_frame_address(0) - MARGIN_WORDS;
  for (volatile uint32_t *word = limit; word < end; word++) {
    *word = PAINT;
  }
}

size_t th_stack_used(const uint32_t *limit, const uint32_t *base) {
  const volatile uint32_t *word = limit;
  while (word < base && *word == PAINT) {
    word++;
  }
  return (size_t)((uintptr_t)base - (uintptr_t)word);
}
