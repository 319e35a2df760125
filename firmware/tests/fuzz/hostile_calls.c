/* Hostile calls of a kernel set: whatever a kernel's check lets through stays within operands of exactly the sizes that
 * the check still lets through, whatever they contain, and ends. ASan watches.
 *
 *   hostile_calls ROUNDS SEED < calls
 *
 * Per call, little endian: opcode, operand count, number of the first scratch operand (or the count), bytes of the
 * parameters: u32 each; the parameters; per operand its bytes (0: absent) and how many of them follow (0, or all). Each
 * call is sound; ROUNDS changed ones are made of it. On stdout a line per call: opcode, how many changed ones ran. */
#include <sanitizer/common_interface_defs.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "support/check.h"

enum { MAX_PARAM_WORDS = 64, MOST_BYTES = 2048, LIMIT_S = 20 };

typedef struct {
  uint32_t opcode, count, scratch, param_bytes;
  int32_t params[MAX_PARAM_WORDS];
  uint32_t bytes[TH_PLAN_MAX_OPERANDS];
  uint32_t refs[TH_PLAN_MAX_OPERANDS]; /* only their alignment counts */
  const uint8_t *content[TH_PLAN_MAX_OPERANDS];
  uint32_t content_bytes[TH_PLAN_MAX_OPERANDS];
} call;

static call current;

static void say_current(void) {
  fprintf(stderr, "opcode %u, params", current.opcode);
  for (uint32_t i = 0; i < current.param_bytes / 4; i++) fprintf(stderr, " %d", current.params[i]);
  fprintf(stderr, ", operand bytes");
  for (uint32_t i = 0; i < current.count; i++) fprintf(stderr, " %u", current.bytes[i]);
  fprintf(stderr, "\n");
}

static const th_kernel *find(uint32_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; kernel++) {
    if (kernel->opcode == opcode) return kernel;
  }
  return NULL;
}

static bool fits(const call *c, const th_kernel *kernel) {
  th_operand operands[TH_PLAN_MAX_OPERANDS];
  for (uint32_t i = 0; i < c->count; i++) {
    if (c->bytes[i] == 0 && !(kernel->optional_operands >> i & 1)) return false;
    /* Apart from one another, as if in an arena of their own. */
    operands[i] = (th_operand){c->bytes[i] == 0 ? TH_REF_NONE : (i << 24) + c->refs[i], c->bytes[i]};
  }
  return kernel->check == NULL || kernel->check(c->params, operands);
}

/* As small as the check lets every operand be; one that may be absent and could be stays. */
static void tighten(call *c, const th_kernel *kernel) {
  for (uint32_t i = 0; i < c->count; i++) {
    uint32_t refused = 0, taken = c->bytes[i];
    if (taken == 0) continue;
    while (taken - refused > 1) {
      c->bytes[i] = refused + (taken - refused) / 2;
      if (fits(c, kernel)) {
        taken = c->bytes[i];
      } else {
        refused = c->bytes[i];
      }
    }
    c->bytes[i] = taken;
  }
}

static void run(const call *c, const th_kernel *kernel) {
  void *memory[TH_PLAN_MAX_OPERANDS] = {NULL};
  void *operands[TH_PLAN_MAX_OPERANDS] = {NULL};
  uint8_t *params = malloc(c->param_bytes);
  CHECK(params != NULL);
  memcpy(params, c->params, c->param_bytes);
  for (uint32_t i = 0; i < c->count; i++) {
    if (c->bytes[i] == 0) continue;
    const uint32_t shift = c->refs[i] % 16;
    memory[i] = malloc(shift + c->bytes[i]); /* ends where the operand ends */
    CHECK(memory[i] != NULL);
    uint8_t *data = (uint8_t *)memory[i] + shift;
    const bool given = random_below(2) != 0;
    for (uint32_t b = 0; b < c->bytes[i]; b++) {
      data[b] = given && b < c->content_bytes[i] ? c->content[i][b] : (uint8_t)random_u32();
    }
    operands[i] = data;
  }
  alarm(LIMIT_S);
  kernel->run(params, operands);
  alarm(0);
  for (uint32_t i = 0; i < c->count; i++) free(memory[i]);
  free(params);
}

