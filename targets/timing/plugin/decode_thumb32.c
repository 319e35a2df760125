/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 32-bit Thumb: data processing, multiply, branches, control.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.3; bits that should be zero are not looked at. */
#include "decode_rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define CONDITIONAL (TM_BRANCHES | TM_CONDITIONAL)

/* 1110101: shifted register, of all profiles. The class is that of a shift by 0. */
static const tm_row SHIFTED[] = {
    {0xfff00f00, 0xea100f00, "rn rm wf", TM_alu, 0, 0},       /* TST */
    {0xffe00000, 0xea000000, "wd rn rm ws", TM_alu, 0, 0},    /* AND */
    {0xffe00000, 0xea200000, "wd rn rm ws", TM_alu, 0, 0},    /* BIC */
    {0xffef0000, 0xea4f0000, "wd rm ws", TM_shift, 0, 0},     /* MOV */
    {0xffe00000, 0xea400000, "wd rn rm ws", TM_alu, 0, 0},    /* ORR */
    {0xffef0000, 0xea6f0000, "wd rm ws", TM_alu, 0, 0},       /* MVN */
    {0xffe00000, 0xea600000, "wd rn rm ws", TM_alu, 0, 0},    /* ORN */
    {0xfff00f00, 0xea900f00, "rn rm wf", TM_alu, 0, 0},       /* TEQ */
    {0xffe00000, 0xea800000, "wd rn rm ws", TM_alu, 0, 0},    /* EOR */
    {0xfff00010, 0xeac00000, "wd rn rm", TM_alu_shift, 0, 0}, /* PKH */
    {0xfff00f00, 0xeb100f00, "rn rm wf", TM_alu, 0, 0},       /* CMN */
    {0xffe00000, 0xeb000000, "wd rn rm ws", TM_alu, 0, 0},    /* ADD */
    {0xffe00000, 0xeb400000, "wd rn rm rf ws", TM_alu, 0, 0}, /* ADC */
    {0xffe00000, 0xeb600000, "wd rn rm rf ws", TM_alu, 0, 0}, /* SBC */
    {0xfff00f00, 0xebb00f00, "rn rm wf", TM_alu, 0, 0},       /* CMP */
    {0xffe00000, 0xeba00000, "wd rn rm ws", TM_alu, 0, 0},    /* SUB */
    {0xffe00000, 0xebc00000, "wd rn rm ws", TM_alu, 0, 0},    /* RSB */
};

/* What Armv8.1-M has where ORRS would be unpredictable: bit 15 set, or SP or PC shifted into an odd register. With Rd 15 a
 * shift is on one register; if by a register, the lowest bit of that 15 is a should-be-one bit. */
static const tm_row ARMV81[] = {
    {0xfff00e3f, 0xea500e0d, "wn rn rt", TM_shift_long, 0, TM_BY_REGISTER},       /* UQRSHL */
    {0xfff00e3f, 0xea500e2d, "wn rn rt", TM_shift_long, 0, TM_BY_REGISTER},       /* SQRSHR */
    {0xfff101ff, 0xea50010d, "wo wd ro rd rt", TM_shift_long, 0, TM_BY_REGISTER}, /* LSLL */
    {0xfff101ff, 0xea50012d, "wo wd ro rd rt", TM_shift_long, 0, TM_BY_REGISTER}, /* ASRL */
    {0xfff1017f, 0xea51010d, "wo wd ro rd rt", TM_shift_long, 0, TM_BY_REGISTER}, /* UQRSHLL */
    {0xfff1017f, 0xea51012d, "wo wd ro rd rt", TM_shift_long, 0, TM_BY_REGISTER}, /* SQRSHRL */
    {0xfff0f000, 0xea508000, "wd rN rZ rf", TM_select, 0, 0}, /* CSEL */
    {0xfff0f000, 0xea509000, "wd rN rZ rf", TM_select, 0, 0}, /* CSINC */
    {0xfff0f000, 0xea50a000, "wd rN rZ rf", TM_select, 0, 0}, /* CSINV */
    {0xfff0f000, 0xea50b000, "wd rN rZ rf", TM_select, 0, 0}, /* CSNEG */
    {0xfff00f3f, 0xea500f0f, "wn rn", TM_shift_long, 0, 0},         /* UQSHL */
    {0xfff00f3f, 0xea500f1f, "wn rn", TM_shift_long, 0, 0},         /* URSHR */
    {0xfff00f3f, 0xea500f2f, "wn rn", TM_shift_long, 0, 0},         /* SRSHR */
    {0xfff00f3f, 0xea500f3f, "wn rn", TM_shift_long, 0, 0},         /* SQSHL */
    {0xfff1013f, 0xea50010f, "wo wd ro rd", TM_shift_long, 0, 0},   /* LSLL */
    {0xfff1013f, 0xea50011f, "wo wd ro rd", TM_shift_long, 0, 0},   /* LSRL */
    {0xfff1013f, 0xea50012f, "wo wd ro rd", TM_shift_long, 0, 0},   /* ASRL */
    {0xfff1010f, 0xea51010f, "wo wd ro rd", TM_shift_long, 0, 0},   /* UQSHLL, URSHRL, SRSHRL, SQSHLL */
};

