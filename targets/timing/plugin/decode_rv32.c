/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RV32IMAC with Zicsr and Zifencei. Source: RISC-V Unprivileged ISA 20191213, chapters 2, 3, 7, 8, 9, 16, 24; MRET, SRET,
 * WFI and SFENCE.VMA of the Privileged ISA. */
#include "decode.h"

enum { RA = 1, SP = 2 };

static unsigned bits(uint32_t word, unsigned low, unsigned count) {
  return (word >> low) & ((1U << count) - 1U);
}

/* x0 is in no mask. */
static uint64_t reg(unsigned number) {
  return number == 0 ? 0 : TM_REG(number);
}

static void computes(tm_insn *insn, tm_class class_, unsigned rd, uint64_t reads) {
  insn->class_ = (uint8_t)(rd == 0 ? TM_nop : class_); /* results for x0 are hints */
  insn->writes = reg(rd);
  insn->reads = reads;
}

static void loads(tm_insn *insn, unsigned access, unsigned rd, unsigned rs1) {
  insn->class_ = TM_load;
  insn->access = (uint8_t)access;
  insn->writes = reg(rd);
  insn->address = reg(rs1);
}

static void stores(tm_insn *insn, unsigned access, unsigned rs2, unsigned rs1) {
  insn->class_ = TM_store;
  insn->access = (uint8_t)access;
  insn->late = reg(rs2);
  insn->address = reg(rs1);
}

static void branches(tm_insn *insn, uint64_t reads) {
  insn->class_ = TM_branch_cond;
  insn->flags = TM_BRANCHES | TM_CONDITIONAL;
  insn->reads = reads;
}

static void jumps(tm_insn *insn, unsigned rd) {
  insn->class_ = (uint8_t)(rd == 0 ? TM_branch : TM_branch_link);
  insn->flags = (uint16_t)(TM_BRANCHES | (rd == 0 ? 0 : TM_CALL));
  insn->writes = reg(rd);
}

static void jumps_to(tm_insn *insn, unsigned rd, unsigned rs1) {
  jumps(insn, rd);
  insn->class_ = (uint8_t)(rd == 0 ? TM_branch_reg : TM_branch_link_reg);
  insn->flags |= TM_INDIRECT;
  insn->address = reg(rs1);
}

static void immediate(tm_insn *insn, uint32_t word, unsigned rd, unsigned rs1) {
  const unsigned op = bits(word, 12, 3), high = bits(word, 25, 7);
  if (op == 1 || op == 5) {
    if (high == 0 || (op == 5 && high == 0x20)) {
      computes(insn, TM_shift, rd, reg(rs1));
    }
    return;
  }
  computes(insn, TM_alu_imm, rd, reg(rs1));
  const unsigned id = word >> 20;
  if (op == 2 && rd == 0 && rs1 == 0 && id >= 0x40 && id < 0xf0) {
    insn->mark = (uint8_t)id;
  }
}

static void registers(tm_insn *insn, uint32_t word, unsigned rd, uint64_t reads) {
  const unsigned op = bits(word, 12, 3), high = bits(word, 25, 7);
  if (high == 1) {
    insn->class_ = (uint8_t)(op == 0 ? TM_mul : op < 4 ? TM_mull : TM_div);
    insn->writes = reg(rd);
    insn->reads = reads;
  } else if (high == 0 || (high == 0x20 && (op == 0 || op == 5))) {
    computes(insn, op == 1 || op == 5 ? TM_shift : TM_alu, rd, reads);
    insn->flags = (uint16_t)(op == 1 || op == 5 ? TM_BY_REGISTER : 0);
  }
}

static void atomic(tm_insn *insn, uint32_t word, unsigned rd, unsigned rs1, unsigned rs2) {
  const unsigned op = bits(word, 27, 5);
  if (bits(word, 12, 3) != 2) {
    return;
  }
  if (op == 2) { /* LR */
    if (rs2 == 0) {
      loads(insn, 4, rd, rs1);
      insn->class_ = TM_load_exclusive;
    }
  } else if (op == 3) { /* SC */
    stores(insn, 4, rs2, rs1);
    insn->class_ = TM_store_exclusive;
    insn->writes = reg(rd);
  } else if (op == 1 || (op & 3U) == 0) { /* AMOSWAP; ADD, XOR, OR, AND, MIN, MAX, MINU, MAXU */
    insn->class_ = TM_atomic;
    insn->access = 4;
    insn->writes = reg(rd);
    insn->address = reg(rs1);
    insn->late = reg(rs2);
  }
}

static void system_(tm_insn *insn, uint32_t word, unsigned rd, unsigned rs1) {
  const unsigned op = bits(word, 12, 3);
  if (op != 0 && op != 4) { /* CSRRW, S, C; from 5 on with an immediate */
    insn->class_ = TM_system;
    insn->writes = reg(rd);
    insn->reads = op < 4 ? reg(rs1) : 0;
  } else if (word == 0x00000073 || word == 0x00100073) { /* ECALL, EBREAK */
    insn->class_ = TM_trap;
  } else if (word == 0x30200073 || word == 0x10200073) { /* MRET, SRET */
    insn->class_ = TM_system;
    insn->flags = TM_BRANCHES | TM_INDIRECT;
  } else if (word == 0x10500073) { /* WFI */
    insn->class_ = TM_system;
  } else if ((word & 0xfe007fffU) == 0x12000073) { /* SFENCE.VMA */
    insn->class_ = TM_barrier;
    insn->reads = reg(rs1) | reg(bits(word, 20, 5));
  }
}

