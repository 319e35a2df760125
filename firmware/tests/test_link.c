/* Frames: every request, its errors, repetition, and events. */
#include <string.h>

#include "app/app.h"
#include "board/board.h"
#include "board_config.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/host.h"
#include "support/plans.h"

enum { HELLO = 0x01, WRITE = 0x10, READ = 0x11, CRC = 0x12, LOAD = 0x20, RUN = 0x21, STATUS = 0x22, RESET = 0x23 };
enum { SLOT, INPUT, OUTPUT, EVENTS };

__attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];
static uint8_t next_seq = 1;

static uint32_t u32(const uint8_t *p) { return (uint32_t)(p[0] | p[1] << 8 | p[2] << 16) | (uint32_t)p[3] << 24; }

static unsigned u16(const uint8_t *p) { return (unsigned)(p[0] | p[1] << 8); }

static void start(void) {
  size_t bytes;
  th_app_init();
  (void)fake_take_sent(&bytes);
}

static host_frame ask(uint8_t type, const void *payload, size_t bytes) {
  next_seq = (uint8_t)(next_seq % 255 + 1);
  return host_ask(type, next_seq, payload, bytes);
}

static host_frame write_space(uint8_t space, uint32_t offset, const void *data, size_t bytes) {
  uint8_t payload[HOST_FRAME_BYTES] = {space, (uint8_t)offset, (uint8_t)(offset >> 8), (uint8_t)(offset >> 16),
                                       (uint8_t)(offset >> 24)};
  memcpy(payload + 5, data, bytes);
  return ask(WRITE, payload, bytes + 5);
}

static host_frame read_space(uint8_t space, uint32_t offset, unsigned bytes) {
  const uint8_t payload[7] = {space, (uint8_t)offset, (uint8_t)(offset >> 8), (uint8_t)(offset >> 16), (uint8_t)(offset >> 24),
                              (uint8_t)bytes, (uint8_t)(bytes >> 8)};
  return ask(READ, payload, sizeof payload);
}

static host_frame crc_space(uint8_t space, uint32_t offset, uint32_t bytes) {
  uint8_t payload[9] = {space};
  memcpy(payload + 1, &offset, 4);
  memcpy(payload + 5, &bytes, 4);
  return ask(CRC, payload, sizeof payload);
}

static host_frame run(uint16_t warmup, uint16_t repeats, uint8_t flags) {
  const uint8_t payload[5] = {(uint8_t)warmup, (uint8_t)(warmup >> 8), (uint8_t)repeats, (uint8_t)(repeats >> 8), flags};
  return ask(RUN, payload, sizeof payload);
}

static void check_error(host_frame answer, uint8_t request, unsigned code) {
  CHECK(host_error(&answer) == code);
  CHECK(answer.payload[0] == request && answer.bytes > 3);
}

static void test_hello(void) {
  static const char strings[] = "\x09host-test\x04host\x04plan\x04test";
  start();
  const host_frame hello = ask(HELLO, NULL, 0);
  CHECK(hello.bytes == 44 + sizeof strings - 1);
  CHECK(u16(hello.payload) == 1 && u16(hello.payload + 2) == TH_MAX_PAYLOAD);
  CHECK(u32(hello.payload + 4) == TH_RX_RING_BYTES && u32(hello.payload + 8) == TH_CLOCK_HZ);
  CHECK(u32(hello.payload + 12) == TH_SLOT_BYTES && u32(hello.payload + 16) == TH_NATIVE_ARENA_BYTES);
  CHECK(u32(hello.payload + 20) == TH_STACK_BYTES && u32(hello.payload + 24) == 1);
  CHECK(hello.payload[28] == 0 && hello.payload[43] == 15);
  CHECK(memcmp(hello.payload + 44, strings, sizeof strings - 1) == 0);
  check_error(ask(HELLO, "x", 1), HELLO, 2);
}

