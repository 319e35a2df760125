/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MVE, integer and floating point: all but loads and stores.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.3.6 and the pages of the instructions.
 * Q0 to Q7 only: bits 22, 7 and 5, the upper bits of vector registers, are zero. */
#include "decode_rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const tm_insn UNDEFINED = {.bytes = 4, .class_ = TM_undefined};

/* Whatever the size is. */
static const tm_row ROWS[] = {
    {0xffc11ff1, 0xef000150, "wI rJ rK", TM_mve_alu, 0, 0},       /* VAND, VBIC, VORR, VORN */
    {0xfff11ff1, 0xff000150, "wI rJ rK", TM_mve_alu, 0, 0},       /* VEOR */
    {0xffc11ff1, 0xef000d40, "wI rJ rK", TM_mve_fp_add, 0, 0},    /* VADD, VSUB */
    {0xffe11ff1, 0xff200d40, "wI rJ rK", TM_mve_fp_add, 0, 0},    /* VABD */
    {0xffe11ff1, 0xff000d50, "wI rJ rK", TM_mve_fp_mul, 0, 0},    /* VMUL */
    {0xffc11ff1, 0xef000c50, "wI lI rJ rK", TM_mve_fp_mac, 0, 0}, /* VFMA, VFMS */
    {0xffc11ff1, 0xff000f50, "wI rJ rK", TM_mve_fp_add, 0, 0},    /* VMAXNM, VMINNM */
    {0xfee11ff1, 0xfc800840, "wI rJ rK", TM_mve_fp_add, 0, 0},    /* VCADD */
    {0xfe611ff1, 0xfc200840, "wI lI rJ rK", TM_mve_fp_mac, 0, 0}, /* VCMLA */
    {0xeff10ff0, 0xee300e00, "wI rJ rK", TM_mve_fp_mul, 0, 0},    /* VCMUL */
    {0xeff10ff0, 0xee300f40, "wI rJ rm", TM_mve_fp_add, 0, 0},    /* VADD, VSUB with a core register */
    {0xeff11ff0, 0xee310e60, "wI rJ rm", TM_mve_fp_mul, 0, 0},    /* VMUL */
    {0xeff10ff0, 0xee310e40, "wI lI rJ rm", TM_mve_fp_mac, 0, 0}, /* VFMA, VFMAS */
    {0xffff0ff1, 0xee3f0e01, "wI rI rK", TM_mve_fp_add, 0, 0},    /* VCVTB, VCVTT to half: every other element */
    {0xffff0ff1, 0xfe3f0e01, "wI rK", TM_mve_fp_add, 0, 0},       /* from half */
    {0xefff0ff1, 0xee3f0e81, "wI rI rK", TM_mve_fp_add, 0, 0},    /* VMAXNMA, VMINNMA */
    {0xeff01ef1, 0xefb00c50, "wI rK", TM_mve_fp_add, 0, 0},       /* VCVT with fixed point, half */
    {0xefe01ef1, 0xefa00e50, "wI rK", TM_mve_fp_add, 0, 0},       /* and single */
    {0xefff0f71, 0xeeee0f00, "wt lt rK", TM_mve_dot, 0, 0},       /* VMAXNMV, VMINNMV */
    {0xefff0f71, 0xeeec0f00, "wt lt rK", TM_mve_dot, 0, 0},       /* VMAXNMAV, VMINNMAV */
    {0xeff10ff1, 0xee310e00, "wI rJ rK", TM_mve_mul, 0, 0},       /* VMULL of polynomials */
    {0xeff10ff1, 0xee300f01, "wI rJ rK", TM_mve_mul, 0, 0},       /* VQDMULL */
    {0xeff10ff0, 0xee300f60, "wI rJ rm", TM_mve_mul, 0, 0},
    {0xeff11ff1, 0xee300f00, "wI rJ rK rc wc", TM_mve_alu, 0, 0}, /* VADC, VSBC */
    {0xeff11ff1, 0xee301f00, "wI rJ rK wc", TM_mve_alu, 0, 0},    /* VADCI, VSBCI */
    {0xfffb0ff1, 0xfe310e81, "wI rI rK", TM_mve_alu, 0, 0},       /* VMOVN */
    {0xeffb0ff1, 0xee330e01, "wI rI rK", TM_mve_alu, 0, 0},       /* VQMOVN */
    {0xfffb0ff1, 0xee310e81, "wI rI rK", TM_mve_alu, 0, 0},       /* VQMOVUN */
    {0xeffb0ff1, 0xee310e01, "wI rK", TM_mve_alu, 0, 0},          /* VSHLL by the element's size */
    {0xffe01ff0, 0xeea00fc0, "wI rI wm rm", TM_mve_alu, 0, 0},    /* VSHLC */
    {0xfff11ff1, 0xfe310f01, "wI rJ rK rv", TM_mve_predicate, 0, 0},   /* VPSEL */
    {0xffb10f5f, 0xfe310f4d, "wv rv", TM_mve_predicate, 0, 0},       /* VPNOT, VPST */
    {0xfff10fd0, 0xeea00b10, "wJ rt", TM_mve_move, 0, 0},         /* VDUP.32, VDUP.16 */
    {0xfff10ff0, 0xeee00b10, "wJ rt", TM_mve_move, 0, 0},         /* VDUP.8 */
    {0xffd00f90, 0xee400b10, "wJ rJ rt", TM_mve_move, 0, 0},      /* VMOV to a lane of 8 bits */
    {0xffd00fb0, 0xee000b30, "wJ rJ rt", TM_mve_move, 0, 0},      /* of 16 bits */
    {0xff500f90, 0xee500b10, "wt rJ", TM_mve_move, 0, 0},         /* from a lane */
    {0xff500fb0, 0xee100b30, "wt rJ", TM_mve_move, 0, 0},
    {0xfff01fe0, 0xec100f00, "wI rI rm rn", TM_mve_move, 0, 0}, /* two lanes of 32 bits */
    {0xfff01fe0, 0xec000f00, "wm wn rI", TM_mve_move, 0, 0},
};

