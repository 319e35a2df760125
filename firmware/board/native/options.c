#include "board/native/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(const char *program) {
  fprintf(stderr, "usage: %s [--pty] [--slot FILE]\n", program);
  fprintf(stderr, "Speaks on stdin and stdout, or with --pty on a terminal of its own, whose name it prints.\n");
  exit(2);
}

th_options th_parse_options(int argc, char **argv) {
  th_options options = {.pty_fd = -1};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--pty") == 0) {
      options.pty = true;
    } else if (strncmp(argv[i], "--pty=", 6) == 0) {
      options.pty = true;
      options.pty_fd = atoi(argv[i] + 6);
    } else if (strcmp(argv[i], "--slot") == 0 && i + 1 < argc) {
      options.slot = argv[++i];
    } else {
      usage(argv[0]);
    }
  }
  return options;
}