static void test_spaces(void) {
  uint8_t data[TH_MAX_PAYLOAD];
  start();
  for (size_t i = 0; i < sizeof data; i++) {
    data[i] = (uint8_t)random_below(3);
  }
  const size_t most = TH_MAX_PAYLOAD - 5;
  host_frame answer = write_space(SLOT, 100, data, most);
  CHECK(answer.type == (WRITE | 0x80) && answer.bytes == 5 && answer.payload[0] == SLOT);
  CHECK(u32(answer.payload + 1) == 100 + most);
  answer = read_space(SLOT, 100, (unsigned)most);
  CHECK(answer.bytes == 5 + most && u32(answer.payload + 1) == 100 && memcmp(answer.payload + 5, data, most) == 0);
  CHECK(u32(crc_space(SLOT, 101, 500).payload) == host_crc32(data + 1, 500));
  CHECK(u32(crc_space(SLOT, TH_SLOT_BYTES, 0).payload) == 0);
  answer = write_space(SLOT, TH_SLOT_BYTES, data, 0);
  CHECK(answer.type == (WRITE | 0x80));
  check_error(write_space(SLOT, TH_SLOT_BYTES, data, 1), WRITE, 3);
  check_error(write_space(SLOT, UINT32_MAX, data, 16), WRITE, 3);
  check_error(read_space(SLOT, 0, (unsigned)most + 1), READ, 3);
  check_error(read_space(SLOT, TH_SLOT_BYTES - 1, 2), READ, 3);
  check_error(crc_space(SLOT, 1, UINT32_MAX), CRC, 3);
  check_error(write_space(4, 0, data, 1), WRITE, 3);
  check_error(write_space(INPUT, 0, data, 1), WRITE, 7);
  check_error(read_space(OUTPUT, 0, 1), READ, 7);
  check_error(write_space(EVENTS, 0, data, 1), WRITE, 4);
  check_error(ask(WRITE, data, 4), WRITE, 2);
  check_error(ask(READ, data, 6), READ, 2);
  check_error(ask(CRC, data, 10), CRC, 2);
  check_error(ask(0x7E, NULL, 0), 0x7E, 1);
  check_error(ask(0x90, NULL, 0), 0x90, 1);
}

static void load_sample(void) {
  const host_frame answer = host_load(blob, plan_sample(blob));
  CHECK(answer.type == (LOAD | 0x80) && answer.bytes == 56);
  CHECK(u32(answer.payload) == 48 && u32(answer.payload + 4) == 12 && u32(answer.payload + 8) == 12);
  CHECK(u16(answer.payload + 12) == 3 && u16(answer.payload + 14) == 2 && u16(answer.payload + 16) == 2);
  CHECK(u16(answer.payload + 18) == 0 && answer.payload[20] == 0xC0 && answer.payload[51] == 0xDF);
  CHECK(u32(answer.payload + 52) == 0); /* no state */
}

static void test_load(void) {
  const uint8_t none[4] = {0};
  const uint8_t too_long[4] = {1, 0, 1, 0};
  start();
  check_error(ask(LOAD, none, 4), LOAD, 7); /* nothing is linked in */
  check_error(ask(LOAD, too_long, 4), LOAD, 3);
  check_error(ask(LOAD, none, 3), LOAD, 2);
  const size_t bytes = plan_sample(blob);
  blob[bytes - 1] ^= 1;
  check_error(host_load(blob, bytes), LOAD, 5);
  CHECK(ask(STATUS, NULL, 0).payload[16] == 0);
  load_sample();
  CHECK(ask(STATUS, NULL, 0).payload[16] == 1);
  (void)write_space(SLOT, 60000, "x", 1); /* the plan runs in place: what was checked may have changed */
  CHECK(ask(STATUS, NULL, 0).payload[16] == 0);
  check_error(run(0, 1, 0), RUN, 7);
}

/* 48 bytes of activations and 2 x 16 of staging. */
static void test_arena_limits(void) {
  fake_arena_bytes = 48 + 32;
  start();
  load_sample();
  fake_arena_bytes = 48 + 31;
  start();
  check_error(host_load(blob, plan_sample(blob)), LOAD, 6);
  check_error(run(0, 1, 0), RUN, 7);
  fake_arena_bytes = 47;
  check_error(host_load(blob, plan_sample(blob)), LOAD, 6);
  fake_arena_bytes = TH_NATIVE_ARENA_BYTES;
}

static void test_run(void) {
  start();
  check_error(run(0, 1, 0), RUN, 7);
  load_sample();
  check_error(run(0, 0, 0), RUN, 3);
  check_error(run(0, 65, 0), RUN, 3);
  check_error(ask(RUN, "\0\0\1\0", 4), RUN, 2);
  (void)write_space(INPUT, 0, "\x0a", 1);
  check_error(write_space(INPUT, 12, "x", 1), WRITE, 3);
  check_error(write_space(OUTPUT, 0, "x", 1), WRITE, 4);
  const int repaints = fake_repaints;
  host_frame answer = run(3, 5, 0);
  CHECK(fake_repaints == repaints + 1);
  CHECK(answer.bytes == 8 + 5 * 8 && u16(answer.payload) == 5 && u16(answer.payload + 2) == 0 && u32(answer.payload + 4) == 0);
  for (int i = 0; i < 5; i++) {
    CHECK(u32(answer.payload + 8 + 8 * i) == FAKE_CYCLES_PER_READING && u32(answer.payload + 12 + 8 * i) == 0);
  }
  answer = read_space(OUTPUT, 0, 12);
  CHECK(memcmp(answer.payload + 5, "\x74\0\0\0\0\0\0\0\1\2\3\4", 12) == 0);
  CHECK(read_space(EVENTS, 0, 0).bytes == 5);
  check_error(read_space(EVENTS, 0, 1), READ, 3);
  answer = run(0, 64, 1);
  CHECK(answer.bytes == 8 + 64 * 8 && u16(answer.payload + 2) == 3);
  answer = read_space(EVENTS, 0, 24);
  for (unsigned i = 0; i < 3; i++) {
    CHECK(u16(answer.payload + 5 + 8 * i) == i && u16(answer.payload + 7 + 8 * i) == 0);
    CHECK(u32(answer.payload + 9 + 8 * i) == FAKE_CYCLES_PER_READING);
  }
}

