/* The board contract as a Linux process, and its main(). */
#include "board/board.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "board/native/fault.h"
#include "board/native/options.h"
#include "board/native/serial.h"
#include "board/stack_paint.h"
#include "board_config.h"
#include "deploy/deploy.h"

_Static_assert(TH_CLOCK_HZ == 1000000000u, "cycles are nanoseconds of the monotonic clock");

enum { STACK_OVERHEAD_BYTES = 32768, GUARD_BYTES = 65536 }; /* thread control block above, unmapped below */

#ifndef TH_DEPLOY
__attribute__((aligned(16))) static uint8_t slot[TH_SLOT_BYTES];
__attribute__((aligned(16))) static uint8_t arena[TH_NATIVE_ARENA_BYTES];
#endif

static struct {
  char **argv;
  int pty_master; /* -1 for none */
  uint32_t *stack_limit;
  uint32_t *stack_base;
  uint64_t start_ns;
} process = {.pty_master = -1};

static uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void board_init(void) { process.start_ns = monotonic_ns(); }

uint64_t board_cycles(void) { return monotonic_ns() - process.start_ns; }

bool board_cycles_modelled(void) { return false; }

void board_forget_history(void) {}

int board_getc(void) { return th_serial_get(); }

void board_idle(void) { th_serial_wait(); }

uint32_t board_rx_overruns(void) { return 0; } /* the kernel holds the sender back */

void board_putc(uint8_t byte) { th_serial_put(byte); }

/* Executes itself anew, on the same terminal. */
void board_reset(void) {
  char pty[32];
  char **argv = process.argv;
  th_serial_flush();
  if (process.pty_master >= 0) {
    snprintf(pty, sizeof pty, "--pty=%d", process.pty_master);
    for (char **word = argv + 1; *word != NULL; word++) {
      if (strncmp(*word, "--pty", 5) == 0) {
        *word = pty;
      }
    }
  }
  execv("/proc/self/exe", argv);
  perror("cannot restart");
  _exit(1);
}

#ifdef TH_DEPLOY

uint8_t *board_slot(size_t *bytes) {
  *bytes = 0;
  return NULL;
}

bool board_slot_writable(void) { return false; }

uint8_t *board_arena(size_t *bytes) {
  *bytes = TH_DEPLOY_TOTAL_BYTES;
  return th_deploy_arena;
}

static void fill_slot(const char *path) {
  fprintf(stderr, "this image has its model linked in and takes no --slot %s\n", path);
  exit(2);
}

#else

uint8_t *board_slot(size_t *bytes) {
  *bytes = sizeof slot;
  return slot;
}

bool board_slot_writable(void) { return TH_SLOT_WRITABLE; }

uint8_t *board_arena(size_t *bytes) {
  *bytes = sizeof arena;
  return arena;
}

static void fill_slot(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
    exit(2);
  }
  (void)!fread(slot, 1, sizeof slot, file);
  if (ferror(file) || fgetc(file) != EOF) {
    fprintf(stderr, "%s does not fit the model slot of %zu bytes\n", path, sizeof slot);
    exit(2);
  }
  fclose(file);
}

#endif

size_t board_stack_bytes(void) { return TH_STACK_BYTES; }

size_t board_stack_used(void) { return th_stack_used(process.stack_limit, process.stack_base); }

void board_stack_repaint(void) { th_stack_paint(process.stack_limit); }

static void *run(void *unused) {
  (void)unused;
  process.stack_base = (uint32_t *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)15);
  process.stack_limit = process.stack_base - TH_STACK_BYTES / sizeof(uint32_t);
  th_native_catch_faults();
  th_stack_paint(process.stack_limit);
  th_app_main();
}

static void die(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

/* The application gets a stack of a known size, which main's is not. Below it nothing is mapped: an overflow is a fault. */
static void run_on_own_stack(void) {
  const size_t bytes = (TH_STACK_BYTES + STACK_OVERHEAD_BYTES + 4095u) & ~(size_t)4095u;
  pthread_attr_t attributes;
  pthread_t thread;
  uint8_t *stack = mmap(NULL, GUARD_BYTES + bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED || mprotect(stack + GUARD_BYTES, bytes, PROT_READ | PROT_WRITE) != 0) {
    die("no memory for the stack", errno);
  }
  pthread_attr_init(&attributes);
  int error = pthread_attr_setstack(&attributes, stack + GUARD_BYTES, bytes);
  if (error == 0) {
    error = pthread_create(&thread, &attributes, run, NULL);
  }
  if (error != 0) {
    die("cannot start the firmware's thread", error);
  }
  pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
  const th_options options = th_parse_options(argc, argv);
  process.argv = argv;
  if (options.slot != NULL) {
    fill_slot(options.slot);
  }
  if (options.pty) {
    process.pty_master = th_serial_use_pty(options.pty_fd);
  } else {
    th_serial_use_stdio();
  }
  run_on_own_stack();
  return 0;
}
