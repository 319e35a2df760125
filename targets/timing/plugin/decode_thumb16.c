/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 16-bit Thumb instructions of Armv6-M to Armv8.1-M, and the entry of the Thumb decoder.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.2. */
#include "decode_rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define INDIRECT (TM_BRANCHES | TM_INDIRECT)

/* Bits that should be zero are not looked at. */
static const tm_row ROWS[] = {
    {0xffc0, 0x0000, "wx ry wf", TM_alu, 0, 0},     /* MOV: LSL by 0 */
    {0xfc00, 0x1800, "wx ry rz wf", TM_alu, 0, 0},  /* ADD, SUB */
    {0xfc00, 0x1c00, "wx ry wf", TM_alu_imm, 0, 0}, /* ADD, SUB */
    {0xe000, 0x0000, "wx ry wf", TM_shift, 0, 0},   /* LSL, LSR, ASR */
    {0xf800, 0x2000, "wh wf", TM_alu_imm, 0, 0},    /* MOV */
    {0xf800, 0x2800, "rh wf", TM_alu_imm, 0, 0},    /* CMP */
    {0xf000, 0x3000, "wh rh wf", TM_alu_imm, 0, 0}, /* ADD, SUB */
    {0xff80, 0x4000, "wx rx ry wf", TM_alu, 0, 0},  /* AND, EOR */
    {0xffc0, 0x4080, "wx rx ry wf", TM_shift, 0, TM_BY_REGISTER},
    {0xffc0, 0x40c0, "wx rx ry wf", TM_shift, 0, TM_BY_REGISTER},
    {0xffc0, 0x4100, "wx rx ry wf", TM_shift, 0, TM_BY_REGISTER},
    {0xffc0, 0x4140, "wx rx ry rf wf", TM_alu, 0, 0}, /* ADC */
    {0xffc0, 0x4180, "wx rx ry rf wf", TM_alu, 0, 0}, /* SBC */
    {0xffc0, 0x41c0, "wx rx ry wf", TM_shift, 0, TM_BY_REGISTER},
    {0xffc0, 0x4200, "rx ry wf", TM_alu, 0, 0},     /* TST */
    {0xffc0, 0x4240, "wx ry wf", TM_alu_imm, 0, 0}, /* RSB from 0 */
    {0xff80, 0x4280, "rx ry wf", TM_alu, 0, 0},     /* CMP, CMN */
    {0xffc0, 0x4300, "wx rx ry wf", TM_alu, 0, 0},  /* ORR */
    {0xffc0, 0x4340, "wx rx ry wf", TM_mul, 0, 0},
    {0xffc0, 0x4380, "wx rx ry wf", TM_alu, 0, 0},               /* BIC */
    {0xffc0, 0x43c0, "wx ry wf", TM_alu, 0, 0},                  /* MVN */
    {0xff87, 0x4487, "wD aD aH", TM_branch_reg, 0, INDIRECT},    /* ADD PC */
    {0xff00, 0x4400, "wD rD rH", TM_alu, 0, 0},                  /* ADD */
    {0xff00, 0x4500, "rD rH wf", TM_alu, 0, 0},                  /* CMP */
    {0xff87, 0x4687, "wD aH", TM_branch_reg, 0, INDIRECT},       /* MOV PC */
    {0xff00, 0x4600, "wD rH", TM_alu, 0, 0},                     /* MOV */
    {0xff80, 0x4700, "aH", TM_branch_reg, 0, INDIRECT},          /* BX, BXNS */
    {0xff80, 0x4780, "aH wq", TM_branch_link_reg, 0, INDIRECT | TM_CALL}, /* BLX, BLXNS */
    {0xf800, 0x4800, "wh ap", TM_load_literal, 4, 0},
    {0xfe00, 0x5000, "lx ay az", TM_store, 4, TM_REGISTER_OFFSET},
    {0xfe00, 0x5200, "lx ay az", TM_store, 2, TM_REGISTER_OFFSET},
    {0xfe00, 0x5400, "lx ay az", TM_store, 1, TM_REGISTER_OFFSET},
    {0xfe00, 0x5600, "wx ay az", TM_load, 1, TM_REGISTER_OFFSET}, /* LDRSB */
    {0xfe00, 0x5800, "wx ay az", TM_load, 4, TM_REGISTER_OFFSET},
    {0xfe00, 0x5a00, "wx ay az", TM_load, 2, TM_REGISTER_OFFSET},
    {0xfe00, 0x5c00, "wx ay az", TM_load, 1, TM_REGISTER_OFFSET},
    {0xfe00, 0x5e00, "wx ay az", TM_load, 2, TM_REGISTER_OFFSET}, /* LDRSH */
    {0xf800, 0x6000, "lx ay", TM_store, 4, 0},
    {0xf800, 0x6800, "wx ay", TM_load, 4, 0},
    {0xf800, 0x7000, "lx ay", TM_store, 1, 0},
    {0xf800, 0x7800, "wx ay", TM_load, 1, 0},
    {0xf800, 0x8000, "lx ay", TM_store, 2, 0},
    {0xf800, 0x8800, "wx ay", TM_load, 2, 0},
    {0xf800, 0x9000, "lh ak", TM_store, 4, 0},
    {0xf800, 0x9800, "wh ak", TM_load, 4, 0},
    {0xf800, 0xa000, "wh rp", TM_alu_imm, 0, 0},                                 /* ADR */
    {0xf800, 0xa800, "wh rk", TM_alu_imm, 0, 0},                                 /* ADD from SP */
    {0xff00, 0xb000, "wk rk", TM_alu_imm, 0, 0},                                 /* ADD, SUB to SP */
    {0xf500, 0xb100, "rx", TM_compare_branch, 0, TM_BRANCHES | TM_CONDITIONAL},  /* CBZ, CBNZ */
    {0xff00, 0xb200, "wx ry", TM_extend, 0, 0},
    {0xfe00, 0xb400, "ak wk", TM_store_multiple, 4, TM_WRITEBACK}, /* PUSH */
    {0xfe00, 0xbc00, "ak wk", TM_load_multiple, 4, TM_WRITEBACK},  /* POP */
    {0xffe0, 0xb660, "", TM_system, 0, 0},                         /* CPS */
    {0xffc0, 0xba80, "", TM_trap, 0, 0},                           /* HLT */
    {0xff00, 0xba00, "wx ry", TM_bits, 0, 0},                      /* REV, REV16, REVSH */
    {0xff00, 0xbe00, "", TM_trap, 0, 0},                           /* BKPT */
    {0xff0f, 0xbf00, "", TM_nop, 0, 0},
    {0xff00, 0xbf00, "", TM_it, 0, 0},
    {0xf800, 0xc000, "ah wh", TM_store_multiple, 4, TM_WRITEBACK},
    {0xf800, 0xc800, "ah", TM_load_multiple, 4, 0},
    {0xfe00, 0xde00, "", TM_trap, 0, 0}, /* UDF, SVC */
    {0xf000, 0xd000, "rf", TM_branch_cond, 0, TM_BRANCHES | TM_CONDITIONAL},
    {0xf800, 0xe000, "", TM_branch, 0, TM_BRANCHES},
};