static tm_insn shifted_register(uint32_t word) {
  tm_insn insn = tm_from_row(tm_find_row(ARMV81, COUNT(ARMV81), word), word, 4);
  if (insn.class_ != TM_undefined) {
    return insn;
  }
  insn = tm_from_row(tm_find_row(SHIFTED, COUNT(SHIFTED), word), word, 4);
  const uint32_t shift = word & 0x70f0U; /* amount and type */
  if (insn.class_ == TM_shift && shift == 0) {
    insn.class_ = TM_alu; /* MOV */
  } else if (insn.class_ == TM_alu && shift != 0) {
    insn.class_ = TM_alu_shift;
    insn.flags |= (shift & 0x30) != 0 ? TM_SHIFTS_RIGHT : 0;
  }
  if (shift == 0x30 && (insn.class_ == TM_shift || insn.class_ == TM_alu_shift)) {
    insn.reads |= TM_APSR; /* RRX */
  }
  return insn;
}

/* 11110: immediates */
static const tm_row IMMEDIATES[] = {
    {0xfbf08f00, 0xf0100f00, "rn wf", TM_alu_imm, 0, 0},    /* TST */
    {0xfbe08000, 0xf0000000, "wd rn ws", TM_alu_imm, 0, 0}, /* AND */
    {0xfbe08000, 0xf0200000, "wd rn ws", TM_alu_imm, 0, 0}, /* BIC */
    {0xfbef8000, 0xf04f0000, "wd ws", TM_alu_imm, 0, 0},    /* MOV */
    {0xfbe08000, 0xf0400000, "wd rn ws", TM_alu_imm, 0, 0}, /* ORR */
    {0xfbef8000, 0xf06f0000, "wd ws", TM_alu_imm, 0, 0},    /* MVN */
    {0xfbe08000, 0xf0600000, "wd rn ws", TM_alu_imm, 0, 0}, /* ORN */
    {0xfbf08f00, 0xf0900f00, "rn wf", TM_alu_imm, 0, 0},    /* TEQ */
    {0xfbe08000, 0xf0800000, "wd rn ws", TM_alu_imm, 0, 0}, /* EOR */
    {0xfbf08f00, 0xf1100f00, "rn wf", TM_alu_imm, 0, 0},    /* CMN */
    {0xfbe08000, 0xf1000000, "wd rn ws", TM_alu_imm, 0, 0}, /* ADD */
    {0xfbe08000, 0xf1400000, "wd rn rf ws", TM_alu_imm, 0, 0}, /* ADC */
    {0xfbe08000, 0xf1600000, "wd rn rf ws", TM_alu_imm, 0, 0}, /* SBC */
    {0xfbf08f00, 0xf1b00f00, "rn wf", TM_alu_imm, 0, 0},       /* CMP */
    {0xfbe08000, 0xf1a00000, "wd rn ws", TM_alu_imm, 0, 0},    /* SUB */
    {0xfbe08000, 0xf1c00000, "wd rn ws", TM_alu_imm, 0, 0},    /* RSB */
    {0xfbf08000, 0xf2000000, "wd rn", TM_alu_imm, 0, 0},       /* ADDW, ADR */
    {0xfbf08000, 0xf2400000, "wd", TM_alu_imm, 0, 0},          /* MOVW */
    {0xfbf08000, 0xf2a00000, "wd rn", TM_alu_imm, 0, 0},       /* SUBW, ADR */
    {0xfbf08000, 0xf2c00000, "wd rd", TM_move_top, 0, 0},      /* MOVT */
    {0xfbd08000, 0xf3000000, "wd rn", TM_saturate, 0, 0},      /* SSAT, SSAT16 */
    {0xfbf08000, 0xf3400000, "wd rn", TM_bits, 0, 0},          /* SBFX */
    {0xfbff8000, 0xf36f0000, "wd rd", TM_bits, 0, 0},          /* BFC */
    {0xfbf08000, 0xf3600000, "wd rd rn", TM_bits, 0, 0},       /* BFI */
    {0xfbd08000, 0xf3800000, "wd rn", TM_saturate, 0, 0},      /* USAT, USAT16 */
    {0xfbf08000, 0xf3c00000, "wd rn", TM_bits, 0, 0},          /* UBFX */
};

