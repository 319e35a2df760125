/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FPv4-SP, FPv5 with half and double precision, and their loads, stores and transfers.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.3.7 and the pages of the instructions.
 * Coprocessor 9 is half, 10 single, 11 double precision. M-profile has D0 to D15 only: others are undefined. */
#include "decode_rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { HALF = 1, SINGLE = 2, DOUBLE = 3 }; /* bits 9 and 8 */

static const tm_insn UNDEFINED = {.bytes = 4, .class_ = TM_undefined};

/* Data processing in any precision: bits 9 and 8 are not looked at. */
static const tm_row ROWS[] = {
    {0xffb00c10, 0xee000800, "w1 l1 r2 r3", TM_fp_mac, 0, 0}, /* VMLA, VMLS */
    {0xffb00c10, 0xee100800, "w1 l1 r2 r3", TM_fp_mac, 0, 0}, /* VNMLA, VNMLS */
    {0xffb00c10, 0xee200800, "w1 r2 r3", TM_fp_mul, 0, 0},    /* VMUL, VNMUL */
    {0xffb00c10, 0xee300800, "w1 r2 r3", TM_fp_add, 0, 0},    /* VADD, VSUB */
    {0xffb00c50, 0xee800800, "w1 r2 r3", TM_fp_div, 0, 0},
    {0xffb00c10, 0xee900800, "w1 l1 r2 r3", TM_fp_mac, 0, 0}, /* VFNMA, VFNMS */
    {0xffb00c10, 0xeea00800, "w1 l1 r2 r3", TM_fp_mac, 0, 0}, /* VFMA, VFMS */
    {0xffb00c50, 0xeeb00800, "w1", TM_fp_move, 0, 0},         /* VMOV immediate */
    {0xffbf0cd0, 0xeeb008c0, "w1 r3", TM_fp_move, 0, 0},      /* VABS */
    {0xffbf0cd0, 0xeeb10840, "w1 r3", TM_fp_move, 0, 0},      /* VNEG */
    {0xffbf0cd0, 0xeeb108c0, "w1 r3", TM_fp_sqrt, 0, 0},
    {0xffbf0c50, 0xeeb40840, "wc r1 r3", TM_fp_compare, 0, 0},
    {0xffbf0c50, 0xeeb50840, "wc r1", TM_fp_compare, 0, 0},   /* with 0 */
    {0xffbf0c50, 0xeeb60840, "w1 r3", TM_fp_convert, 0, 0},   /* VRINTR, VRINTZ */
    {0xffbf0cd0, 0xeeb70840, "w1 r3", TM_fp_convert, 0, 0},   /* VRINTX */
    {0xffbf0c50, 0xeeb80840, "w1 rC", TM_fp_convert, 0, 0},   /* VCVT from integer */
    {0xffba0c50, 0xeeba0840, "w1 r1", TM_fp_convert, 0, 0},   /* VCVT from and to fixed point */
    {0xffbe0c50, 0xeebc0840, "wA r3", TM_fp_convert, 0, 0},   /* VCVT, VCVTR to integer */
    {0xff800c50, 0xfe000800, "w1 r2 r3 rf", TM_fp_move, 0, 0},/* VSEL */
    {0xffb00c10, 0xfe800800, "w1 r2 r3", TM_fp_move, 0, 0},   /* VMAXNM, VMINNM */
    {0xffbc0cd0, 0xfeb80840, "w1 r3", TM_fp_convert, 0, 0},   /* VRINTA, N, P, M */
    {0xffbc0c50, 0xfebc0840, "wA r3", TM_fp_convert, 0, 0},   /* VCVTA, N, P, M */
};

/* In some precisions only. */
static const tm_row FIXED_ROWS[] = {
    {0xffbf0fd0, 0xeeb00a40, "wA rC", TM_fp_move, 0, 0},       /* VMOV */
    {0xffbf0fd0, 0xeeb00b40, "wE rG", TM_fp64_other, 0, 0},    /* VMOV */
    {0xffbf0f50, 0xeeb20a40, "wA rC", TM_fp_convert, 0, 0},    /* VCVTB, VCVTT from half */
    {0xffbf0f50, 0xeeb20b40, "wE rC", TM_fp64_other, 0, 0},
    {0xffbf0f50, 0xeeb30a40, "wA rA rC", TM_fp_convert, 0, 0}, /* to half, one of two in the register */
    {0xffbf0f50, 0xeeb30b40, "wA rA rG", TM_fp64_other, 0, 0},
    {0xffbf0fd0, 0xeeb70ac0, "wE rC", TM_fp64_other, 0, 0},    /* VCVT.F64.F32 */
    {0xffbf0fd0, 0xeeb70bc0, "wA rG", TM_fp64_other, 0, 0},    /* VCVT.F32.F64 */
    {0xffbf0fd0, 0xfeb00a40, "wA rC", TM_fp_move, 0, 0},       /* VMOVX */
    {0xffbf0fd0, 0xfeb00ac0, "wA rA rC", TM_fp_move, 0, 0},    /* VINS */
};

