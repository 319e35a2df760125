/* Random mutations of a target's sound inputs, for any compiler: random_TARGET [COUNT [SEED]].
 * random_TARGET --seeds FOLDER writes the sound inputs as files, for libFuzzer to begin with. */
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "support/check.h"

enum { MOST_SEEDS = 64, MOST_CHANGES = 6 };

static uint8_t seeds[MOST_SEEDS][FUZZ_MAX_BYTES];
static size_t seed_bytes[MOST_SEEDS];
static unsigned seed_count;

static uint32_t interesting(void) {
  static const uint32_t values[] = {0, 1, 4, 16, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
  const uint32_t choice = random_below(sizeof values / sizeof values[0] + 3);
  return choice < sizeof values / sizeof values[0] ? values[choice] : random_u32() >> random_below(32);
}

/* Replaces the span [at, at + old) by `new` bytes of `source`; leaves it when there is no room. */
static size_t replace(uint8_t *data, size_t bytes, size_t at, size_t old, const uint8_t *source, size_t new) {
  if (bytes - old + new > FUZZ_MAX_BYTES) {
    return bytes;
  }
  memmove(data + at + new, data + at + old, bytes - at - old);
  memcpy(data + at, source, new);
  return bytes - old + new;
}

static size_t change(uint8_t *data, size_t bytes) {
  const size_t at = random_below((uint32_t)bytes);
  const size_t left = bytes - at;
  const size_t span = 1 + random_below((uint32_t)(left < 32 ? left : 32));
  const uint32_t value = interesting();
  const unsigned other = random_below(seed_count);
  switch (random_below(7)) {
    case 0:
      data[at] ^= (uint8_t)(1u << random_below(8));
      return bytes;
    case 1:
      data[at] = (uint8_t)value;
      return bytes;
    case 2:
      memcpy(data + at, &value, left < 4 ? left : 4);
      return bytes;
    case 3:
      return bytes > span ? replace(data, bytes, at, span, data, 0) : bytes;
    case 4: {
      uint8_t copy[32];
      memcpy(copy, data + at, span);
      return replace(data, bytes, random_below((uint32_t)bytes), 0, copy, span);
    }
    case 5: {
      const size_t from = random_below((uint32_t)seed_bytes[other]);
      const size_t rest = seed_bytes[other] - from;
      return replace(data, bytes, at, 0, seeds[other] + from, rest < 64 ? rest : 64);
    }
    default:
      return random_below(8) == 0 ? at + 1 : bytes; /* cut off */
  }
}

static int write_seeds(const char *folder) {
  for (unsigned i = 0; i < seed_count; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/seed-%02u", folder, i);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(seeds[i], 1, seed_bytes[i], file) == seed_bytes[i]);
    CHECK(fclose(file) == 0);
  }
  return 0;
}

int main(int argc, char **argv) {
  static uint8_t data[FUZZ_MAX_BYTES];
  while (seed_count < MOST_SEEDS && (seed_bytes[seed_count] = fuzz_seed(seed_count, seeds[seed_count])) > 0) {
    seed_count++;
  }
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
    return write_seeds(argv[2]);
  }
  const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
  for (unsigned long skip = argc > 2 ? 1000 * strtoul(argv[2], NULL, 10) : 0; skip > 0; skip--) {
    (void)random_u32();
  }
  const clock_t begin = clock();
  for (unsigned i = 0; i < seed_count; i++) {
    (void)LLVMFuzzerTestOneInput(seeds[i], seed_bytes[i]);
  }
  for (unsigned long i = 0; i < count; i++) {
    const unsigned from = random_below(4) != 0 ? seed_count - 1 : random_below(seed_count);
    size_t bytes = seed_bytes[from];
    memcpy(data, seeds[from], bytes);
    for (uint32_t n = 1 + random_below(MOST_CHANGES); n > 0; n--) {
      bytes = change(data, bytes);
    }
    (void)LLVMFuzzerTestOneInput(data, bytes);
  }
  const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
  printf("%lu inputs, %.0f per second\n", count, (double)count / (seconds > 0 ? seconds : 1));
  return 0;
}
