/* DebugLog of TFLite Micro (tensorflow/lite/micro/debug_log.h), without stdio. */
#include "engines/tflm/tflm_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LINE_BYTES = 96, DIGITS = 20 };

static struct {
  char text[LINE_BYTES];
  size_t length;
  bool ended;
} line;

void DebugLog(const char *format, va_list args);
int DebugVsnprintf(char *buffer, size_t buffer_bytes, const char *format, va_list args);

void th_tflm_log_clear(void) { memset(&line, 0, sizeof line); }

const char *th_tflm_log_text(void) { return line.text; }

static void put(char c) {
  if (c == '\r' || c == '\n') {
    line.ended = line.ended || line.length > 0;
  } else if (!line.ended && line.length + 1 < sizeof line.text) {
    line.text[line.length++] = c >= ' ' && c <= '~' ? c : '?';
  }
}

static void put_text(const char *text) {
  for (text = text != NULL ? text : "(null)"; *text != '\0'; text++) {
    put(*text);
  }
}

static void put_number(uint64_t value, uint32_t base) {
  char digits[DIGITS];
  size_t count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (count > 0) {
    put(digits[--count]);
  }
}

static void put_signed(int64_t value) {
  if (value < 0) {
    put('-');
  }
  put_number(value < 0 ? 0u - (uint64_t)value : (uint64_t)value, 10);
}

/* The whole part is enough to tell what is wrong. */
static void put_real(double value) {
  if (!(value > -1e18 && value < 1e18)) {
    put('?');
  } else {
    put_signed((int64_t)value);
  }
}

/* The conversions of printf; flags, widths and precisions are passed over. */
void DebugLog(const char *format, va_list args) {
  for (; *format != '\0'; format++) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    int longs = 0;
    for (format++; *format != '\0' && strchr("-+ #0123456789.hlzjt", *format) != NULL; format++) {
      longs += *format == 'l' ? 1 : (*format == 'z' || *format == 'j' || *format == 't') ? 1 : 0;
    }
    switch (*format) {
      case 'd':
      case 'i':
        put_signed(longs > 1 ? va_arg(args, long long) : longs ? va_arg(args, long) : va_arg(args, int));
        break;
      case 'u':
      case 'x':
      case 'X':
        put_number(longs > 1 ? va_arg(args, unsigned long long) : longs ? va_arg(args, unsigned long) : va_arg(args, unsigned),
                   *format == 'u' ? 10 : 16);
        break;
      case 'p':
        put_number((uintptr_t)va_arg(args, void *), 16);
        break;
      case 'c':
        put((char)va_arg(args, int));
        break;
      case 's':
        put_text(va_arg(args, const char *));
        break;
      case 'e':
      case 'f':
      case 'g':
        put_real(va_arg(args, double));
        break;
      case '\0':
        return;
      default:
        put(*format);
        break;
    }
  }
}

/* Only TFLite Micro's own profilers and printers ask for this; none of them is used. */
int DebugVsnprintf(char *buffer, size_t buffer_bytes, const char *format, va_list args) {
  (void)format;
  (void)args;
  if (buffer_bytes > 0) {
    buffer[0] = '\0';
  }
  return 0;
}