/* More events than the ring holds: the newest 256, in order. */
/* State runs on from inference to inference, also through the warm-up, until it is reset or the model loaded again. */
static void test_state(void) {
  const uint8_t one[4] = {1};
  start();
  CHECK(host_load(blob, plan_running_sum(blob)).type == (LOAD | 0x80));
  (void)write_space(INPUT, 0, one, sizeof one);
  (void)run(0, 1, 0);
  CHECK(read_space(OUTPUT, 0, 8).payload[5] == 8);
  CHECK(memcmp(read_space(OUTPUT, 4, 4).payload + 5, "\x01\x02\x03\x04", 4) == 0);
  (void)run(3, 2, 0);
  CHECK(read_space(OUTPUT, 0, 8).payload[5] == 13);
  (void)run(1, 2, 2);
  CHECK(read_space(OUTPUT, 0, 8).payload[5] == 10);
  CHECK(u16(run(0, 1, 3).payload + 2) == 1); /* with layer events */
  CHECK(read_space(OUTPUT, 0, 8).payload[5] == 8);
  CHECK(host_load(blob, plan_running_sum(blob)).type == (LOAD | 0x80));
  (void)run(0, 1, 0);
  CHECK(read_space(OUTPUT, 0, 8).payload[5] == 7);
}

static void test_event_ring(void) {
  static const uint16_t steps[] = {1, 255, 256, 257, 600, 512, 700};
  for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
    start();
    const host_frame loaded = host_load(blob, plan_chain(blob, steps[k]));
    CHECK(host_error(&loaded) == 0);
    const host_frame ran = run(1, 2, 1);
    const unsigned kept = steps[k] < 256 ? steps[k] : 256;
    CHECK(u16(ran.payload + 2) == kept && u32(ran.payload + 4) == steps[k] - kept);
    for (unsigned i = 0; i < kept; i++) {
      CHECK(u16(read_space(EVENTS, 8 * i, 8).payload + 5) == steps[k] - kept + i);
    }
  }
}

/* Sends bytes and returns how many frames came back; the last one in *answer. */
static int replies(const uint8_t *wire, size_t bytes, host_frame *answer) {
  size_t sent_bytes;
  size_t used;
  int count = 0;
  host_send(wire, bytes);
  for (const uint8_t *sent = fake_take_sent(&sent_bytes); host_frame_decode(sent, sent_bytes, answer, &used); count++) {
    sent += used;
    sent_bytes -= used;
  }
  return count;
}

static void test_repetition(void) {
  uint8_t wire[64];
  host_frame first;
  host_frame again;
  start();
  load_sample();
  const size_t bytes = host_frame_encode(RUN, 5, "\0\0\1\0\0", 5, wire);
  const uint64_t before = board_cycles();
  CHECK(replies(wire, bytes, &first) == 1 && first.seq == 5);
  CHECK(replies(wire, bytes, &again) == 1);
  CHECK(again.bytes == first.bytes && memcmp(again.payload, first.payload, first.bytes) == 0);
  CHECK(board_cycles() - before == 3 * FAKE_CYCLES_PER_READING); /* ran once */
  (void)replies(wire, host_frame_encode(RUN, 5, "\0\0\2\0\0", 5, wire), &again); /* another payload: another request */
  CHECK(u16(again.payload) == 2);
  (void)replies(wire, host_frame_encode(RUN, 6, "\0\0\2\0\0", 5, wire), &again);
  CHECK(board_cycles() - before == (3 + 1 + 4 + 4) * FAKE_CYCLES_PER_READING);
  /* An error is repeated too. */
  const size_t bad = host_frame_encode(RUN, 7, "\0\0\0\0\0", 5, wire);
  CHECK(replies(wire, bad, &first) == 1 && replies(wire, bad, &again) == 1);
  CHECK(host_error(&first) == 3 && host_error(&again) == 3);
  /* A WRITE is done again. */
  const size_t put = host_frame_encode(WRITE, 8, "\1\0\0\0\0\x42", 6, wire);
  CHECK(replies(wire, put, &first) == 1);
  uint8_t other[64];
  CHECK(replies(other, host_frame_encode(WRITE, 9, "\1\0\0\0\0\x43", 6, other), &again) == 1);
  CHECK(replies(wire, put, &again) == 1 && again.seq == 8);
  CHECK(read_space(INPUT, 0, 1).payload[5] == 0x42);
}