static tm_insn immediate(uint32_t word) {
  tm_insn insn = tm_from_row(tm_find_row(IMMEDIATES, COUNT(IMMEDIATES), word), word, 4);
  const int modified = (word & 0x02000000U) == 0, rotated = (word & 0x04004000U) != 0;
  const int moved = (word & 0x01cf0000U) == 0x004f0000; /* MOV, MVN */
  insn.flags |= insn.class_ == TM_alu_imm && modified && rotated && !moved ? TM_ROTATED_CONSTANT : 0;
  return insn;
}

/* 11110, second half 1: branches and control */
static const tm_row CONTROL[] = {
    {0xfffff001, 0xf00fc001, "rq wq", TM_loop_end, 0, CONDITIONAL},      /* LE LR */
    {0xfffff001, 0xf01fc001, "rq wq", TM_loop_end, 0, CONDITIONAL},      /* LETP */
    {0xfffff001, 0xf02fc001, "", TM_loop_end, 0, TM_BRANCHES},           /* LE */
    {0xffcff801, 0xf00fe001, "", TM_loop_end, 0, 0},                     /* LCTP */
    {0xffc0f001, 0xf000c001, "rn wq", TM_loop_start, 0, CONDITIONAL},    /* WLSTP */
    {0xfff0f001, 0xf040c001, "rn wq", TM_loop_start, 0, CONDITIONAL},    /* WLS */
    {0xffc0f801, 0xf000e801, "rn wv", TM_mve_predicate, 0, 0},           /* VCTP */
    {0xffc0f001, 0xf000e001, "rn wq", TM_loop_start, 0, 0},              /* DLSTP */
    {0xfff0f001, 0xf040e001, "rn wq", TM_loop_start, 0, 0},              /* DLS */
    {0xffe0d000, 0xf3808000, "rn", TM_system, 0, 0},                     /* MSR */
    {0xfff0d700, 0xf3a08000, "", TM_nop, 0, 0},
    {0xfff0d0f0, 0xf3b08020, "", TM_store_exclusive, 0, 0},              /* CLREX */
    {0xfff0d0f0, 0xf3b08040, "", TM_barrier, 0, 0},                      /* DSB */
    {0xfff0d0f0, 0xf3b08050, "", TM_barrier, 0, 0},                      /* DMB */
    {0xfff0d0f0, 0xf3b08060, "", TM_barrier, 0, 0},                      /* ISB */
    {0xffe0d000, 0xf3e08000, "wd", TM_system, 0, 0},                     /* MRS */
    {0xfff0f000, 0xf7f0a000, "", TM_trap, 0, 0},                         /* UDF */
    {0xfb80d000, 0xf3808000, "", TM_undefined, 0, 0},                    /* the rest where the condition is 14 or 15 */
    {0xf800d000, 0xf0008000, "rf", TM_branch_cond, 0, CONDITIONAL},
    {0xf800d000, 0xf0009000, "", TM_branch, 0, TM_BRANCHES},
    {0xf800d000, 0xf000d000, "wq", TM_branch_link, 0, TM_BRANCHES | TM_CALL},
};

static tm_insn branch_or_control(uint32_t word) {
  /* BF, BFL, BFX, BFLX, BFCSEL announce a branch: no core has to branch there */
  if ((word & 0xd001U) == 0xc001 && (word & 0x07800000U) != 0) {
    return (tm_insn){.bytes = 4, .class_ = TM_nop};
  }
  tm_insn insn = tm_from_row(tm_find_row(CONTROL, COUNT(CONTROL), word), word, 4);
  const unsigned special = word & 0xffU; /* of MRS, MSR: 0 to 3 have the flags in them */
  if (insn.class_ == TM_system && special < 4) {
    const int to = (word & 0x00400000U) == 0;
    if (!to) {
      insn.reads |= TM_APSR;
    } else if (word & 0x800U) {
      insn.writes |= TM_APSR;
    }
  }
  if (insn.class_ == TM_nop && special >= 0x40 && special < 0xf0) {
    insn.mark = (uint8_t)special;
  }
  return insn;
}