/* To and from core registers. */
static const tm_row TRANSFERS[] = {
    {0xfff00f10, 0xee000910, "wB rt", TM_fp_transfer, 0, 0},    /* VMOV.F16 */
    {0xfff00f10, 0xee100910, "wt rB", TM_fp_transfer, 0, 0},
    {0xfff00f10, 0xee000a10, "wB rt", TM_fp_transfer, 0, 0},    /* VMOV */
    {0xfff00f10, 0xee100a10, "wt rB", TM_fp_transfer, 0, 0},
    {0xfff00fd0, 0xec400b10, "wG rt rn", TM_fp_transfer, 0, 0}, /* VMOV of a double */
    {0xfff00fd0, 0xec500b10, "wt wn rG", TM_fp_transfer, 0, 0},
    {0xffff0f10, 0xeee10a10, "wc rt", TM_fp_transfer, 0, 0},    /* VMSR FPSCR */
    {0xffff0f10, 0xeee20a10, "wc rt", TM_fp_transfer, 0, 0},    /* FPSCR_nzcvqc */
    {0xffff0f10, 0xeeec0a10, "wv rt", TM_mve_predicate, 0, 0},  /* VPR */
    {0xffff0f10, 0xeeed0a10, "wv rt", TM_mve_predicate, 0, 0},  /* P0 */
    {0xfffe0f10, 0xeeee0a10, "rt", TM_fp_transfer, 0, 0},       /* FPCXT */
    {0xffffff10, 0xeef1fa10, "wf rc", TM_fp_transfer, 0, 0}, /* VMRS APSR_nzcv, FPSCR */
    {0xffff0f10, 0xeef10a10, "wt rc", TM_fp_transfer, 0, 0},
    {0xffff0f10, 0xeef20a10, "wt rc", TM_fp_transfer, 0, 0},
    {0xffff0f10, 0xeefc0a10, "wt rv", TM_mve_predicate, 0, 0},
    {0xffff0f10, 0xeefd0a10, "wt rv", TM_mve_predicate, 0, 0},
    {0xfffe0f10, 0xeefe0a10, "wt", TM_fp_transfer, 0, 0},
};

static uint8_t in_double(unsigned class_) {
  switch (class_) {
    case TM_fp_add:
      return TM_fp64_add;
    case TM_fp_mul:
      return TM_fp64_mul;
    case TM_fp_mac:
      return TM_fp64_mac;
    case TM_fp_div:
      return TM_fp64_div;
    case TM_fp_sqrt:
      return TM_fp64_sqrt;
    default:
      return TM_fp64_other;
  }
}

/* Whether a row names a double register from D16 on. */
static int names_high_double(const char *operands, uint32_t word) {
  const int doubles = tm_bits(word, 8, 2) == DOUBLE;
  for (const char *at = operands; *at != '\0'; ++at) {
    if ((*at == 'E' || (*at == '1' && doubles)) && word & (1U << 22)) {
      return 1;
    }
    if ((*at == 'F' || (*at == '2' && doubles)) && word & (1U << 7)) {
      return 1;
    }
    if ((*at == 'G' || (*at == '3' && doubles)) && word & (1U << 5)) {
      return 1;
    }
  }
  return 0;
}

static unsigned register_at(uint32_t word, unsigned field, unsigned bit, int is_double) {
  return is_double ? (tm_bits(word, field, 4) | tm_bits(word, bit, 1) << 4) * 2
                   : (tm_bits(word, field, 4) << 1 | tm_bits(word, bit, 1));
}

/* VMOV between two core and two single registers. */
static tm_insn move_pair(uint32_t word) {
  tm_insn insn = {.bytes = 4, .class_ = TM_fp_transfer};
  const uint64_t pair = tm_s_registers(register_at(word, 0, 5, 0), 2);
  if (word & (1U << 20)) {
    tm_add_operands(&insn, "wt wn", word);
    insn.reads |= pair;
  } else {
    tm_add_operands(&insn, "rt rn", word);
    insn.writes |= pair;
  }
  return insn;
}

/* VMOV of one half of a double. */
static tm_insn move_half_of_double(uint32_t word) {
  tm_insn insn = {.bytes = 4, .class_ = TM_fp_transfer};
  const uint64_t half = tm_s_registers(tm_bits(word, 16, 4) * 2 + tm_bits(word, 21, 1), 1);
  if (word & (1U << 20)) {
    tm_add_operands(&insn, "wt", word);
    insn.reads |= half;
  } else {
    tm_add_operands(&insn, "rt", word);
    insn.writes |= half;
  }
  return insn;
}

/* VLLDM, VLSTM: all registers and FPSCR, VPR. */
static tm_insn lazy(uint32_t word) {
  const int load = (word & (1U << 20)) != 0;
  tm_insn insn = {.bytes = 4, .count = 32, .access = 4};
  const uint64_t all = tm_s_registers(0, 32) | TM_APSR | TM_VPR;
  insn.class_ = (uint8_t)(load ? TM_fp_load_multiple : TM_fp_store_multiple);
  tm_add_operands(&insn, "an", word);
  insn.writes |= load ? all : 0;
  insn.late |= load ? 0 : all;
  return insn;
}