/* Size in bits 21 and 20, not 3. */
static const tm_row SIZED[] = {
    {0xefc11ef1, 0xef000040, "wI rJ rK", TM_mve_alu, 0, 0}, /* VHADD, VRHADD */
    {0xefc11ff1, 0xef000240, "wI rJ rK", TM_mve_alu, 0, 0}, /* VHSUB */
    {0xefc11df1, 0xef000050, "wI rJ rK", TM_mve_alu, 0, 0}, /* VQADD, VQSUB */
    {0xefc11ee1, 0xef000440, "wI rJ rK", TM_mve_alu, 0, 0}, /* VSHL, VQSHL, VRSHL, VQRSHL */
    {0xefc11fe1, 0xef000640, "wI rJ rK", TM_mve_alu, 0, 0}, /* VMAX, VMIN */
    {0xefc11ff1, 0xef000740, "wI rJ rK", TM_mve_alu, 0, 0}, /* VABD */
    {0xefc11ff1, 0xef000840, "wI rJ rK", TM_mve_alu, 0, 0}, /* VADD, VSUB */
    {0xffc11ff1, 0xef000950, "wI rJ rK", TM_mve_mul, 0, 0}, /* VMUL */
    {0xefc11ff1, 0xef000b40, "wI rJ rK", TM_mve_mul, 0, 0}, /* VQDMULH, VQRDMULH */
    {0xefc10ff0, 0xee000f40, "wI rJ rm", TM_mve_alu, 0, 0}, /* VHADD, VHSUB with a core register */
    {0xefc10ff0, 0xee000f60, "wI rJ rm", TM_mve_alu, 0, 0}, /* VQADD, VQSUB */
    {0xffc10ff0, 0xee010f40, "wI rJ rm", TM_mve_alu, 0, 0}, /* VADD, VSUB */
    {0xffc11ff0, 0xfe011e60, "wI rJ rm", TM_mve_alu, 0, 0}, /* VBRSR */
    {0xffc11ff0, 0xee011e60, "wI rJ rm", TM_mve_mul, 0, 0}, /* VMUL */
    {0xefc11ff0, 0xee010e60, "wI rJ rm", TM_mve_mul, 0, 0}, /* VQDMULH, VQRDMULH */
    {0xefc10ff0, 0xee010e40, "wI lI rJ rm", TM_mve_mac, 0, 0}, /* VMLA, VMLAS */
    {0xffc10fd0, 0xee000e40, "wI lI rJ rm", TM_mve_mac, 0, 0}, /* VQDMLAH, VQDMLASH, VQRDMLAH, VQRDMLASH */
    {0xefc10ff0, 0xee000e00, "wI lI rJ rK", TM_mve_mac, 0, 0}, /* VQDMLADH, VQDMLSDH and those that round, cross */
    {0xefc10ff1, 0xee000f00, "wI rJ rK", TM_mve_alu, 0, 0},    /* VHCADD, VCADD */
    {0xefc10ff1, 0xee010e01, "wI rJ rK", TM_mve_mul, 0, 0},    /* VMULH, VRMULH */
    {0xefc10ff1, 0xee010e00, "wI rJ rK", TM_mve_mul, 0, 0},    /* VMULL */
    {0xffc10f7e, 0xee010f6e, "wI wo ro", TM_mve_move, 0, 0},   /* VIDUP, VDDUP */
    {0xffc10f70, 0xee010f60, "wI wo ro rO", TM_mve_move, 0, 0}, /* VIWDUP, VDWDUP */
    {0xefc10ff1, 0xee800f01, "wt lt rJ rK", TM_mve_dot, 0, 0},  /* VABAV */
    {0xff810f70, 0xfe010f00, "wv rJ rK", TM_mve_compare, 0, 0}, /* VCMP, VPT */
    {0xff810f50, 0xfe010f40, "wv rJ rZ", TM_mve_compare, 0, 0},
};