static unsigned ones(uint32_t bits) {
  unsigned count = 0;
  for (; bits != 0; bits &= bits - 1) {
    ++count;
  }
  return count;
}

/* PUSH, POP, STM, LDM: the registers of their list. */
static void add_list(tm_insn *insn, uint16_t word) {
  uint32_t list = word & 0xffU;
  if (word & 0x100U && word < 0xc000U) {
    list |= insn->class_ == TM_store_multiple ? TM_REG(14) : TM_REG(15);
  }
  insn->count = (uint8_t)ones(list);
  if (insn->class_ == TM_store_multiple) {
    insn->late |= list;
    return;
  }
  if (!(list & insn->address)) { /* LDM of its own base does not write back */
    insn->flags |= TM_WRITEBACK;
    insn->writes |= insn->address;
  }
  insn->writes |= list;
  if (list & TM_REG(15)) {
    insn->flags |= INDIRECT;
  }
}

tm_insn tm_decode_thumb16(uint16_t word) {
  tm_insn insn = tm_from_row(tm_find_row(ROWS, COUNT(ROWS), word), word, 2);
  if (insn.class_ == TM_store_multiple || insn.class_ == TM_load_multiple) {
    add_list(&insn, word);
  } else if (insn.class_ == TM_it) {
    insn.count = 4;
    for (unsigned mask = word; !(mask & 1U); mask >>= 1) {
      --insn.count;
    }
  } else if (insn.class_ == TM_nop) {
    const unsigned id = 0x40U + tm_bits(word, 4, 4);
    insn.mark = (uint8_t)(id >= TM_MARK_RESET ? id : TM_NO_MARK);
  }
  return insn;
}

int tm_thumb_is_32_bit(uint16_t first) {
  return first >= 0xe800;
}

tm_insn tm_decode_thumb(uint16_t first, uint16_t second) {
  return tm_thumb_is_32_bit(first) ? tm_decode_thumb32((uint32_t)first << 16 | second) : tm_decode_thumb16(first);
}