/* 11111010: registers */
static const tm_row REGISTERS[] = {
    {0xff80f0f0, 0xfa00f000, "wd rn rm ws", TM_shift, 0, TM_BY_REGISTER},
    {0xffeff080, 0xfa0ff080, "wd rm", TM_extend, 0, 0}, /* SXTH, UXTH */
    {0xffeff080, 0xfa2ff080, "wd rm", TM_extend, 0, 0}, /* SXTB16, UXTB16 */
    {0xffeff080, 0xfa4ff080, "wd rm", TM_extend, 0, 0}, /* SXTB, UXTB */
    {0xffe0f080, 0xfa00f080, "wd rn rm", TM_extend, 0, 0},
    {0xffe0f080, 0xfa20f080, "wd rn rm", TM_extend, 0, 0},
    {0xffe0f080, 0xfa40f080, "wd rn rm", TM_extend, 0, 0},
    {0xfff0f0c0, 0xfa80f080, "wd rn rm", TM_saturate, 0, 0}, /* QADD, QDADD, QSUB, QDSUB */
    {0xfff0f0c0, 0xfa90f080, "wd rm", TM_bits, 0, 0},        /* REV, REV16, RBIT, REVSH */
    {0xfff0f0f0, 0xfaa0f080, "wd rn rm", TM_simd, 0, 0},     /* SEL */
    {0xfff0f0f0, 0xfab0f080, "wd rm", TM_bits, 0, 0},        /* CLZ */
};

/* ADD8, ADD16, ASX, SUB8, SUB16, SAX (bits 22 to 20) of S, Q, SH, U, UQ, UH (bits 6 to 4) */
static int is_parallel(uint32_t word) {
  const unsigned what = tm_bits(word, 20, 3), how = tm_bits(word, 4, 3);
  return (word & 0xff80f080U) == 0xfa80f000 && what != 3 && what != 7 && how != 3 && how != 7;
}

