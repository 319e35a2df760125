/* The text language, against the replies of the MLCommons reference. */
#include <string.h>

#include "app/app.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/host.h"
#include "support/plans.h"

#define READY "m-ready\r\n"

static void start(void) {
  size_t bytes;
  (void)fake_take_sent(&bytes);
  th_app_init();
  CHECK_TEXT((const char *)fake_take_sent(&bytes), "m-init-done\r\n" READY);
}

static void load_sample(void) {
  __attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];
  const host_frame answer = host_load(blob, plan_sample(blob));
  CHECK(host_error(&answer) == 0);
}

static void test_without_model(void) {
  start();
  CHECK_TEXT(host_say("name"), "m-name-dut-[tinyhil]\r\n" READY);
  CHECK_TEXT(host_say("profile"), "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[none]\r\n" READY);
  CHECK_TEXT(host_say("infer 1 1"), "e-[No model loaded]\r\n" READY);
  CHECK_TEXT(host_say("results"), "e-[No model loaded]\r\n" READY);
  CHECK_TEXT(host_say("db load 1"), "Supplied buffer size 1 exceeds maximum of 0\n" READY);
  CHECK_TEXT(host_say("db 00"), "e-[No bytes expected, use 'db load']\r\n" READY);
  CHECK_TEXT(host_say("db print"), READY);
  CHECK(strstr(host_say("help"), "infer N") != NULL);
}

static void test_bad_commands(void) {
  char long_command[400];
  start();
  CHECK_TEXT(host_say("nonsense 1"), "e-[Unknown command: nonsense]\r\n" READY);
  CHECK_TEXT(host_say("names"), "e-[Unknown command: names]\r\n" READY);
  CHECK_TEXT(host_say(""), "e-[Unknown command: ]\r\n" READY);
  CHECK_TEXT(host_say("   "), "e-[Unknown command: ]\r\n" READY);
  CHECK_TEXT(host_say("\x01\xff[\r\n"), "e-[Unknown command: ??[??]\r\n" READY);
  CHECK_TEXT(host_say("\r\n\nname"), "m-name-dut-[tinyhil]\r\n" READY);
  CHECK_TEXT(host_say("  name  "), "m-name-dut-[tinyhil]\r\n" READY);
  CHECK_TEXT(host_say("db"), "e-[Command 'db' requires a subcommand]\r\n" READY);
  CHECK_TEXT(host_say("db load"), "e-[Command 'db load' requires the # of bytes]\r\n" READY);
  CHECK_TEXT(host_say("db load 0"), "e-[Command 'db load' must be >0 bytes]\r\n" READY);
  CHECK_TEXT(host_say("db load x"), "e-[Command 'db load' must be >0 bytes]\r\n" READY);
  CHECK_TEXT(host_say("db load 99999999999999"), "Supplied buffer size 2147483647 exceeds maximum of 0\n" READY);
  CHECK_TEXT(host_say("infer 0"), "e-[Inference iterations must be >0]\r\n" READY);
  CHECK_TEXT(host_say("infer -3 1"), "e-[Inference iterations must be >0]\r\n" READY);
  CHECK_TEXT(host_say("infer 1 -1"), "e-[Inference warmup must be >=0]\r\n" READY);
  memset(long_command, 'a', sizeof long_command);
  long_command[255] = '\0';
  CHECK(strstr(host_say(long_command), "e-[Unknown command: aaa") != NULL);
  long_command[255] = 'a';
  long_command[256] = '\0';
  CHECK_TEXT(host_say(long_command), "e-[Command too long]\r\n" READY);
  long_command[256] = 'a';
  long_command[399] = '\0';
  CHECK_TEXT(host_say(long_command), "e-[Command too long]\r\n" READY);
  CHECK_TEXT(host_say("name"), "m-name-dut-[tinyhil]\r\n" READY);
}

