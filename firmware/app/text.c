#include "app/text.h"

#include <stdbool.h>
#include <string.h>

#include "app/print.h"
#include "app/session.h"
#include "board/board.h"
#include "board_config.h"

#define FIRMWARE_VERSION "ULPMark for tinyML Firmware V0.0.1" /* the reference's; runners print it */

enum { LINE_BYTES = 256, BUFFER_BYTES_PER_LINE = 8, DEFAULT_WARMUP = 10 };

static struct {
  char line[LINE_BYTES];
  size_t length; /* may run past the buffer: the command is too long then */
} command;

/* The input staging as `db` fills it. */
static struct {
  size_t size;
  size_t position;
} buffer;

void th_text_init(void) {
  th_text_discard();
  memset(&buffer, 0, sizeof buffer);
  th_print("m-init-done\r\nm-ready\r\n");
}

void th_text_discard(void) { command.length = 0; }

/* The next token at *cursor, or NULL; tokens are parted by spaces, as strtok does. */
static char *next_token(char **cursor) {
  char *token = *cursor + strspn(*cursor, " ");
  if (*token == '\0') {
    *cursor = token;
    return NULL;
  }
  char *end = token + strcspn(token, " ");
  *cursor = *end == '\0' ? end : end + 1;
  *end = '\0';
  return token;
}

/* As atoi, but saturating. */
static int32_t to_number(const char *text) {
  const bool negative = *text == '-';
  int32_t value = 0;
  if (*text == '-' || *text == '+') {
    text++;
  }
  for (; *text >= '0' && *text <= '9'; text++) {
    const int32_t digit = *text - '0';
    value = value > (INT32_MAX - digit) / 10 ? INT32_MAX : 10 * value + digit;
  }
  return negative ? -value : value;
}

static void print_number(const char *before, uint64_t value, const char *after) {
  th_print(before);
  th_print_u64(value);
  th_print(after);
}

/* Echoes what was received, without letting it break the line. */
static void print_visible(const char *text) {
  for (; *text != '\0'; text++) {
    board_putc((uint8_t)(*text >= ' ' && *text <= '~' ? *text : '?'));
  }
}

static void print_lap(void) {
  const uint64_t cycles = board_cycles();
  const uint64_t us = cycles / TH_CLOCK_HZ * 1000000u + cycles % TH_CLOCK_HZ * 1000000u / TH_CLOCK_HZ;
  print_number("m-lap-us-", us, "\r\n");
}

/* Says so and returns false without a model. */
static bool model_loaded(void) {
  if (th_engine_info() == NULL) {
    th_print("e-[No model loaded]\r\n");
    return false;
  }
  return true;
}

static void print_results(void) {
  float value;
  th_print("m-results-[");
  for (size_t i = 0; th_engine_output_value(i, &value); i++) {
    if (i > 0) {
      th_print(",");
    }
    th_print_fixed3(value);
  }
  th_print("]\r\n");
}

static void profile(void) {
  const th_model_info *info = th_engine_info();
  th_print("m-profile-[" FIRMWARE_VERSION "]\r\nm-model-[");
  th_print(info != NULL ? info->model_name : "none");
  th_print("]\r\n");
}

static void help(void) {
  th_print(FIRMWARE_VERSION "\r\n\r\n"
           "help         : Print this information\r\n"
           "name         : Print the name of the device\r\n"
           "profile      : Print the firmware's version and the model's name\r\n"
           "timestamp    : Generate a timestamp\r\n"
           "db SUBCMD    : Manipulate the model's input\r\n"
           "  load N     : Expect N bytes\r\n"
           "  HH[HH]*    : Load 8-bit hex byte(s) until N bytes\r\n"
           "  print      : Print the bytes as hex\r\n"
           "infer N [W=10]: Execute N inferences after W warmup loops\r\n"
           "results      : Return the result fp32 vector\r\n");
}

