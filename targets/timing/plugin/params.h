/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of the timing model: a text file of `key value` lines, made by targets/timing/parameters.py from the TOML of
 * core and target. The first line is `tinyhil-timing 1`; values are unsigned decimal numbers; keys are unique. */
#ifndef TINYHIL_TIMING_PARAMS_H
#define TINYHIL_TIMING_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tm_params tm_params;

/* Reads a file; NULL and a message in `error` (of `error_bytes`) when it cannot be read or is malformed. */
tm_params *tm_params_read(const char *path, char *error, size_t error_bytes);
void tm_params_free(tm_params *params);
/* The value of `key`, or `otherwise` where there is none. Marks the key as known. */
uint32_t tm_params_get(tm_params *params, const char *key, uint32_t otherwise);
bool tm_params_has(tm_params *params, const char *key);
/* A key that nobody asked for, or NULL: a parameter that does nothing is an error. */
const char *tm_params_unknown(const tm_params *params);

#endif
