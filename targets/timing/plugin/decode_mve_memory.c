/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads and stores of MVE.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.3.5 (VLDR, VSTR, VLD2, VLD4, VST2, VST4).
 * Bits 24, 23, 21, 20: before the access, add, write back, load. An element of 64 bits is two accesses of 4 bytes. */
#include "decode_rows.h"

enum { BEFORE = 1 << 24, ADD = 1 << 23, BACK = 1 << 21, LOAD = 1 << 20, UNSIGNED = 1 << 28 };

static const tm_insn UNDEFINED = {.bytes = 4, .class_ = TM_undefined};

/* The vector is loaded or stored in elements of `element` bytes, `access` of each in memory; the base is there already. */
static tm_insn transfer(uint32_t word, tm_class load, tm_class store, unsigned element, unsigned access, const char *base) {
  const int loads = (word & LOAD) != 0;
  tm_insn insn = {.bytes = 4, .class_ = (uint8_t)(loads ? load : store)};
  insn.access = (uint8_t)(access > 4 ? 4 : access);
  insn.count = (uint8_t)(16 / (element > 4 ? 4 : element));
  tm_add_operands(&insn, base, word);
  tm_add_operands(&insn, loads ? "wI" : "lI", word);
  return insn;
}

static void write_back(tm_insn *insn, const char *base, uint32_t word) {
  if (word & BACK) {
    insn->flags |= TM_WRITEBACK;
    tm_add_operands(insn, base, word);
  }
}

/* From a core register on. Bit 12 set: elements as they are; clear: widened, narrowed, from R0 to R7. */
static tm_insn contiguous(uint32_t word) {
  const unsigned element = tm_bits(word, 7, 2), half = tm_bits(word, 19, 1);
  tm_insn insn;
  if (element == 3) {
    return UNDEFINED;
  }
  if (word & (1U << 12)) {
    if (word & UNSIGNED) {
      return UNDEFINED;
    }
    insn = transfer(word, TM_mve_load, TM_mve_store, 1U << element, 1U << element, "an");
    write_back(&insn, "wn", word);
    return insn;
  }
  if (element <= half || (word & UNSIGNED && !(word & LOAD))) {
    return UNDEFINED;
  }
  const uint32_t low = word & ~(1U << 19);
  insn = transfer(low, TM_mve_load, TM_mve_store, 1U << element, 1U << half, "an");
  write_back(&insn, "wn", low);
  return insn;
}

/* A core register and a vector of offsets. Bit 0: offsets are scaled; bits 8 and 7: element; 6 and 4: in memory. */
static tm_insn by_offsets(uint32_t word) {
  const unsigned element = tm_bits(word, 7, 2), memory = tm_bits(word, 6, 1) << 1 | tm_bits(word, 4, 1);
  const int load = (word & LOAD) != 0, is_unsigned = (word & UNSIGNED) != 0;
  if (memory > element || (element == 3 && memory != 3) || (memory == 0 && word & 1U) || word & (1U << 5)) {
    return UNDEFINED;
  }
  /* To be extended or not: a sign only where there is something to extend. */
  if (load ? (!is_unsigned && memory == element) : is_unsigned) {
    return UNDEFINED;
  }
  tm_insn insn = transfer(word, TM_mve_gather, TM_mve_scatter, 1U << element, 1U << memory, "an aK");
  insn.flags |= TM_REGISTER_OFFSET;
  return insn;
}

/* VLD20 to VLD43 and their stores: two or four vectors, part of each. */
static tm_insn interleaved(uint32_t word) {
  const unsigned element = tm_bits(word, 7, 2), first = tm_bits(word, 13, 3);
  const unsigned vectors = word & 1U ? 4 : 2;
  const int load = (word & LOAD) != 0;
  if (element == 3 || (vectors == 2 && word & (1U << 6)) || first + vectors > 8) {
    return UNDEFINED;
  }
  tm_insn insn = {.bytes = 4, .access = (uint8_t)(1U << element)};
  const uint64_t registers = tm_s_registers(first * 4, vectors * 4);
  insn.class_ = (uint8_t)(load ? TM_mve_deinterleave : TM_mve_interleave);
  tm_add_operands(&insn, "an", word);
  write_back(&insn, "wn", word);
  insn.writes |= load ? registers : 0;
  insn.reads |= load ? registers : 0; /* what is not loaded stays */
  insn.late |= load ? 0 : registers;
  return insn;
}

tm_insn tm_decode_mve_memory(uint32_t word) {
  const int indexed = (word & (BEFORE | BACK)) != 0;
  if ((word & 0xee400e00U) != 0xec000e00U) {
    return UNDEFINED;
  }
  if ((word & 0xffc01e1eU) == 0xfc801e00U) {
    return interleaved(word);
  }
  if ((word & 0xff411e80U) == 0xfd001e00U) { /* a vector of bases */
    tm_insn insn = transfer(word, TM_mve_gather, TM_mve_scatter, 4, 4, "aJ");
    write_back(&insn, "wJ", word);
    return insn;
  }
  if (indexed) {
    return contiguous(word);
  }
  if ((word & 0xefe01e00U) == 0xec800e00U) {
    return by_offsets(word);
  }
  return UNDEFINED;
}
