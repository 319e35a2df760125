/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes all 16-bit encodings and COUNT of 32 bits; fails at the first result that breaks a promise of decode.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

static const char *broken(const tm_insn *insn, unsigned bytes) {
  const uint16_t memory = TM_REGISTER_OFFSET | TM_WRITEBACK;
  if (insn->bytes != bytes) {
    return "bytes";
  }
  if (insn->class_ >= TM_CLASS_COUNT) {
    return "class";
  }
  if (insn->access != 0 && insn->access != 1 && insn->access != 2 && insn->access != 4) {
    return "access";
  }
  if (insn->class_ == TM_undefined &&
      (insn->flags || insn->writes || insn->address || insn->reads || insn->late || insn->count || insn->access)) {
    return "an undefined instruction with an effect";
  }
  if (insn->flags & memory && insn->access == 0) {
    return "an address without an access";
  }
  if (insn->access != 0 && insn->address == 0 && insn->class_ != TM_load && insn->class_ != TM_store &&
      insn->class_ != TM_load_exclusive && insn->class_ != TM_store_exclusive && insn->class_ != TM_atomic) {
    return "an access without an address"; /* RISC-V may address from x0 */
  }
  if (insn->flags & TM_WRITEBACK && (insn->writes & insn->address) == 0) {
    return "a write-back that writes no base";
  }
  if (insn->flags & (TM_CONDITIONAL | TM_INDIRECT | TM_CALL) && !(insn->flags & TM_BRANCHES)) {
    return "the kind of a branch without a branch";
  }
  if (insn->flags & TM_SETS_FLAGS && !(insn->writes & TM_APSR)) {
    return "flags that are not written";
  }
  if (insn->mark != TM_NO_MARK && insn->class_ != TM_nop) {
    return "a mark that does something";
  }
  return NULL;
}

static void check(const char *isa, uint32_t word, tm_insn insn, unsigned bytes) {
  const char *what = broken(&insn, bytes);
  if (what != NULL) {
    printf("%s %08" PRIx32 ", %s: %s\n", isa, word, tm_class_name((tm_class)insn.class_), what);
    exit(1);
  }
}

int main(int argc, char **argv) {
  const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
  uint32_t state = 1;
  for (uint32_t word = 0; word < 0x10000; ++word) {
    if (!tm_thumb_is_32_bit((uint16_t)word)) {
      check("thumb", word, tm_decode_thumb((uint16_t)word, 0xffff), 2);
    }
    if ((word & 3) != 3) {
      const tm_insn insn = tm_decode_rv32(word);
      const tm_insn same = tm_decode_rv32(word | 0xabcd0000);
      check("rv32", word, insn, 2);
      if (memcmp(&insn, &same, sizeof insn) != 0) {
        printf("rv32 %08" PRIx32 ": the upper half counts\n", word);
        return 1;
      }
    }
  }
  for (long i = 0; i < count; ++i) {
    state ^= state << 13; /* xorshift32 (Marsaglia 2003) */
    state ^= state >> 17;
    state ^= state << 5;
    const uint16_t first = (uint16_t)(0xe800 + (state >> 16) % 0x1800);
    check("thumb", (uint32_t)first << 16 | (state & 0xffff), tm_decode_thumb(first, (uint16_t)state), 4);
    check("rv32", state | 3, tm_decode_rv32(state | 3), 4);
  }
  return 0;
}
