/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matching of rows and the meaning of their operands. */
#include "decode_rows.h"

const tm_row *tm_find_row(const tm_row *rows, size_t count, uint32_t word) {
  for (size_t i = 0; i < count; ++i) {
    if ((word & rows[i].mask) == rows[i].value) {
      return &rows[i];
    }
  }
  return NULL;
}

uint64_t tm_s_registers(unsigned first, unsigned count) {
  if (first > 31) {
    return 0;
  }
  if (count > 32 - first) {
    count = 32 - first;
  }
  return ((UINT64_C(1) << count) - 1) << (32 + first);
}

/* A four-bit field of an FP register with its fifth bit: below it for S, above it for D. */
static uint64_t single(uint32_t word, unsigned field, unsigned bit) {
  return tm_s_registers(tm_bits(word, field, 4) << 1 | tm_bits(word, bit, 1), 1);
}

static uint64_t double_(uint32_t word, unsigned field, unsigned bit) {
  return tm_s_registers((tm_bits(word, field, 4) | tm_bits(word, bit, 1) << 4) * 2, 2);
}

/* A Q register is named by the D register that it starts with; there are eight, so a fifth bit is zero or something else. */
static uint64_t quad(uint32_t word, unsigned field) {
  return tm_s_registers((tm_bits(word, field, 4) & 14U) * 2, 4);
}

static uint64_t field_mask(char field, uint32_t word) {
  switch (field) {
    case 'n':
      return TM_REG(tm_bits(word, 16, 4));
    case 'o':
      return TM_REG(tm_bits(word, 17, 3) << 1);
    case 'd':
      return TM_REG(tm_bits(word, 8, 4));
    case 't':
      return TM_REG(tm_bits(word, 12, 4));
    case 'm':
      return TM_REG(tm_bits(word, 0, 4));
    case 'x':
      return TM_REG(tm_bits(word, 0, 3));
    case 'y':
      return TM_REG(tm_bits(word, 3, 3));
    case 'z':
      return TM_REG(tm_bits(word, 6, 3));
    case 'h':
      return TM_REG(tm_bits(word, 8, 3));
    case 'H':
      return TM_REG(tm_bits(word, 3, 4));
    case 'D':
      return TM_REG(tm_bits(word, 0, 3) | tm_bits(word, 7, 1) << 3);
    case 'A':
      return single(word, 12, 22);
    case 'B':
      return single(word, 16, 7);
    case 'C':
      return single(word, 0, 5);
    case 'E':
      return double_(word, 12, 22);
    case 'F':
      return double_(word, 16, 7);
    case 'G':
      return double_(word, 0, 5);
    case '1':
      return tm_bits(word, 8, 2) == 3 ? double_(word, 12, 22) : single(word, 12, 22);
    case '2':
      return tm_bits(word, 8, 2) == 3 ? double_(word, 16, 7) : single(word, 16, 7);
    case '3':
      return tm_bits(word, 8, 2) == 3 ? double_(word, 0, 5) : single(word, 0, 5);
    case 'I':
      return quad(word, 12);
    case 'J':
      return quad(word, 16);
    case 'K':
      return quad(word, 0);
    case 'P':
      return word & (1U << 5) ? TM_REG(tm_bits(word, 13, 3) << 1) : 0;
    case 'R':
      return TM_REG(tm_bits(word, 13, 3) << 1);
    case 'U':
      return word & (1U << 5) ? TM_REG(tm_bits(word, 20, 3) << 1 | 1U) : 0;
    case 'S':
      return TM_REG(tm_bits(word, 20, 3) << 1 | 1U);
    case 'O':
      return TM_REG(tm_bits(word, 1, 3) << 1 | 1U);
    case 'N':
      return tm_bits(word, 16, 4) == 15 ? 0 : TM_REG(tm_bits(word, 16, 4));
    case 'Z':
      return tm_bits(word, 0, 4) == 15 ? 0 : TM_REG(tm_bits(word, 0, 4));
    case 's':
    case 'f':
    case 'c':
      return TM_APSR;
    case 'v':
      return TM_VPR;
    case 'p':
      return TM_REG(15);
    case 'k':
      return TM_REG(13);
    case 'q':
      return TM_REG(14);
    default:
      return 0;
  }
}

void tm_add_operands(tm_insn *insn, const char *operands, uint32_t word) {
  for (const char *at = operands; *at != '\0'; at += 2) {
    if (*at == ' ') {
      ++at;
    }
    const char role = at[0], field = at[1];
    if (field == 's' && !(word & (1U << 20))) {
      continue;
    }
    const uint64_t mask = field_mask(field, word);
    if (role == 'w') {
      insn->writes |= mask;
      if (field == 's' || field == 'f') {
        insn->flags |= TM_SETS_FLAGS;
      }
    } else if (role == 'a') {
      insn->address |= mask;
    } else if (role == 'l') {
      insn->late |= mask;
    } else {
      insn->reads |= mask;
    }
  }
}

tm_insn tm_from_row(const tm_row *row, uint32_t word, unsigned bytes) {
  tm_insn insn = {.bytes = (uint8_t)bytes, .class_ = TM_undefined};
  if (row != NULL) {
    insn.class_ = row->class_;
    insn.access = row->access;
    insn.flags = row->flags;
    tm_add_operands(&insn, row->operands, word);
  }
  return insn;
}