static void test_damaged_frames(void) {
  uint8_t wire[128];
  host_frame answer;
  start();
  const size_t bytes = host_frame_encode(HELLO, 3, NULL, 0, wire);
  const uint32_t bad_before = u32(ask(STATUS, NULL, 0).payload + 8);
  CHECK(bad_before == 0);
  uint32_t bad = 0;
  for (size_t i = 2; i + 1 < bytes; i++) {
    for (int bit = 0; bit < 8; bit++) {
      uint8_t damaged[128];
      memcpy(damaged, wire, bytes);
      damaged[i] ^= (uint8_t)(1u << bit);
      CHECK(replies(damaged, bytes, &answer) == 0);
      bad++;
    }
  }
  CHECK(u32(ask(STATUS, NULL, 0).payload + 8) >= bad);
  CHECK(replies((const uint8_t *)"\0\xA5\0", 3, &answer) == 0);
  /* Cut short, then a whole one. */
  host_send(wire, bytes - 3);
  CHECK(replies(wire, bytes, &answer) == 1 && answer.seq == 3);
  /* Longer than any frame may be. */
  uint8_t big[HOST_FRAME_BYTES + 64];
  uint8_t payload[TH_MAX_PAYLOAD + 1] = {0};
  CHECK(replies(big, host_frame_encode(WRITE, 4, payload, sizeof payload, big), &answer) == 0);
  CHECK(replies(big, host_frame_encode(WRITE, 4, payload, sizeof payload - 1, big), &answer) == 1);
  /* Back to back, sharing nothing; and with text before and after. */
  host_send("nam", 3);
  CHECK(replies(wire, bytes, &answer) == 1);
  CHECK_TEXT(host_say("name"), "m-name-dut-[tinyhil]\r\nm-ready\r\n");
  CHECK(replies(wire, bytes, &answer) == 1);
}

static void test_status(void) {
  start();
  const host_frame status = ask(STATUS, NULL, 0);
  CHECK(status.bytes == 17);
  CHECK(u32(status.payload) == TH_STACK_BYTES && u32(status.payload + 4) == 1234);
  CHECK(u32(status.payload + 8) == 0 && u32(status.payload + 12) == 3 && status.payload[16] == 0);
  check_error(ask(STATUS, "x", 1), STATUS, 2);
}

static void test_reset(void) {
  uint8_t wire[64];
  host_frame answer;
  size_t bytes;
  size_t used;
  start();
  check_error(ask(RESET, "x", 1), RESET, 2);
  if (setjmp(fake_reset) == 0) {
    host_send(wire, host_frame_encode(RESET, 200, NULL, 0, wire));
    CHECK(!"the reset did not happen");
  }
  const uint8_t *sent = fake_take_sent(&bytes);
  CHECK(host_frame_decode(sent, bytes, &answer, &used));
  CHECK(answer.type == (RESET | 0x80) && answer.seq == 200 && answer.bytes == 0);
}

static void test_fault(void) {
  const th_fault fault = {6, 0x02000000, 0x40000000, 0xdeadbeef, 0x1234, 0x5678, 0x61000000, 0x20001000};
  host_frame frame;
  size_t bytes;
  size_t used;
  start();
  th_app_on_fault(&fault);
  const uint8_t *sent = fake_take_sent(&bytes);
  CHECK(host_frame_decode(sent, bytes, &frame, &used));
  CHECK(frame.type == 0xFE && frame.seq == 0 && frame.bytes == 32);
  CHECK(u32(frame.payload) == 6 && u32(frame.payload + 12) == 0xdeadbeef && u32(frame.payload + 28) == 0x20001000);
  CHECK(u32(frame.payload + 16) == 0x1234 && u32(frame.payload + 20) == 0x5678);
  CHECK_TEXT((const char *)sent + used, "\r\ne-[Fault: kind 6 pc 0x00001234 address 0xdeadbeef]\r\n");
}

int main(void) {
  test_hello();
  test_spaces();
  test_load();
  test_arena_limits();
  test_run();
  test_state();
  test_event_ring();
  test_repetition();
  test_damaged_frames();
  test_status();
  test_reset();
  test_fault();
  return 0;
}