static int32_t interesting(void) {
  static const int32_t values[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 255, 4096, 16383, 16384, 32767, 65535, 65536,
                                   1 << 24, 1 << 28, 1 << 30, INT32_MAX, -1, -2, -31, -128, INT32_MIN};
  const uint32_t count = sizeof values / sizeof *values;
  const uint32_t choice = random_below(count + 6);
  return choice < count ? values[choice] : (int32_t)(random_u32() >> random_below(32));
}

static void change(call *c) {
  const uint32_t what = random_below(8);
  if (what == 0) {
    const uint32_t i = random_below(c->count);
    c->bytes[i] = random_below(4) == 0 ? 0 : random_below(MOST_BYTES);
  } else if (what == 1) {
    /* Any address that a plan can name. */
    const uint32_t i = random_below(c->count);
    if (i != c->scratch) c->refs[i] = 4 * random_below(4); /* pointers in scratch memory are larger here */
  } else {
    int32_t *field = &c->params[random_below(c->param_bytes / 4)];
    const uint32_t kind = random_below(3);
    *field = kind == 0 ? interesting() : (int32_t)((uint32_t)*field + (kind == 1 ? 1u : UINT32_MAX));
  }
}

/* More room, for parameters that ask for more. */
static void enlarge(call *c) {
  for (uint32_t i = 0; i < c->count; i++) {
    if (c->bytes[i] != 0 && c->bytes[i] < MOST_BYTES) c->bytes[i] = MOST_BYTES;
  }
}

static uint32_t word(void) {
  uint32_t value;
  CHECK(fread(&value, sizeof value, 1, stdin) == 1);
  return value;
}

static bool read_call(call *c) {
  memset(c, 0, sizeof *c);
  if (fread(&c->opcode, sizeof c->opcode, 1, stdin) != 1) return false;
  c->count = word();
  c->scratch = word();
  c->param_bytes = word();
  CHECK(c->count <= TH_PLAN_MAX_OPERANDS && c->param_bytes <= sizeof c->params && c->param_bytes % 4 == 0);
  CHECK(fread(c->params, 1, c->param_bytes, stdin) == c->param_bytes);
  for (uint32_t i = 0; i < c->count; i++) {
    c->bytes[i] = word();
    c->content_bytes[i] = word();
    uint8_t *content = malloc(c->content_bytes[i] + 1);
    CHECK(content != NULL && fread(content, 1, c->content_bytes[i], stdin) == c->content_bytes[i]);
    c->content[i] = content;
  }
  return true;
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  const uint32_t rounds = (uint32_t)strtoul(argv[1], NULL, 10);
  for (unsigned long skip = 1000 * strtoul(argv[2], NULL, 10); skip > 0; skip--) (void)random_u32();
  __sanitizer_set_death_callback(say_current);
  call sound;
  while (read_call(&sound)) {
    const th_kernel *kernel = find(sound.opcode);
    uint32_t ran = 0;
    CHECK(kernel != NULL && kernel->operand_count == sound.count && kernel->param_bytes == sound.param_bytes);
    CHECK(fits(&sound, kernel));
    for (uint32_t round = 0; round < rounds; round++) {
      current = sound;
      for (uint32_t n = round == 0 ? 0 : 1 + random_below(3); n > 0; n--) change(&current);
      if (!fits(&current, kernel)) enlarge(&current);
      if (!fits(&current, kernel)) continue;
      tighten(&current, kernel);
      run(&current, kernel);
      ran++;
    }
    printf("%u %u\n", sound.opcode, ran);
    CHECK(fflush(stdout) == 0);
    for (uint32_t i = 0; i < sound.count; i++) free((void *)(uintptr_t)sound.content[i]);
  }
  return 0;
}