/* Floating point; the conditions that are for unsigned numbers, bit 12 clear, bit 0 or 5 set, are left out. */
static const tm_row FP_COMPARE[] = {
    {0xefb11f71, 0xee310f00, "wv rJ rK", TM_mve_compare, 0, 0},
    {0xefb11f70, 0xee311f00, "wv rJ rK", TM_mve_compare, 0, 0},
    {0xefb11f70, 0xee310f40, "wv rJ rZ", TM_mve_compare, 0, 0},
    {0xefb11f50, 0xee311f40, "wv rJ rZ", TM_mve_compare, 0, 0},
};

/* Size in bits 19 and 18, not 3. */
static const tm_row SIZED_19[] = {
    {0xfff31ff1, 0xffb00040, "wI rK", TM_mve_alu, 0, 0}, /* VREV64 */
    {0xfffb1ff1, 0xffb000c0, "wI rK", TM_mve_alu, 0, 0}, /* VREV32 */
    {0xffff1ff1, 0xffb00140, "wI rK", TM_mve_alu, 0, 0}, /* VREV16 */
    {0xfff31f71, 0xffb00440, "wI rK", TM_mve_alu, 0, 0}, /* VCLS, VCLZ */
    {0xffff1ff1, 0xffb005c0, "wI rK", TM_mve_alu, 0, 0}, /* VMVN */
    {0xfff31f71, 0xffb10340, "wI rK", TM_mve_alu, 0, 0}, /* VABS, VNEG */
    {0xfff31f71, 0xffb00740, "wI rK", TM_mve_alu, 0, 0}, /* VQABS, VQNEG */
    {0xfff30ff1, 0xee330e81, "wI rI rK", TM_mve_alu, 0, 0}, /* VMAXA, VMINA */
    {0xeff11f70, 0xee311e60, "wI rI rm", TM_mve_alu, 0, 0}, /* VSHL, VRSHL, VQSHL, VQRSHL by a core register */
    {0xeff31fd1, 0xeef10f00, "wR lP rK", TM_mve_dot, 0, 0}, /* VADDV */
    {0xeff30f71, 0xeee20f00, "wt lt rK", TM_mve_dot, 0, 0}, /* VMAXV, VMINV */
    {0xfff30f71, 0xeee00f00, "wt lt rK", TM_mve_dot, 0, 0}, /* VMAXAV, VMINAV */
};

/* The same, where size 0 does not exist: floating point. */
static const tm_row FP_SIZED_19[] = {
    {0xfff31f71, 0xffb10740, "wI rK", TM_mve_fp_add, 0, 0}, /* VABS, VNEG */
    {0xfff31e71, 0xffb20440, "wI rK", TM_mve_fp_add, 0, 0}, /* VRINTN, X, A, Z */
    {0xfff31ef1, 0xffb206c0, "wI rK", TM_mve_fp_add, 0, 0}, /* VRINTM, P */
    {0xfff31e71, 0xffb30640, "wI rK", TM_mve_fp_add, 0, 0}, /* VCVT with integers */
    {0xfff31c71, 0xffb30040, "wI rK", TM_mve_fp_add, 0, 0}, /* VCVTA, N, P, M */
};

/* Immediate shifts: bits 21 to 19 tell size and amount, 0 is none of them. */
static const tm_row SHIFTS[] = {
    {0xefc01df1, 0xef800050, "wI rK", TM_mve_alu, 0, 0},    /* VSHR, VRSHR */
    {0xffc01ff1, 0xef800550, "wI rK", TM_mve_alu, 0, 0},    /* VSHL */
    {0xffc01ef1, 0xff800450, "wI rI rK", TM_mve_alu, 0, 0}, /* VSRI, VSLI */
    {0xffc01ff1, 0xff800650, "wI rK", TM_mve_alu, 0, 0},    /* VQSHLU */
    {0xefc01ff1, 0xef800750, "wI rK", TM_mve_alu, 0, 0},    /* VQSHL */
};

