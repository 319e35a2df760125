/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "params.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HEADER[] = "tinyhil-timing 1";

typedef struct {
  const char *key; /* points into `text` */
  uint32_t value;
  bool known;
} entry;

struct tm_params {
  char *text; /* the whole file; every key in it ends in a NUL */
  entry *entries;
  size_t count, room;
};

typedef struct {
  char *text;
  size_t bytes; /* a NUL follows them */
} contents;

static bool fail(char *error, size_t error_bytes, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, error_bytes, format, arguments);
  va_end(arguments);
  return false;
}

/* The whole file; text is NULL, and errno says why, where that fails. */
static contents read_all(const char *path) {
  contents all = {NULL, 0};
  size_t room = 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return all;
  }
  for (;;) {
    if (room - all.bytes < 2) {
      room = room ? 2 * room : 4096;
      char *larger = realloc(all.text, room);
      if (larger == NULL) {
        break;
      }
      all.text = larger;
    }
    errno = 0;
    const size_t got = fread(all.text + all.bytes, 1, room - all.bytes - 1, file);
    all.bytes += got;
    if (got == 0) {
      if (ferror(file)) {
        break;
      }
      fclose(file);
      all.text[all.bytes] = '\0';
      return all;
    }
  }
  const int cause = errno ? errno : ENOMEM;
  free(all.text);
  fclose(file);
  errno = cause;
  return (contents){NULL, 0};
}

static bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* Decimal digits up to the line's end, without superfluous zeros: one number has one spelling. */
static bool parse_value(const char *text, uint32_t *value) {
  uint64_t sum = 0;
  if (*text == '\0' || (text[0] == '0' && text[1] != '\0')) {
    return false;
  }
  for (; *text; text++) {
    if (*text < '0' || *text > '9') {
      return false;
    }
    sum = 10 * sum + (uint64_t)(*text - '0');
    if (sum > UINT32_MAX) {
      return false;
    }
  }
  *value = (uint32_t)sum;
  return true;
}

static entry *find(const tm_params *params, const char *key) {
  for (size_t i = 0; i < params->count; i++) {
    if (strcmp(params->entries[i].key, key) == 0) {
      return &params->entries[i];
    }
  }
  return NULL;
}

/* `line` ends in a NUL. */
static bool parse_line(tm_params *params, char *line, unsigned number, char *error, size_t error_bytes) {
  char *end = line;
  while (is_key_character(*end)) {
    end++;
  }
  if (end == line || *end != ' ') {
    return fail(error, error_bytes, "line %u: not `key value`: %.60s", number, line);
  }
  *end = '\0';
  uint32_t value;
  if (!parse_value(end + 1, &value)) {
    return fail(error, error_bytes, "line %u: %.60s is not a number from 0 to 4294967295: %.40s", number, line, end + 1);
  }
  if (find(params, line) != NULL) {
    return fail(error, error_bytes, "line %u: %.60s is given twice", number, line);
  }
  if (params->count == params->room) {
    const size_t room = params->room ? 2 * params->room : 64;
    entry *larger = realloc(params->entries, room * sizeof *larger);
    if (larger == NULL) {
      return fail(error, error_bytes, "out of memory");
    }
    params->entries = larger;
    params->room = room;
  }
  params->entries[params->count++] = (entry){line, value, false};
  return true;
}

static bool parse(tm_params *params, size_t bytes, char *error, size_t error_bytes) {
  char *line = params->text;
  char *const end = line + bytes;
  for (unsigned number = 1; line < end || number == 1; number++) {
    char *newline = memchr(line, '\n', (size_t)(end - line));
    if (newline != NULL) {
      *newline = '\0';
    }
    if (number == 1 && strcmp(line, HEADER) != 0) {
      return fail(error, error_bytes, "first line is not `%s`: %.60s", HEADER, line);
    }
    if (newline == NULL) {
      return fail(error, error_bytes, "line %u: cut off, no newline at its end", number);
    }
    if (strlen(line) != (size_t)(newline - line)) {
      return fail(error, error_bytes, "line %u: holds a NUL", number);
    }
    if (number > 1 && !parse_line(params, line, number, error, error_bytes)) {
      return false;
    }
    line = newline + 1;
  }
  return true;
}

tm_params *tm_params_read(const char *path, char *error, size_t error_bytes) {
  tm_params *params = calloc(1, sizeof *params);
  if (params == NULL) {
    fail(error, error_bytes, "%s: out of memory", path);
    return NULL;
  }
  const contents all = read_all(path);
  params->text = all.text;
  char problem[256] = "";
  if (all.text == NULL) {
    fail(error, error_bytes, "%s: %s", path, strerror(errno));
  } else if (parse(params, all.bytes, problem, sizeof problem)) {
    return params;
  } else {
    fail(error, error_bytes, "%s: %s", path, problem);
  }
  tm_params_free(params);
  return NULL;
}

void tm_params_free(tm_params *params) {
  if (params != NULL) {
    free(params->entries);
    free(params->text);
    free(params);
  }
}

uint32_t tm_params_get(tm_params *params, const char *key, uint32_t otherwise) {
  entry *found = find(params, key);
  if (found == NULL) {
    return otherwise;
  }
  found->known = true;
  return found->value;
}

bool tm_params_has(tm_params *params, const char *key) {
  return find(params, key) != NULL;
}

const char *tm_params_unknown(const tm_params *params) {
  for (size_t i = 0; i < params->count; i++) {
    if (!params->entries[i].known) {
      return params->entries[i].key;
    }
  }
  return NULL;
}
