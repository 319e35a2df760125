#include "board/native/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { BUFFER_BYTES = 4096, PARENT_CHECK_MS = 1000 };

static struct {
  int in;
  int out;
  pid_t parent; /* whose death ends this process; 0 for nobody's */
  bool unheard; /* nobody has opened the terminal yet: what is sent gets lost, as on a wire */
  uint8_t received[BUFFER_BYTES];
  size_t received_bytes;
  size_t taken;
  uint8_t sent[BUFFER_BYTES];
  size_t sent_bytes;
} port;

static void make_raw(int fd) {
  struct termios settings;
  if (tcgetattr(fd, &settings) == 0) {
    cfmakeraw(&settings);
    (void)tcsetattr(fd, TCSANOW, &settings);
  }
}

void th_serial_use_stdio(void) {
  port.in = STDIN_FILENO;
  port.out = STDOUT_FILENO;
  port.parent = getppid();
  make_raw(STDIN_FILENO);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

int th_serial_use_pty(int master) {
  if (master < 0) {
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
      fail("cannot open a pseudo-terminal");
    }
    const char *name = ptsname(master);
    /* Held open, so that clients may come and go without a hang-up. */
    const int slave = name != NULL ? open(name, O_RDWR | O_NOCTTY) : -1;
    if (slave < 0) {
      fail("cannot open the pseudo-terminal's other side");
    }
    make_raw(slave);
    printf("%s\n", name);
    fflush(stdout);
    port.unheard = true;
  }
  port.in = master;
  port.out = master;
  port.parent = 0;
  return master;
}

static bool readable(int timeout_ms) {
  struct pollfd in = {.fd = port.in, .events = POLLIN};
  return poll(&in, 1, timeout_ms) > 0;
}

int th_serial_get(void) {
  if (port.taken == port.received_bytes) {
    if (!readable(0)) {
      return -1;
    }
    const ssize_t bytes = read(port.in, port.received, sizeof port.received);
    if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) {
      return -1;
    }
    if (bytes <= 0) {
      _exit(0); /* hung up */
    }
    port.unheard = false;
    port.received_bytes = (size_t)bytes;
    port.taken = 0;
  }
  return port.received[port.taken++];
}

void th_serial_wait(void) {
  th_serial_flush();
  while (!readable(port.parent != 0 ? PARENT_CHECK_MS : -1)) {
    if (port.parent != 0 && getppid() != port.parent) {
      _exit(0);
    }
  }
}

void th_serial_put(uint8_t byte) {
  port.sent[port.sent_bytes++] = byte;
  if (byte == '\n' || byte == 0 || port.sent_bytes == sizeof port.sent) {
    th_serial_flush();
  }
}

void th_serial_flush(void) {
  size_t done = port.unheard ? port.sent_bytes : 0;
  while (done < port.sent_bytes) {
    const ssize_t bytes = write(port.out, port.sent + done, port.sent_bytes - done);
    if (bytes >= 0) {
      done += (size_t)bytes;
    } else if (errno == EAGAIN) {
      struct pollfd out = {.fd = port.out, .events = POLLOUT};
      (void)poll(&out, 1, -1);
    } else if (errno != EINTR) {
      _exit(0); /* hung up */
    }
  }
  port.sent_bytes = 0;
}
