/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of instructions that cost alike. The names are the keys of the rules in targets/cores/NAME.toml. */
#ifndef TINYHIL_TIMING_CLASSES_H
#define TINYHIL_TIMING_CLASSES_H

#define TM_CLASSES(X)                                                                                        \
  X(undefined)         /* not an instruction that any core here has */                                       \
  X(nop)               /* NOP and other hints, BF; RISC-V results for x0 */                                  \
  X(it)                /* IT */                                                                              \
  X(alu)               /* data processing on registers, operand not shifted; RISC-V OP but for shifts, M */  \
  X(alu_imm)           /* data processing with an immediate, ADR, MOVW; RISC-V OP-IMM, LUI, AUIPC */         \
  X(move_top)          /* MOVT */                                                                            \
  X(alu_shift)         /* data processing with a shifted register operand, PKH */                            \
  X(shift)             /* LSL, LSR, ASR, ROR, RRX by immediate or register; RISC-V SLL, SRL, SRA */          \
  X(extend)            /* SXTB, UXTH, SXTB16, and those that add: SXTAB */                                   \
  X(bits)              /* BFI, BFC, SBFX, UBFX, CLZ, RBIT, REV */                                            \
  X(saturate)          /* SSAT, USAT, QADD, QSUB */                                                          \
  X(simd)              /* SADD16 and its like, SEL, USAD8 */                                                 \
  X(select)            /* CSEL, CSINC, CSINV, CSNEG */                                                       \
  X(shift_long)        /* 64-bit and saturating shifts of Armv8.1-M: LSLL, ASRL, SQRSHR */                   \
  X(mul)               /* 32-bit product */                                                                  \
  X(mla)               /* MLA, MLS */                                                                        \
  X(mull)              /* SMULL, UMULL; RISC-V MULH, MULHU, MULHSU */                                        \
  X(mlal)              /* SMLAL, UMLAL, UMAAL */                                                             \
  X(dsp_mul)           /* SMULBB, SMULWB, SMUAD, SMUSD, SMMUL */                                             \
  X(dsp_mla)           /* SMLABB, SMLAWB, SMLAD, SMLSD, SMMLA, SMMLS, USADA8 */                              \
  X(dsp_mlal)          /* SMLALBB, SMLALD, SMLSLD */                                                         \
  X(div)               /* SDIV, UDIV; RISC-V DIV, REM */                                                     \
  X(load)              /* one register, at most 4 bytes */                                                   \
  X(load_literal)      /* the same, relative to the PC */                                                    \
  X(load_double)       /* LDRD */                                                                            \
  X(load_multiple)     /* LDM, POP */                                                                        \
  X(load_exclusive)    /* LDREX, LDA; RISC-V LR */                                                           \
  X(store)             /* one register */                                                                    \
  X(store_double)      /* STRD */                                                                            \
  X(store_multiple)    /* STM, PUSH */                                                                       \
  X(store_exclusive)   /* STREX, STL, CLREX; RISC-V SC */                                                    \
  X(atomic)            /* RISC-V AMO */                                                                      \
  X(preload)           /* PLD, PLI */                                                                        \
  X(branch)            /* B; RISC-V JAL with rd = x0 */                                                      \
  X(branch_cond)       /* B<cond>; RISC-V BEQ and its like */                                                \
  X(compare_branch)    /* CBZ, CBNZ */                                                                       \
  X(branch_link)       /* BL; RISC-V JAL with another rd */                                                  \
  X(branch_reg)        /* BX, BXAUT, MOV PC, ADD PC; RISC-V JALR with rd = x0 */                             \
  X(branch_link_reg)   /* BLX, BLXNS; RISC-V JALR with another rd */                                         \
  X(table_branch)      /* TBB, TBH */                                                                        \
  X(loop_start)        /* WLS, DLS, WLSTP, DLSTP */                                                          \
  X(loop_end)          /* LE, LETP, LCTP */                                                                  \
  X(trap)              /* SVC, BKPT, UDF, HLT; RISC-V ECALL, EBREAK, zeros */                                \
  X(system)            /* MRS, MSR, CPS, SG, TT, CLRM, VSCCLRM, PACG, AUTG; RISC-V CSR, MRET, WFI */         \
  X(barrier)           /* DMB, DSB, ISB; RISC-V FENCE, FENCE.I, SFENCE.VMA */                                \
  X(coprocessor)       /* MCR, CDP and custom instructions, other than FP and MVE */                         \
  X(fp_transfer)       /* between core and FP registers, lanes of 32 bits, VMRS, VMSR */                     \
  X(fp_move)           /* VMOV, VABS, VNEG, VSEL, VMAXNM, VINS, VMOVX */                                     \
  X(fp_add)            /* VADD, VSUB, half and single */                                                     \
  X(fp_mul)            /* VMUL, VNMUL */                                                                     \
  X(fp_mac)            /* VMLA, VMLS, VNMLA, VFMA, VFMS */                                                   \
  X(fp_div)            /* VDIV */                                                                            \
  X(fp_sqrt)           /* VSQRT */                                                                           \
  X(fp_compare)        /* VCMP, VCMPE */                                                                     \
  X(fp_convert)        /* VCVT, VRINT */                                                                     \
  X(fp64_add)          /* the same in double precision */                                                    \
  X(fp64_mul)                                                                                                \
  X(fp64_mac)                                                                                                \
  X(fp64_div)                                                                                                \
  X(fp64_sqrt)                                                                                               \
  X(fp64_other)        /* VCMP, VCVT, VRINT, VMOV, VABS, VNEG with a double */                               \
  X(fp_load)           /* VLDR */                                                                            \
  X(fp_store)          /* VSTR */                                                                            \
  X(fp_load_multiple)  /* VLDM, VPOP, VLLDM */                                                               \
  X(fp_store_multiple) /* VSTM, VPUSH, VLSTM */                                                              \
  X(mve_alu)           /* integer add, subtract, logic, minimum, shift, narrow, widen, VREV, VCLZ */         \
  X(mve_mul)           /* VMUL, VMULH, VQDMULH, VMULL, VQDMULL */                                            \
  X(mve_mac)           /* VMLA, VMLAS, VQDMLAH, VQDMLADH */                                                  \
  X(mve_dot)           /* into core registers: VMLADAV, VMLALDAV, VRMLALDAVH, VADDV, VADDLV, VABAV, VMAXV */ \
  X(mve_fp_add)        /* VADD, VSUB, VABD, VMAXNM, VCVT, VRINT, VCADD of floating point */                  \
  X(mve_fp_mul)        /* VMUL, VCMUL */                                                                     \
  X(mve_fp_mac)        /* VFMA, VFMS, VFMAS, VCMLA */                                                        \
  X(mve_compare)       /* VCMP, VPT with a comparison */                                                     \
  X(mve_predicate)     /* VPST, VPNOT, VPSEL, VCTP, moves of VPR (P0) */                                     \
  X(mve_move)          /* VDUP, VMOV of immediates, lanes (not of 32 bits), VIDUP, VDDUP, VIWDUP */          \
  X(mve_load)          /* contiguous VLDR */                                                                 \
  X(mve_store)         /* contiguous VSTR */                                                                 \
  X(mve_gather)        /* VLDR with a vector of offsets or bases */                                          \
  X(mve_scatter)       /* VSTR with a vector of offsets or bases */                                          \
  X(mve_deinterleave)  /* VLD20 to VLD43 */                                                                  \
  X(mve_interleave)    /* VST20 to VST43 */

typedef enum {
#define TM_ENUM(name) TM_##name,
  TM_CLASSES(TM_ENUM)
#undef TM_ENUM
  TM_CLASS_COUNT
} tm_class;

/* "alu_imm" for TM_alu_imm. */
const char *tm_class_name(tm_class class_);
/* The class of that name, or TM_CLASS_COUNT. */
tm_class tm_class_named(const char *name);

#endif
