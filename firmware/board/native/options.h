/* The native firmware's command line. */
#ifndef TINYHIL_NATIVE_OPTIONS_H
#define TINYHIL_NATIVE_OPTIONS_H

#include <stdbool.h>

typedef struct {
  bool pty;         /* --pty: open one and print its name */
  int pty_fd;       /* --pty=FD: go on with the one whose master is FD, after a reset; -1 otherwise */
  const char *slot; /* --slot FILE: content of the model slot; NULL for none */
} th_options;

/* Exits with 2 and a message when the arguments make no sense. */
th_options th_parse_options(int argc, char **argv);

#endif