/* 11111011: multiply and divide. Where bits 15 to 12 hold 15, nothing is added. */
static const tm_row MULTIPLY[] = {
    {0xfff0f0f0, 0xfb00f000, "wd rn rm", TM_mul, 0, 0},
    {0xfff000f0, 0xfb000000, "wd rn rm lt", TM_mla, 0, 0},
    {0xfff000f0, 0xfb000010, "wd rn rm lt", TM_mla, 0, 0},     /* MLS */
    {0xfff0f0c0, 0xfb10f000, "wd rn rm", TM_dsp_mul, 0, 0},    /* SMULBB */
    {0xfff000c0, 0xfb100000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMLABB */
    {0xfff0f0e0, 0xfb20f000, "wd rn rm", TM_dsp_mul, 0, 0},    /* SMUAD */
    {0xfff000e0, 0xfb200000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMLAD */
    {0xfff0f0e0, 0xfb30f000, "wd rn rm", TM_dsp_mul, 0, 0},    /* SMULWB */
    {0xfff000e0, 0xfb300000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMLAWB */
    {0xfff0f0e0, 0xfb40f000, "wd rn rm", TM_dsp_mul, 0, 0},    /* SMUSD */
    {0xfff000e0, 0xfb400000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMLSD */
    {0xfff00ff0, 0xfb500f00, "rn rm rt", TM_system, 0, 0},     /* AUTG, where SMMLA to the PC would be */
    {0xfff00ff0, 0xfb500f10, "an rm rt", TM_branch_reg, 0, TM_BRANCHES | TM_INDIRECT}, /* BXAUT */
    {0xfff0f0f0, 0xfb60f000, "wd rn rm", TM_system, 0, 0},     /* PACG, where SMMLS would add the PC */
    {0xfff0f0e0, 0xfb50f000, "wd rn rm", TM_dsp_mul, 0, 0},    /* SMMUL */
    {0xfff000e0, 0xfb500000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMMLA */
    {0xfff000e0, 0xfb600000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* SMMLS */
    {0xfff0f0f0, 0xfb70f000, "wd rn rm", TM_simd, 0, 0},       /* USAD8 */
    {0xfff000f0, 0xfb700000, "wd rn rm lt", TM_dsp_mla, 0, 0}, /* USADA8 */
    {0xfff000f0, 0xfb800000, "wt wd rn rm", TM_mull, 0, 0},    /* SMULL */
    {0xfff000f0, 0xfb9000f0, "wd rn rm", TM_div, 0, 0},        /* SDIV */
    {0xfff000f0, 0xfba00000, "wt wd rn rm", TM_mull, 0, 0},    /* UMULL */
    {0xfff000f0, 0xfbb000f0, "wd rn rm", TM_div, 0, 0},        /* UDIV */
    {0xfff000f0, 0xfbc00000, "wt wd rn rm lt ld", TM_mlal, 0, 0},     /* SMLAL */
    {0xfff000c0, 0xfbc00080, "wt wd rn rm lt ld", TM_dsp_mlal, 0, 0}, /* SMLALBB */
    {0xfff000e0, 0xfbc000c0, "wt wd rn rm lt ld", TM_dsp_mlal, 0, 0}, /* SMLALD */
    {0xfff000e0, 0xfbd000c0, "wt wd rn rm lt ld", TM_dsp_mlal, 0, 0}, /* SMLSLD */
    {0xfff000f0, 0xfbe00000, "wt wd rn rm lt ld", TM_mlal, 0, 0},     /* UMLAL */
    {0xfff000f0, 0xfbe00060, "wt wd rn rm lt ld", TM_mlal, 0, 0},     /* UMAAL */
};

/* Coprocessors 0 to 7. Custom instructions (CDE) are where a core gives a coprocessor's number to them: the same class, and
 * of registers what the coprocessor instruction there would have. */
static const tm_row COPROCESSOR[] = {
    {0xef10f010, 0xee10f010, "wf", TM_coprocessor, 0, 0},    /* MRC to the flags */
    {0xef100010, 0xee100010, "wt", TM_coprocessor, 0, 0},    /* MRC */
    {0xef100010, 0xee000010, "rt", TM_coprocessor, 0, 0},    /* MCR */
    {0xef000010, 0xee000000, "", TM_coprocessor, 0, 0},      /* CDP */
    {0xeff00000, 0xec500000, "wt wn", TM_coprocessor, 0, 0}, /* MRRC */
    {0xeff00000, 0xec400000, "rt rn", TM_coprocessor, 0, 0}, /* MCRR */
    {0xefe00000, 0xec000000, "", TM_undefined, 0, 0},
    {0xee200000, 0xec200000, "an wn", TM_coprocessor, 4, TM_WRITEBACK}, /* LDC, STC */
    {0xee200000, 0xec000000, "an", TM_coprocessor, 4, 0},
};

static tm_insn coprocessor(uint32_t word) {
  if ((word & 0xef000000U) == 0xef000000U) {
    return tm_decode_mve(word);
  }
  if (tm_bits(word, 8, 4) >= 8) {
    const tm_insn insn = tm_decode_fp(word);
    return insn.class_ == TM_undefined ? tm_decode_mve(word) : insn;
  }
  return tm_from_row(tm_find_row(COPROCESSOR, COUNT(COPROCESSOR), word), word, 4);
}

tm_insn tm_decode_thumb32(uint32_t word) {
  switch (word >> 24) {
    case 0xea:
    case 0xeb:
      return shifted_register(word);
    case 0xf0:
    case 0xf1:
    case 0xf2:
    case 0xf3:
    case 0xf4:
    case 0xf5:
    case 0xf6:
    case 0xf7:
      if (word & 0x8000U) {
        return branch_or_control(word);
      }
      return immediate(word);
    case 0xfa:
      if (is_parallel(word)) {
        tm_insn insn = {.bytes = 4, .class_ = TM_simd};
        tm_add_operands(&insn, "wd rn rm", word);
        return insn;
      }
      return tm_from_row(tm_find_row(REGISTERS, COUNT(REGISTERS), word), word, 4);
    case 0xfb:
      return tm_from_row(tm_find_row(MULTIPLY, COUNT(MULTIPLY), word), word, 4);
    case 0xe8:
    case 0xe9:
    case 0xf8:
    case 0xf9:
      return tm_decode_thumb32_memory(word);
    default: /* ec to ef, fc to ff */
      return coprocessor(word);
  }
}