/* First half 1110110, coprocessors 9 to 11. Bits 24, 23, 21, 20: before the access, add, write back, load. */
static tm_insn load_store(uint32_t word) {
  const unsigned precision = tm_bits(word, 8, 2), words = tm_bits(word, 0, 8);
  const int before = (word & (1U << 24)) != 0, add = (word & (1U << 23)) != 0, back = (word & (1U << 21)) != 0;
  const int load = (word & (1U << 20)) != 0, is_double = precision == DOUBLE;
  const unsigned first = register_at(word, 12, 22, is_double);
  tm_insn insn = {.bytes = 4, .access = (uint8_t)(precision == HALF ? 2 : 4)};
  if (before && !back) { /* VLDR, VSTR */
    if (is_double && first > 31) {
      return UNDEFINED;
    }
    insn.class_ = (uint8_t)(load ? TM_fp_load : TM_fp_store);
    insn.count = (uint8_t)(is_double ? 2 : 1);
  } else if (precision == HALF || before == add) {
    return UNDEFINED;
  } else if (load && tm_bits(word, 16, 4) == 15 && add && !back) { /* VSCCLRM */
    insn.class_ = TM_system;
    insn.access = 0;
    insn.count = (uint8_t)(words & (is_double ? 0xfeU : 0xffU));
    insn.writes = tm_s_registers(first, insn.count) | TM_VPR;
    return insn;
  } else {
    insn.class_ = (uint8_t)(load ? TM_fp_load_multiple : TM_fp_store_multiple);
    insn.count = (uint8_t)(words & (is_double ? 0xfeU : 0xffU)); /* odd in FLDMX, FSTMX */
    if (back) {
      insn.flags |= TM_WRITEBACK;
      tm_add_operands(&insn, "wn", word);
    }
  }
  tm_add_operands(&insn, "an", word);
  const uint64_t registers = tm_s_registers(first, insn.count);
  insn.writes |= load ? registers : 0;
  insn.late |= load ? 0 : registers;
  return insn;
}

/* VLDR, VSTR of FPSCR, VPR, P0, FPCXT (Armv8.1-M): number in bits 22, 15 to 13. */
static tm_insn load_store_system(uint32_t word) {
  const unsigned number = tm_bits(word, 22, 1) << 3 | tm_bits(word, 13, 3);
  const int before = (word & (1U << 24)) != 0, back = (word & (1U << 21)) != 0, load = (word & (1U << 20)) != 0;
  const uint64_t special = number == 1 || number == 2 ? TM_APSR : number == 12 || number == 13 ? TM_VPR : 0;
  tm_insn insn = {.bytes = 4, .access = 4, .count = 1};
  if ((!before && !back) || (special == 0 && number < 14)) {
    return UNDEFINED;
  }
  insn.class_ = (uint8_t)(load ? TM_fp_load : TM_fp_store);
  insn.writes = load ? special : 0;
  insn.late = load ? 0 : special;
  if (back) {
    insn.flags |= TM_WRITEBACK;
    tm_add_operands(&insn, "wn", word);
  }
  tm_add_operands(&insn, "an", word);
  return insn;
}

static tm_insn data_processing(uint32_t word) {
  const tm_row *row = tm_find_row(FIXED_ROWS, COUNT(FIXED_ROWS), word);
  const int any = row == NULL;
  if (any) {
    row = tm_find_row(ROWS, COUNT(ROWS), word);
  }
  if (row == NULL || names_high_double(row->operands, word)) {
    return UNDEFINED;
  }
  tm_insn insn = tm_from_row(row, word, 4);
  if (any && tm_bits(word, 8, 2) == DOUBLE) {
    insn.class_ = in_double(row->class_);
  }
  return insn;
}

tm_insn tm_decode_fp(uint32_t word) {
  const unsigned coprocessor = tm_bits(word, 8, 4), group = word >> 25;
  if ((word & 0xfe001f80U) == 0xec000f80) {
    return load_store_system(word);
  }
  if (coprocessor < 9 || coprocessor > 11) {
    return UNDEFINED;
  }
  if ((word & 0xffe0ff7fU) == 0xec200a00) {
    return lazy(word);
  }
  if ((word & 0xffe00fd0U) == 0xec400a10) {
    return move_pair(word);
  }
  if ((word & 0xffc00ff0U) == 0xee000b10) {
    return move_half_of_double(word);
  }
  const tm_row *row = tm_find_row(TRANSFERS, COUNT(TRANSFERS), word);
  if (row != NULL) {
    return names_high_double(row->operands, word) ? UNDEFINED : tm_from_row(row, word, 4);
  }
  if (group == 0x76) {
    return load_store(word);
  }
  return word & 0x10U ? UNDEFINED : data_processing(word);
}
