#include "board/mcu/start.h"

#include "app/app.h"
#include "board/mcu/memory.h"
#include "board/stack_paint.h"

static void init_memory(void) {
  const uint32_t *from = __data_lma;
  for (uint32_t *to = __data_start; to < __data_end; to++) {
    *to = *from++;
  }
  for (uint32_t *to = __bss_start; to < __bss_end; to++) {
    *to = 0;
  }
}

void th_start(void) {
  init_memory();
  th_stack_paint(__stack_limit);
  th_app_main();
}