/* Narrowing and widening shifts: bits 20 and 19 likewise. */
static const tm_row LENGTH_SHIFTS[] = {
    {0xefe00ff1, 0xee800fc1, "wI rI rK", TM_mve_alu, 0, 0}, /* VSHRN, VRSHRN */
    {0xefe00ff0, 0xee800f40, "wI rI rK", TM_mve_alu, 0, 0}, /* VQSHRN, VQRSHRN */
    {0xefe00ff1, 0xee800fc0, "wI rI rK", TM_mve_alu, 0, 0}, /* VQSHRUN, VQRSHRUN */
    {0xeff80ff1, 0xeea80f40, "wI rK", TM_mve_alu, 0, 0},    /* VSHLL, VMOVL of 8 bits */
    {0xeff00ff1, 0xeeb00f40, "wI rK", TM_mve_alu, 0, 0},    /* of 16 bits */
};

/* Products added up into a core register (bits 22 to 20 are 7) */
static const tm_row DOT[] = {
    {0xeff01fd1, 0xeef00e00, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* VMLADAV of 16 and 32 bits */
    {0xfff01fd1, 0xeef01e00, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* VMLADAVX */
    {0xeff11fd1, 0xeef00f00, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* VMLADAV of 8 bits */
    {0xfff11fd1, 0xeef01f00, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* VMLADAVX */
    {0xfff00fd1, 0xeef00e01, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* VMLSDAV of 16 and 32 bits */
    {0xfff10fd1, 0xfef00e01, "wR lP rJ rK", TM_mve_dot, 0, 0}, /* of 8 bits */
};

/* and into two. */
static const tm_row LONG_DOT[] = {
    {0xef8f1fd1, 0xee890f00, "wR wS lP lU rK", TM_mve_dot, 0, 0},    /* VADDLV */
    {0xef801fd1, 0xee800e00, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VMLALDAV */
    {0xff801fd1, 0xee801e00, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VMLALDAVX */
    {0xff800fd1, 0xee800e01, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VMLSLDAV */
    {0xef811fd1, 0xee800f00, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VRMLALDAVH */
    {0xff811fd1, 0xee801f00, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VRMLALDAVHX */
    {0xff810fd1, 0xfe800e01, "wR wS lP lU rJ rK", TM_mve_dot, 0, 0}, /* VRMLSLDAVH */
};

/* VMOV, VMVN, VORR, VBIC of an immediate: kind in bits 11 to 8, bit 5. */
static tm_insn immediate(uint32_t word) {
  const unsigned kind = tm_bits(word, 8, 4);
  const int changes = kind < 12 && (kind & 1U); /* VORR, VBIC */
  tm_insn insn = {.bytes = 4, .class_ = (uint8_t)(changes ? TM_mve_alu : TM_mve_move)};
  if (kind == 15 && word & (1U << 5)) {
    return UNDEFINED;
  }
  tm_add_operands(&insn, changes ? "wI rI" : "wI", word);
  return insn;
}

#define FIND(rows) tm_find_row(rows, COUNT(rows), word)

static const tm_row *find(uint32_t word) {
  const tm_row *row = FIND(ROWS);
  if (row == NULL && tm_bits(word, 20, 2) != 3) {
    row = FIND(SIZED);
  }
  if (row == NULL) {
    row = FIND(FP_COMPARE);
  }
  if (row == NULL && tm_bits(word, 18, 2) != 3) {
    row = FIND(SIZED_19);
    if (row == NULL && tm_bits(word, 18, 2) != 0) {
      row = FIND(FP_SIZED_19);
    }
  }
  if (row == NULL && tm_bits(word, 19, 3) != 0) {
    row = FIND(SHIFTS);
  }
  if (row == NULL && tm_bits(word, 19, 2) != 0) {
    row = FIND(LENGTH_SHIFTS);
  }
  if (row == NULL) {
    row = tm_bits(word, 20, 3) == 7 ? FIND(DOT) : FIND(LONG_DOT);
  }
  return row;
}

/* The instructions of the block that a VPT or VPST begins; 0 for VCMP, VPNOT. */
static uint8_t block(uint32_t word) {
  const unsigned mask = tm_bits(word, 22, 1) << 3 | tm_bits(word, 13, 3);
  uint8_t count = 4;
  if (mask == 0) {
    return 0;
  }
  for (unsigned rest = mask; !(rest & 1U); rest >>= 1) {
    --count;
  }
  return count;
}

tm_insn tm_decode_mve(uint32_t word) {
  if ((word & 0xeff81090U) == 0xef800010U && word & 0x40U) {
    return immediate(word);
  }
  const tm_row *row = find(word);
  if (row == NULL) {
    return tm_decode_mve_memory(word);
  }
  tm_insn insn = tm_from_row(row, word, 4);
  if (insn.class_ == TM_mve_compare || (insn.class_ == TM_mve_predicate && (word & 0xf5fU) == 0xf4d)) {
    insn.count = block(word);
  }
  return insn;
}
