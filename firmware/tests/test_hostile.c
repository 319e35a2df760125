/* A host that sends rubbish: nothing crashes, nothing is sent without bound, and sense is understood right afterwards. */
#include <string.h>

#include "app/app.h"
#include "board_config.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/host.h"
#include "support/plans.h"

__attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];

static void check_alive(void) {
  size_t bytes;
  host_send("\0", 1);
  (void)fake_take_sent(&bytes);
  const host_frame hello = host_ask(0x01, (uint8_t)(1 + random_below(255)), NULL, 0);
  CHECK(hello.type == 0x81);
  CHECK_TEXT(host_say("name"), "m-name-dut-[tinyhil]\r\nm-ready\r\n");
}

/* What is answered is not looked at. */
static void feed(const uint8_t *data, size_t bytes) {
  size_t sent_bytes;
  if (setjmp(fake_reset) == 0) {
    host_send(data, bytes);
  } else {
    th_app_init();
  }
  (void)fake_take_sent(&sent_bytes);
}

static void test_noise(void) {
  uint8_t noise[3000];
  for (int round = 0; round < 300; round++) {
    const bool text = random_below(2) != 0;
    for (size_t i = 0; i < sizeof noise; i++) {
      noise[i] = (uint8_t)(text ? "dbload infer%%0123456789af\0\xA5"[random_below(29)] : (char)random_u32());
    }
    /* An endless number of inferences is a fair request; do not make it by chance. */
    for (size_t i = 0; i + 1 < sizeof noise; i++) {
      if (noise[i] == 'i') {
        noise[i] = 'j';
      }
    }
    feed(noise, sizeof noise);
    check_alive();
  }
}

/* Sound frames with any type and payload, a model loaded half of the time. */
static void test_any_request(void) {
  static const uint8_t types[] = {0x01, 0x10, 0x11, 0x12, 0x20, 0x21, 0x22, 0x23, 0x00, 0x81, 0xFF};
  static const uint32_t numbers[] = {0, 1, 4, 11, 12, 13, 64, 65, 255, 1019, 1020, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};
  for (int round = 0; round < 30000; round++) {
    uint8_t payload[64];
    uint8_t wire[128];
    if (round % 50 == 0) {
      (void)host_load(blob, plan_sample(blob));
    }
    for (size_t i = 0; i < sizeof payload; i++) {
      payload[i] = (uint8_t)random_u32();
    }
    const uint8_t type = types[random_below(sizeof types)];
    payload[0] = (uint8_t)random_below(5);
    for (size_t at = type == 0x20 ? 0 : 1; at < 12; at += 4) {
      const uint32_t number = numbers[random_below(sizeof numbers / sizeof numbers[0])];
      memcpy(payload + at, &number, sizeof number);
    }
    if (type == 0x21) {
      payload[1] = 0; /* up to 4 warm-ups only */
    }
    static const uint8_t lengths[] = {0, 4, 5, 7, 9, 20};
    feed(wire, host_frame_encode(type, (uint8_t)random_u32(), payload, lengths[random_below(sizeof lengths)], wire));
    if (round % 20 == 0) {
      check_alive();
    }
  }
}

/* Unsound plans the whole way: uploaded, loaded, run, read. */
static void test_hostile_plans(void) {
  int loaded = 0;
  for (int round = 0; round < 5000; round++) {
    const size_t bytes = plan_sample(blob);
    for (uint32_t n = 1 + random_below(3); n > 0; n--) {
      const size_t at = 20 + 4 * random_below((uint32_t)(bytes - 20) / 4);
      const uint32_t value = random_below(2) != 0 ? random_u32() >> random_below(32) : random_below(64) * 4;
      memcpy(blob + at, &value, sizeof value);
    }
    plan_seal(blob, bytes);
    const host_frame answer = host_load(blob, bytes);
    loaded += host_error(&answer) == 0;
    const host_frame ran = host_ask(0x21, (uint8_t)(1 + random_below(255)), "\1\0\2\0\1", 5);
    CHECK((host_error(&ran) == 0) == (host_error(&answer) == 0));
    (void)host_ask(0x11, (uint8_t)(1 + random_below(255)), "\2\0\0\0\0\1\0", 7);
    (void)host_say("infer 1 0");
    (void)host_say("profile");
  }
  CHECK(loaded > 100 && loaded < 5000);
  check_alive();
}

int main(void) {
  size_t bytes;
  th_app_init();
  (void)fake_take_sent(&bytes);
  test_noise();
  test_any_request();
  test_hostile_plans();
  return 0;
}