static void db_load(const char *count) {
  th_space input;
  if (count == NULL) {
    th_print("e-[Command 'db load' requires the # of bytes]\r\n");
    return;
  }
  const size_t limit = th_session_space(TH_SPACE_INPUT, &input) == TH_OK ? input.bytes : 0;
  const int32_t size = to_number(count);
  buffer.size = 0;
  buffer.position = 0;
  if (size <= 0) {
    th_print("e-[Command 'db load' must be >0 bytes]\r\n");
  } else if ((size_t)size > limit) {
    print_number("Supplied buffer size ", (uint64_t)size, " exceeds maximum of ");
    print_number("", limit, "\n");
  } else {
    buffer.size = (size_t)size;
    print_number("m-[Expecting ", buffer.size, " bytes]\r\n");
  }
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

static void db_bytes(const char *digits) {
  th_space input;
  if (strlen(digits) % 2 != 0) {
    th_print("e-[Insufficent number of hex digits]\r\n"); /* the reference's spelling */
    return;
  }
  /* The model may have gone or changed since `db load`. */
  if (buffer.position == buffer.size || th_session_space(TH_SPACE_INPUT, &input) != TH_OK || buffer.size > input.bytes) {
    th_print("e-[No bytes expected, use 'db load']\r\n");
    return;
  }
  for (; *digits != '\0'; digits += 2) {
    const int high = hex_digit(digits[0]);
    const int low = hex_digit(digits[1]);
    if (high < 0 || low < 0) {
      th_print("e-[Invalid hex digit '");
      print_visible((const char[]){digits[0], digits[1], '\0'});
      th_print("']\r\n");
      return;
    }
    input.data[buffer.position++] = (uint8_t)(high << 4 | low);
    if (buffer.position == buffer.size) {
      th_print("m-load-done\r\n"); /* further digits are disregarded */
      return;
    }
  }
}

static void db_print(void) {
  th_space input;
  if (th_session_space(TH_SPACE_INPUT, &input) != TH_OK || buffer.size > input.bytes) {
    return;
  }
  for (size_t i = 0; i < buffer.size; i++) {
    if (i % BUFFER_BYTES_PER_LINE == 0) {
      th_print("m-buffer-");
    }
    th_print_hex8(input.data[i]);
    th_print((i + 1) % BUFFER_BYTES_PER_LINE == 0 || i + 1 == buffer.size ? "\r\n" : "-");
  }
  if (buffer.size % BUFFER_BYTES_PER_LINE != 0) {
    th_print("\r\n"); /* as the reference does */
  }
}

/* The C library's strcmp is for speed: 700 bytes on Cortex-M. */
static bool same(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

static void db(char *cursor) {
  char *what = next_token(&cursor);
  if (what == NULL) {
    th_print("e-[Command 'db' requires a subcommand]\r\n");
  } else if (same(what, "load")) {
    db_load(next_token(&cursor));
  } else if (same(what, "print")) {
    db_print();
  } else {
    db_bytes(what);
  }
}

/* The copying of the input into the arena is within the laps: the reference's rules time what stands between them. */
static void infer(char *cursor) {
  const char *iterations_text = next_token(&cursor);
  const char *warmup_text = iterations_text != NULL ? next_token(&cursor) : NULL;
  const int32_t iterations = iterations_text != NULL ? to_number(iterations_text) : 1;
  const int32_t warmup = warmup_text != NULL ? to_number(warmup_text) : DEFAULT_WARMUP;
  if (iterations <= 0) {
    th_print("e-[Inference iterations must be >0]\r\n");
    return;
  }
  if (warmup < 0) {
    th_print("e-[Inference warmup must be >=0]\r\n");
    return;
  }
  if (!model_loaded()) {
    return;
  }
  print_number("m-warmup-start-", (uint64_t)warmup, "\r\n");
  for (int32_t i = 0; i < warmup; i++) {
    (void)th_session_infer(false);
  }
  th_print("m-warmup-done\r\n");
  print_number("m-infer-start-", (uint64_t)iterations, "\r\n");
  print_lap();
  for (int32_t i = 0; i < iterations; i++) {
    (void)th_session_infer(false);
  }
  print_lap();
  th_print("m-infer-done\r\n");
  print_results();
}

static void carry_out(char *line) {
  char *cursor = line;
  char *word = next_token(&cursor);
  if (word == NULL) {
    word = cursor;
  }
  if (same(word, "name")) {
    th_print("m-name-dut-[tinyhil]\r\n");
  } else if (same(word, "timestamp")) {
    print_lap();
  } else if (same(word, "profile")) {
    profile();
  } else if (same(word, "help")) {
    help();
  } else if (same(word, "db")) {
    db(cursor);
  } else if (same(word, "infer")) {
    infer(cursor);
  } else if (same(word, "results")) {
    if (model_loaded()) {
      print_results();
    }
  } else {
    th_print("e-[Unknown command: ");
    print_visible(word);
    th_print("]\r\n");
  }
}

void th_text_byte(uint8_t byte) {
  if (byte == '%') {
    if (command.length < LINE_BYTES) {
      command.line[command.length] = '\0';
      carry_out(command.line);
    } else {
      th_print("e-[Command too long]\r\n");
    }
    command.length = 0;
    th_print("m-ready\r\n");
  } else if (command.length == 0 && (byte == '\r' || byte == '\n')) {
    return;
  } else if (command.length < LINE_BYTES) {
    if (command.length < LINE_BYTES - 1) {
      command.line[command.length] = (char)byte;
    }
    command.length++;
  }
}
