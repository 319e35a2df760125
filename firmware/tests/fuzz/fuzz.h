/* What a fuzz target offers: to libFuzzer, and to the random mutator beside this file. */
#ifndef TINYHIL_FUZZ_H
#define TINYHIL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

enum { FUZZ_MAX_BYTES = 8192 };

/* Tries one input; ends the process on a finding. libFuzzer's entry point. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
/* Writes the sound input `number` to `out` (FUZZ_MAX_BYTES) and returns its length; 0 when there are no more. */
size_t fuzz_seed(unsigned number, uint8_t *out);

#endif
