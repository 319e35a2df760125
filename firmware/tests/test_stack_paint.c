/* The stack's high-water mark, on a stretch of this process's own stack. */
#include "board/stack_paint.h"

#include "support/check.h"

enum { STRETCH_BYTES = 16384, DEEP_BYTES = 4096 };

__attribute__((noinline)) static void go_deep(void) {
  volatile uint8_t deep[DEEP_BYTES];
  for (size_t i = 0; i < sizeof deep; i++) {
    deep[i] = 1;
  }
}

/* Painting and measuring below this frame: what lies there is nobody's. */
__attribute__((noinline, no_sanitize("address"))) static void measure(void) {
  uint32_t *base = (uint32_t *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)15);
  uint32_t *limit = base - STRETCH_BYTES / sizeof *base;
  th_stack_paint(limit);
  const size_t before = th_stack_used(limit, base);
  go_deep();
  const size_t after = th_stack_used(limit, base);
  CHECK(before < DEEP_BYTES);
  CHECK(after >= DEEP_BYTES && after < STRETCH_BYTES);
  th_stack_paint(limit);
  CHECK(th_stack_used(limit, base) < DEEP_BYTES);
}

int main(void) {
  measure();
  return 0;
}