static tm_insn full(uint32_t word) {
  tm_insn insn = {.bytes = 4, .class_ = TM_undefined};
  const unsigned rd = bits(word, 7, 5), op = bits(word, 12, 3), rs1 = bits(word, 15, 5), rs2 = bits(word, 20, 5);
  switch (bits(word, 2, 5)) {
    case 0: /* LOAD: LB, LH, LW, LBU, LHU */
      if (op != 3 && op < 6) {
        loads(&insn, 1U << (op & 3U), rd, rs1);
      }
      break;
    case 3: /* MISC-MEM: FENCE, FENCE.I */
      if (op < 2) {
        insn.class_ = TM_barrier;
      }
      break;
    case 4:
      immediate(&insn, word, rd, rs1);
      break;
    case 5: /* AUIPC */
    case 13: /* LUI */
      computes(&insn, TM_alu_imm, rd, 0);
      break;
    case 8:
      if (op < 3) {
        stores(&insn, 1U << op, rs2, rs1);
      }
      break;
    case 11:
      atomic(&insn, word, rd, rs1, rs2);
      break;
    case 12:
      registers(&insn, word, rd, reg(rs1) | reg(rs2));
      break;
    case 24:
      if (op != 2 && op != 3) {
        branches(&insn, reg(rs1) | reg(rs2));
      }
      break;
    case 25:
      if (op == 0) {
        jumps_to(&insn, rd, rs1);
      }
      break;
    case 27:
      jumps(&insn, rd);
      break;
    case 28:
      system_(&insn, word, rd, rs1);
      break;
    default:
      break;
  }
  return insn;
}

/* Quadrant 1, funct3 4: on registers x8 to x15 */
static void compressed_alu(tm_insn *insn, uint32_t word, unsigned rd) {
  const unsigned amount_high = bits(word, 12, 1);
  switch (bits(word, 10, 2)) {
    case 0: /* C.SRLI */
    case 1: /* C.SRAI */
      if (!amount_high) {
        computes(insn, TM_shift, rd, reg(rd));
      }
      break;
    case 2: /* C.ANDI */
      computes(insn, TM_alu_imm, rd, reg(rd));
      break;
    default: /* C.SUB, C.XOR, C.OR, C.AND */
      if (!amount_high) {
        computes(insn, TM_alu, rd, reg(rd) | reg(8 + bits(word, 2, 3)));
      }
      break;
  }
}

/* C.JR, C.JALR, C.MV, C.ADD, C.EBREAK */
static void compressed_register(tm_insn *insn, uint32_t word, unsigned rd, unsigned rs2) {
  const unsigned link = bits(word, 12, 1);
  if (rs2 != 0) {
    computes(insn, TM_alu, rd, reg(rs2) | (link ? reg(rd) : 0));
  } else if (rd != 0) {
    jumps_to(insn, link ? RA : 0, rd);
  } else if (link) {
    insn->class_ = TM_trap;
  }
}

static tm_insn compressed(uint32_t word) {
  tm_insn insn = {.bytes = 2, .class_ = TM_undefined};
  const unsigned rd = bits(word, 7, 5), rs2 = bits(word, 2, 5);         /* all registers */
  const unsigned high = 8 + bits(word, 7, 3), low = 8 + bits(word, 2, 3); /* x8 to x15 */
  const unsigned any = word & 0x107cU;                                  /* the six bits of a CI immediate */
  switch (bits(word, 0, 2) << 3 | bits(word, 13, 3)) {
    case 000: /* C.ADDI4SPN; all zero is defined to be illegal, as UDF is on Arm */
      if (word & 0x1fe0U) {
        computes(&insn, TM_alu_imm, low, reg(SP));
      } else if (word == 0) {
        insn.class_ = TM_trap;
      }
      break;
    case 002: /* C.LW */
      loads(&insn, 4, low, high);
      break;
    case 006: /* C.SW */
      stores(&insn, 4, low, high);
      break;
    case 010: /* C.ADDI, C.NOP */
      computes(&insn, TM_alu_imm, rd, reg(rd));
      break;
    case 011: /* C.JAL */
      jumps(&insn, RA);
      break;
    case 012: /* C.LI */
      computes(&insn, TM_alu_imm, rd, 0);
      break;
    case 013: /* C.LUI, C.ADDI16SP */
      if (any) {
        computes(&insn, TM_alu_imm, rd, rd == SP ? reg(SP) : 0);
      }
      break;
    case 014:
      compressed_alu(&insn, word, high);
      break;
    case 015: /* C.J */
      jumps(&insn, 0);
      break;
    case 016: /* C.BEQZ */
    case 017: /* C.BNEZ */
      branches(&insn, reg(high));
      break;
    case 020: /* C.SLLI; amounts from 32 on are for custom extensions */
      if (!(word & 0x1000U)) {
        computes(&insn, TM_shift, rd, reg(rd));
      }
      break;
    case 022: /* C.LWSP */
      if (rd != 0) {
        loads(&insn, 4, rd, SP);
      }
      break;
    case 024:
      compressed_register(&insn, word, rd, rs2);
      break;
    case 026: /* C.SWSP */
      stores(&insn, 4, rs2, SP);
      break;
    default: /* floating point */
      break;
  }
  return insn;
}

tm_insn tm_decode_rv32(uint32_t word) {
  return (word & 3U) == 3 ? full(word) : compressed(word & 0xffffU);
}
