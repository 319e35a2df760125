#include "engines/timing/bench_list.h"

#include <string.h>

#include "engines/timing/bench.h"

static size_t put_char(uint8_t *out, size_t at, char c) {
  if (out != NULL) {
    out[at] = (uint8_t)c;
  }
  return at + 1;
}

static size_t put_number(uint8_t *out, size_t at, uint16_t value) {
  char digits[5];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) {
    at = put_char(out, at, digits[--count]);
  }
  return at;
}

size_t th_bench_list(uint8_t *out) {
  size_t at = 0;
  for (size_t i = 0; i < TH_BENCH_TABLES; i++) {
    for (const th_bench *bench = th_bench_tables[i].begin; bench < th_bench_tables[i].end; bench++) {
      for (const char *c = bench->name; *c != '\0'; c++) {
        at = put_char(out, at, *c);
      }
      at = put_char(out, at, ' ');
      at = put_number(out, at, bench->units);
      at = put_char(out, at, ' ');
      at = put_number(out, at, bench->kind);
      at = put_char(out, at, '\n');
    }
  }
  return at;
}
