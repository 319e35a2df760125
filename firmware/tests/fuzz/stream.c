/* What a host may send, byte by byte: th_app_byte must not crash, loop or answer nonsense, and understands sense afterwards.
 *
 * The input is a script, so that a fuzzer gets past the CRC. Each record begins with two bytes, kind and length:
 *   kind % 4 = 0  `length` raw bytes
 *              1  a sound frame: type, seq and payload from the next `length` bytes
 *              2  a text command of `length` bytes, ended with '%'
 *              3  as 1, with the wire byte number `kind / 4` inverted */
#include <string.h>

#include "app/app.h"
#include "fuzz/fuzz.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/host.h"
#include "support/plans.h"

enum { MOST_READINGS = 2000 }; /* two per inference: `infer 1000000000` is a fair request, and takes as long */

static uint8_t wire[2 * HOST_FRAME_BYTES];

static void send_record(uint8_t kind, const uint8_t *data, size_t bytes) {
  if (kind % 4 == 0) {
    host_send(data, bytes);
  } else if (kind % 4 == 2) {
    host_send(data, bytes);
    host_send("%", 1);
  } else if (bytes >= 2) {
    const size_t length = host_frame_encode(data[0], data[1], data + 2, bytes - 2, wire);
    if (kind % 4 == 3) {
      wire[kind / 4 % length] ^= 0xFF;
    }
    host_send(wire, length);
  }
}

/* Every frame among what was sent must be sound; host_frame_decode checks it. */
static void check_sent(void) {
  static host_frame frame;
  size_t bytes;
  size_t used;
  const uint8_t *sent = fake_take_sent(&bytes);
  while (host_frame_decode(sent, bytes, &frame, &used)) {
    CHECK(frame.type >= 0x80);
    sent += used;
    bytes -= used;
  }
}

static void check_alive(void) {
  size_t bytes;
  fake_readings_left = -1;
  host_send("\0", 1);
  (void)fake_take_sent(&bytes);
  const host_frame hello = host_ask(0x01, 200, NULL, 0);
  CHECK(hello.type == 0x81);
  CHECK_TEXT(host_say("name"), "m-name-dut-[tinyhil]\r\nm-ready\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  __attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];
  static volatile size_t at;
  th_app_init();
  fake_readings_left = -1;
  (void)host_load(blob, plan_sample(blob));
  if (setjmp(fake_reset) != 0) {
    th_app_init(); /* restarted, by request or by the watchdog; the rest follows */
  } else {
    at = 0;
  }
  while (at + 2 <= bytes) {
    const uint8_t kind = data[at];
    const size_t length = data[at + 1] < bytes - at - 2 ? data[at + 1] : bytes - at - 2;
    const uint8_t *record = data + at + 2;
    at += 2 + length;
    fake_readings_left = MOST_READINGS;
    send_record(kind, record, length);
    check_sent();
  }
  check_alive();
  return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out) {
  static const struct {
    uint8_t kind;
    uint8_t bytes;
    const char *data;
  } records[] = {
      {1, 2, "\x01\x05"},                                         /* HELLO */
      {1, 12, "\x10\x06\x00\x00\x00\x00\x00""abcde"},              /* WRITE slot */
      {1, 12, "\x10\x07\x01\x03\x00\x00\x00""\1\2\3\4\5"},         /* WRITE input */
      {1, 9, "\x11\x08\x02\x00\x00\x00\x00\x08\x00"},             /* READ output */
      {1, 9, "\x11\x09\x03\x00\x00\x00\x00\x18\x00"},             /* READ events */
      {1, 11, "\x12\x0A\x00\x02\x00\x00\x00\x10\x00\x00\x00"},    /* CRC */
      {1, 6, "\x20\x0B\x70\x01\x00\x00"},                         /* LOAD */
      {1, 7, "\x21\x0C\x01\x00\x03\x00\x01"},                     /* RUN */
      {1, 7, "\x21\x0C\x01\x00\x03\x00\x01"},                     /* RUN, once more */
      {1, 2, "\x22\x0D"},                                         /* STATUS */
      {3, 7, "\x21\x0E\x00\x00\x01\x00\x00"},                     /* a damaged RUN */
      {2, 4, "name"},      {2, 9, "db load 4"}, {2, 7, "db 0102"}, {2, 7, "db 03ff"}, {2, 8, "db print"},
      {2, 9, "infer 3 1"}, {2, 7, "results"},   {2, 7, "profile"}, {2, 4, "help"},    {2, 9, "timestamp"},
      {0, 12, "\r\nname\0na\xA5me%"},
      {1, 2, "\x23\x0F"}, /* RESET */
  };
  enum { COUNT = sizeof records / sizeof records[0] };
  size_t length = 0;
  if (number > COUNT) {
    return 0;
  }
  /* Each record alone, then all in order. */
  for (size_t i = number < COUNT ? number : 0; i < (number < COUNT ? number + 1 : COUNT); i++) {
    out[length++] = records[i].kind;
    out[length++] = records[i].bytes;
    memcpy(out + length, records[i].data, records[i].bytes);
    length += records[i].bytes;
  }
  return length;
}