static void test_buffer(void) {
  start();
  load_sample(); /* 12 bytes of input */
  CHECK_TEXT(host_say("db load 13"), "Supplied buffer size 13 exceeds maximum of 12\n" READY);
  CHECK_TEXT(host_say("db load 10"), "m-[Expecting 10 bytes]\r\n" READY);
  CHECK_TEXT(host_say("db 000"), "e-[Insufficent number of hex digits]\r\n" READY);
  CHECK_TEXT(host_say("db 0g"), "e-[Invalid hex digit '0g']\r\n" READY);
  CHECK_TEXT(host_say("db 000102030405"), READY);
  CHECK_TEXT(host_say("db A0bCfFe1dddd"), "m-load-done\r\n" READY);
  CHECK_TEXT(host_say("db 00"), "e-[No bytes expected, use 'db load']\r\n" READY);
  CHECK_TEXT(host_say("db print"), "m-buffer-00-01-02-03-04-05-a0-bc\r\nm-buffer-ff-e1\r\n\r\n" READY);
  const uint8_t read_input[7] = {1, 0, 0, 0, 0, 12, 0};
  const host_frame input = host_ask(0x11, 9, read_input, sizeof read_input);
  CHECK(memcmp(input.payload + 5, "\x00\x01\x02\x03\x04\x05\xa0\xbc\xff\xe1\x00\x00", 12) == 0);
  CHECK_TEXT(host_say("db load 8"), "m-[Expecting 8 bytes]\r\n" READY);
  CHECK_TEXT(host_say("db 0706050403020100"), "m-load-done\r\n" READY);
  CHECK_TEXT(host_say("db print"), "m-buffer-07-06-05-04-03-02-01-00\r\n" READY);
}

static void test_infer(void) {
  char expected[256];
  unsigned long begin;
  unsigned long end;
  start();
  load_sample();
  CHECK(strstr(host_say("profile"), "m-model-[sample]\r\n") != NULL);
  (void)host_say("db load 12");
  (void)host_say("db 0a0000000000000000000000");
  const char *reply = host_say("infer 3 2");
  const char *lap = strstr(reply, "m-lap-us-");
  CHECK(lap != NULL && sscanf(lap, "m-lap-us-%lu\r\nm-lap-us-%lu\r\n", &begin, &end) == 2 && end >= begin);
  snprintf(expected, sizeof expected,
           "m-warmup-start-2\r\nm-warmup-done\r\nm-infer-start-3\r\nm-lap-us-%lu\r\nm-lap-us-%lu\r\nm-infer-done\r\n"
           "m-results-[58.500,0.500,0.500,0.500,0.500,0.500,0.500,0.500,1.000,2.000,3.000,4.000]\r\n" READY,
           begin, end);
  CHECK_TEXT(reply, expected);
  CHECK_TEXT(host_say("results"),
             "m-results-[58.500,0.500,0.500,0.500,0.500,0.500,0.500,0.500,1.000,2.000,3.000,4.000]\r\n" READY);
  CHECK(strstr(host_say("infer"), "m-warmup-start-10\r\nm-warmup-done\r\nm-infer-start-1\r\n") != NULL);
}

/* 25 MHz: 25 cycles are a microsecond. The fake clock moves 7 cycles with every reading, and far ahead in between. */
static void test_timestamp(void) {
  unsigned long long last = 0;
  start();
  for (int i = 0; i < 1000; i++) {
    unsigned long long now;
    CHECK(sscanf(host_say("timestamp"), "m-lap-us-%llu\r\nm-ready\r\n", &now) == 1);
    CHECK(now >= last);
    last = now;
  }
  CHECK(last >= 1000 * FAKE_CYCLES_PER_READING / 25);
}

/* A zero byte drops a command begun; frames pass between two commands. */
static void test_zero_byte(void) {
  size_t bytes;
  start();
  host_send("db load 1\0name%", 15);
  CHECK_TEXT((const char *)fake_take_sent(&bytes), "m-name-dut-[tinyhil]\r\n" READY);
  host_send("\xA5x", 2); /* not after a zero: text */
  CHECK_TEXT(host_say("y"), "e-[Unknown command: ?xy]\r\n" READY);
}

int main(void) {
  test_without_model();
  test_bad_commands();
  test_buffer();
  test_infer();
  test_timestamp();
  test_zero_byte();
  return 0;
}
