"""Registers, flags, counts and accesses of one case of every format, written by hand.

A case is the instruction as the assembler takes it, its class, and what tm_insn says of it: w(rites),
a(ddress), r(eads), l(ate) with registers, f with flags, n with the count, m with the bytes of a memory
access. What is not said is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {"sp": 1 << 13, "lr": 1 << 14, "pc": 1 << 15, "apsr": 1 << 16, "vpr": 1 << 17}

THUMB16 = """
movs r1, r2                | alu             | w r1 apsr | r r2 | f sets_flags
lsls r1, r2, #3            | shift           | w r1 apsr | r r2 | f sets_flags
adds r1, r2, r3            | alu             | w r1 apsr | r r2 r3 | f sets_flags
subs r1, r2, #3            | alu_imm         | w r1 apsr | r r2 | f sets_flags
movs r5, #200              | alu_imm         | w r5 apsr | f sets_flags
cmp r5, #200               | alu_imm         | w apsr | r r5 | f sets_flags
adds r5, #200              | alu_imm         | w r5 apsr | r r5 | f sets_flags
ands r1, r2                | alu             | w r1 apsr | r r1 r2 | f sets_flags
lsrs r1, r2                | shift           | w r1 apsr | r r1 r2 | f sets_flags by_register
adcs r1, r2                | alu             | w r1 apsr | r r1 r2 apsr | f sets_flags
tst r1, r2                 | alu             | w apsr | r r1 r2 | f sets_flags
rsbs r1, r2, #0            | alu_imm         | w r1 apsr | r r2 | f sets_flags
muls r1, r2                | mul             | w r1 apsr | r r1 r2 | f sets_flags
mvns r1, r2                | alu             | w r1 apsr | r r2 | f sets_flags
add r9, r3                 | alu             | w r9 | r r9 r3
add pc, r3                 | branch_reg      | w pc | a pc r3 | f branches indirect
cmp r9, r3                 | alu             | w apsr | r r9 r3 | f sets_flags
mov r9, r10                | alu             | w r9 | r r10
mov pc, r10                | branch_reg      | w pc | a r10 | f branches indirect
bx lr                      | branch_reg      | a lr | f branches indirect
blx r3                     | branch_link_reg | w lr | a r3 | f branches indirect call
ldr r1, [pc, #8]           | load_literal    | w r1 | a pc | m 4
ldrsb r1, [r2, r3]         | load            | w r1 | a r2 r3 | m 1 | f register_offset
strh r1, [r2, r3]          | store           | l r1 | a r2 r3 | m 2 | f register_offset
ldrh r1, [r2, #4]          | load            | w r1 | a r2 | m 2
strb r1, [r2, #4]          | store           | l r1 | a r2 | m 1
str r1, [sp, #4]           | store           | l r1 | a sp | m 4
adr r1, .+8                | alu_imm         | w r1 | r pc
add r1, sp, #8             | alu_imm         | w r1 | r sp
sub sp, #8                 | alu_imm         | w sp | r sp
cbz r3, .+8                | compare_branch  | r r3 | f branches conditional
uxtb r1, r2                | extend          | w r1 | r r2
revsh r1, r2               | bits            | w r1 | r r2
push {r0, r4, lr}          | store_multiple  | w sp | a sp | l r0 r4 lr | m 4 | n 3 | f writeback
pop {r0, r4, pc}           | load_multiple   | w r0 r4 pc sp | a sp | m 4 | n 3 | f writeback branches indirect
pop {r0}                   | load_multiple   | w r0 sp | a sp | m 4 | n 1 | f writeback
stm r3!, {r0, r1}          | store_multiple  | w r3 | a r3 | l r0 r1 | m 4 | n 2 | f writeback
ldm r3!, {r0, r1}          | load_multiple   | w r0 r1 r3 | a r3 | m 4 | n 2 | f writeback
ldm r3, {r0, r3}           | load_multiple   | w r0 r3 | a r3 | m 4 | n 2
cpsid i                    | system          |
svc #3                     | trap            |
beq .+20                   | branch_cond     | r apsr | f branches conditional
b .+20                     | branch          | f branches
wfi                        | nop             |
"""

THUMB32 = """
and.w r1, r2, r3           | alu             | w r1 | r r2 r3
ands.w r1, r2, r3          | alu             | w r1 apsr | r r2 r3 | f sets_flags
add.w r1, r2, r3, lsl #2   | alu_shift       | w r1 | r r2 r3
sbcs.w r1, r2, r3          | alu             | w r1 apsr | r r2 r3 apsr | f sets_flags
orn r1, r2, r3, rrx        | alu_shift       | w r1 | r r2 r3 apsr | f shifts_right
rrx r1, r2                 | shift           | w r1 | r r2 apsr
mov.w r8, r9               | alu             | w r8 | r r9
asr.w r8, r9, #4           | shift           | w r8 | r r9
mvn.w r8, r9               | alu             | w r8 | r r9
teq r8, r9                 | alu             | w apsr | r r8 r9 | f sets_flags
cmp.w r8, r9, lsl #1       | alu_shift       | w apsr | r r8 r9 | f sets_flags
pkhtb r1, r2, r3, asr #4   | alu_shift       | w r1 | r r2 r3
tst.w r1, #1               | alu_imm         | w apsr | r r1 | f sets_flags
mov.w r1, #0x55005500      | alu_imm         | w r1
eor r1, r2, #0x55005500    | alu_imm         | w r1 | r r2
mov.w r1, #0x1fc0          | alu_imm         | w r1
mvn r1, #0x1fc0            | alu_imm         | w r1
eor r1, r2, #0x1fc0        | alu_imm         | w r1 | r r2 | f rotated_constant
cmp.w r2, #0x80000000      | alu_imm         | w apsr | r r2 | f sets_flags rotated_constant
adcs.w r1, r2, #7          | alu_imm         | w r1 apsr | r r2 apsr | f sets_flags
movw r1, #1234             | alu_imm         | w r1
movt r1, #1234             | move_top        | w r1 | r r1
addw r1, r2, #1234         | alu_imm         | w r1 | r r2
ssat r1, #8, r2, lsl #3    | saturate        | w r1 | r r2
usat16 r1, #8, r2          | saturate        | w r1 | r r2
sbfx r1, r2, #3, #4        | bits            | w r1 | r r2
bfi r1, r2, #3, #4         | bits            | w r1 | r r1 r2
bfc r1, #3, #4             | bits            | w r1 | r r1
ror.w r1, r2, r3           | shift           | w r1 | r r2 r3 | f by_register
sxth.w r8, r2              | extend          | w r8 | r r2
sxtab16 r1, r2, r3         | extend          | w r1 | r r2 r3
uqsub8 r1, r2, r3          | simd            | w r1 | r r2 r3
sel r1, r2, r3             | simd            | w r1 | r r2 r3
qdadd r1, r2, r3           | saturate        | w r1 | r r2 r3
rbit r1, r2                | bits            | w r1 | r r2
clz r1, r2                 | bits            | w r1 | r r2
mul r1, r2, r3             | mul             | w r1 | r r2 r3
mls r1, r2, r3, r4         | mla             | w r1 | r r2 r3 | l r4
smulwt r1, r2, r3          | dsp_mul         | w r1 | r r2 r3
smlad r1, r2, r3, r4       | dsp_mla         | w r1 | r r2 r3 | l r4
usad8 r1, r2, r3           | simd            | w r1 | r r2 r3
usada8 r1, r2, r3, r4      | dsp_mla         | w r1 | r r2 r3 | l r4
umull r1, r2, r3, r4       | mull            | w r1 r2 | r r3 r4
smlal r1, r2, r3, r4       | mlal            | w r1 r2 | r r3 r4 | l r1 r2
smlalbt r1, r2, r3, r4     | dsp_mlal        | w r1 r2 | r r3 r4 | l r1 r2
udiv r1, r2, r3            | div             | w r1 | r r2 r3
csel r1, r2, r3, eq        | select          | w r1 | r r2 r3 apsr
cset r1, eq                | select          | w r1 | r apsr
lsll r2, r5, #3            | shift_long      | w r2 r5 | r r2 r5
asrl r2, r5, r7            | shift_long      | w r2 r5 | r r2 r5 r7 | f by_register
uqshll r2, r5, #3          | shift_long      | w r2 r5 | r r2 r5
sqrshrl r2, r5, #64, r7    | shift_long      | w r2 r5 | r r2 r5 r7 | f by_register
srshr r2, #3               | shift_long      | w r2 | r r2
uqrshl r2, r5              | shift_long      | w r2 | r r2 r5 | f by_register
stm.w r9, {r0, r10}        | store_multiple  | a r9 | l r0 r10 | m 4 | n 2
ldmdb r9!, {r0, pc}        | load_multiple   | w r0 pc r9 | a r9 | m 4 | n 2 | f writeback branches indirect
clrm {r0, r3, apsr}        | system          | w r0 r3 apsr | n 3
ldrd r1, r2, [r3], #8      | load_double     | w r1 r2 r3 | a r3 | m 4 | f writeback
strd r1, r2, [r3, #8]      | store_double    | a r3 | l r1 r2 | m 4
ldrex r1, [r2]             | load_exclusive  | w r1 | a r2 | m 4
strexb r1, r2, [r3]        | store_exclusive | w r1 | a r3 | l r2 | m 1
strex r1, r2, [r3, #4]     | store_exclusive | w r1 | a r3 | l r2 | m 4
lda r1, [r2]               | load_exclusive  | w r1 | a r2 | m 4
stlh r1, [r2]              | store_exclusive | a r2 | l r1 | m 2
clrex                      | store_exclusive |
tbh [r1, r2, lsl #1]       | table_branch    | a r1 r2 | m 2 | f branches indirect register_offset
sg                         | system          |
tt r1, r2                  | system          | w r1 | r r2
ldr.w r1, [r2, #1000]      | load            | w r1 | a r2 | m 4
ldr pc, [r2, #4]!          | load            | w pc r2 | a r2 | m 4 | f writeback branches indirect
ldrsh.w r1, [r2, r3, lsl #1] | load          | w r1 | a r2 r3 | m 2 | f register_offset
ldrb.w r1, [pc, #100]      | load_literal    | w r1 | a pc | m 1
ldrt r1, [r2, #4]          | load            | w r1 | a r2 | m 4
str r1, [r2], #-4          | store           | w r2 | a r2 | l r1 | m 4 | f writeback
strb.w r1, [r2, r3]        | store           | a r2 r3 | l r1 | m 1 | f register_offset
pld [r1, r2]               | preload         | a r1 r2
pli [r1, #100]             | preload         | a r1
msr apsr_nzcvq, r1         | system          | w apsr | r r1
msr basepri, r1            | system          | r r1
mrs r1, apsr               | system          | w r1 | r apsr
dmb                        | barrier         |
bne.w .+2000               | branch_cond     | r apsr | f branches conditional
b.w .+2000                 | branch          | f branches
bl .+2000                  | branch_link     | w lr | f branches call
wls lr, r3, .+20           | loop_start      | w lr | r r3 | f branches conditional
dlstp.16 lr, r3            | loop_start      | w lr | r r3
le lr, .-20                | loop_end        | w lr | r lr | f branches conditional
le .-20                    | loop_end        | f branches
letp lr, .-20              | loop_end        | w lr | r lr | f branches conditional
lctp                       | loop_end        |
bf .+8, .+100              | nop             |
udf.w #3                   | trap            |
mcr p1, #2, r3, c4, c5, #6 | coprocessor     | r r3
mrc p1, #2, apsr_nzcv, c4, c5, #6 | coprocessor | w apsr | f sets_flags
mrrc p1, #2, r3, r4, c5    | coprocessor     | w r3 r4
cdp p1, #2, c3, c4, c5, #6 | coprocessor     |
ldc p1, c2, [r3, #4]!      | coprocessor     | w r3 | a r3 | m 4 | f writeback
stc2 p1, c2, [r3], {4}     | coprocessor     | a r3 | m 4
bxaut r1, r2, r3           | branch_reg      | a r2 | r r1 r3 | f branches indirect
pacg r1, r2, r3            | system          | w r1 | r r2 r3
"""

FP = """
vadd.f32 s1, s2, s3        | fp_add          | w s1 | r s2 s3
vsub.f64 d1, d2, d3        | fp64_add        | w d1 | r d2 d3
vadd.f16 s1, s2, s3        | fp_add          | w s1 | r s2 s3
vnmul.f32 s1, s2, s3       | fp_mul          | w s1 | r s2 s3
vmla.f32 s1, s2, s3        | fp_mac          | w s1 | r s2 s3 | l s1
vfnms.f64 d1, d2, d3       | fp64_mac        | w d1 | r d2 d3 | l d1
vdiv.f32 s1, s2, s3        | fp_div          | w s1 | r s2 s3
vsqrt.f64 d1, d2           | fp64_sqrt       | w d1 | r d2
vmov.f32 s1, #1.0          | fp_move         | w s1
vmov.f64 d1, d2            | fp64_other      | w d1 | r d2
vabs.f32 s1, s31           | fp_move         | w s1 | r s31
vcmp.f32 s1, s2            | fp_compare      | w apsr | r s1 s2
vcmpe.f64 d1, #0.0         | fp64_other      | w apsr | r d1
vmrs apsr_nzcv, fpscr      | fp_transfer     | w apsr | r apsr | f sets_flags
vmrs r1, fpscr             | fp_transfer     | w r1 | r apsr
vmsr fpscr, r1             | fp_transfer     | w apsr | r r1
vmsr p0, r1                | mve_predicate   | w vpr | r r1
vcvt.f64.f32 d1, s5        | fp64_other      | w d1 | r s5
vcvt.f32.f64 s5, d1        | fp64_other      | w s5 | r d1
vcvt.s32.f64 s5, d1        | fp64_other      | w s5 | r d1
vcvt.f32.u32 s5, s6        | fp_convert      | w s5 | r s6
vcvt.f32.s16 s5, s5, #3    | fp_convert      | w s5 | r s5
vcvtt.f16.f32 s5, s6       | fp_convert      | w s5 | r s5 s6
vcvtb.f32.f16 s5, s6       | fp_convert      | w s5 | r s6
vrintz.f32 s5, s6          | fp_convert      | w s5 | r s6
vcvta.u32.f64 s5, d1       | fp64_other      | w s5 | r d1
vseleq.f32 s5, s6, s7      | fp_move         | w s5 | r s6 s7 apsr
vmaxnm.f64 d1, d2, d3      | fp64_other      | w d1 | r d2 d3
vins.f16 s5, s6            | fp_move         | w s5 | r s5 s6
vmov s5, r1                | fp_transfer     | w s5 | r r1
vmov r1, s5                | fp_transfer     | w r1 | r s5
vmov s5, s6, r1, r2        | fp_transfer     | w s5 s6 | r r1 r2
vmov r1, r2, d3            | fp_transfer     | w r1 r2 | r d3
vmov.32 d3[1], r1          | fp_transfer     | w s7 | r r1
vldr s5, [r1, #4]          | fp_load         | w s5 | a r1 | m 4 | n 1
vldr d5, [pc, #4]          | fp_load         | w d5 | a pc | m 4 | n 2
vstr.16 s5, [r1, #4]       | fp_store        | l s5 | a r1 | m 2 | n 1
vstr FPSCR, [r1, #4]!      | fp_store        | w r1 | l apsr | a r1 | m 4 | n 1 | f writeback
vldm r1, {s5-s8}           | fp_load_multiple  | w s5 s6 s7 s8 | a r1 | m 4 | n 4
vpush {d8-d9}              | fp_store_multiple | w sp | l d8 d9 | a sp | m 4 | n 4 | f writeback
vscclrm {s4-s6, vpr}       | system          | w s4 s5 s6 vpr | n 3
"""

# VCVTT.F16.F32 Q0, Q1 stands as a number: version 2.40 of the assembler mistakes Q1 for Q2 in it.
MVE = """
vadd.i8 q0, q1, q2         | mve_alu         | w q0 | r q1 q2
vadd.i8 q0, q1, r2         | mve_alu         | w q0 | r q1 r2
vadd.f32 q0, q1, q2        | mve_fp_add      | w q0 | r q1 q2
vmul.f16 q0, q1, r2        | mve_fp_mul      | w q0 | r q1 r2
vfma.f32 q0, q1, q2        | mve_fp_mac      | w q0 | r q1 q2 | l q0
vfmas.f32 q0, q1, r2       | mve_fp_mac      | w q0 | r q1 r2 | l q0
vcmla.f32 q0, q1, q2, #90  | mve_fp_mac      | w q0 | r q1 q2 | l q0
vmla.s16 q0, q1, r2        | mve_mac         | w q0 | r q1 r2 | l q0
vqdmladhx.s16 q0, q1, q2   | mve_mac         | w q0 | r q1 q2 | l q0
vqrdmulh.s32 q0, q1, q2    | mve_mul         | w q0 | r q1 q2
vmullt.s8 q0, q1, q2       | mve_mul         | w q0 | r q1 q2
vadc.i32 q0, q1, q2        | mve_alu         | w q0 apsr | r q1 q2 apsr
vadci.i32 q0, q1, q2       | mve_alu         | w q0 apsr | r q1 q2
vshr.s8 q0, q1, #3         | mve_alu         | w q0 | r q1
vsli.8 q0, q1, #3          | mve_alu         | w q0 | r q0 q1
vrshl.s8 q0, r1            | mve_alu         | w q0 | r q0 r1
vshlc q0, r1, #3           | mve_alu         | w q0 r1 | r q0 r1
vqshrnb.s16 q0, q1, #3     | mve_alu         | w q0 | r q0 q1
vmovlb.s8 q0, q1           | mve_alu         | w q0 | r q1
vmovnt.i16 q0, q1          | mve_alu         | w q0 | r q0 q1
vmaxa.s8 q0, q1            | mve_alu         | w q0 | r q0 q1
vrev64.8 q0, q1            | mve_alu         | w q0 | r q1
.inst.w 0xee3f1e03         | mve_fp_add      | w q0 | r q0 q1
vrintx.f32 q0, q1          | mve_fp_add      | w q0 | r q1
vmov.i32 q0, #1            | mve_move        | w q0
vorr.i32 q0, #1            | mve_alu         | w q0 | r q0
vdup.16 q3, r1             | mve_move        | w q3 | r r1
vmov.8 q3[2], r1           | mve_move        | w q3 | r q3 r1
vmov.u16 r1, q3[2]         | mve_move        | w r1 | r q3
vmov q3[2], q3[0], r1, r2  | mve_move        | w q3 | r q3 r1 r2
vidup.u8 q0, r2, #4        | mve_move        | w q0 r2 | r r2
viwdup.u8 q0, r2, r5, #4   | mve_move        | w q0 r2 | r r2 r5
vmladav.s8 r2, q1, q2      | mve_dot         | w r2 | r q1 q2
vmladava.s8 r2, q1, q2     | mve_dot         | w r2 | r q1 q2 | l r2
vmlaldava.s16 r2, r5, q1, q2 | mve_dot       | w r2 r5 | r q1 q2 | l r2 r5
vrmlaldavh.s32 r2, r5, q1, q2 | mve_dot      | w r2 r5 | r q1 q2
vaddva.u8 r2, q1           | mve_dot         | w r2 | r q1 | l r2
vaddlv.u32 r2, r5, q1      | mve_dot         | w r2 r5 | r q1
vabav.u8 r3, q1, q2        | mve_dot         | w r3 | r q1 q2 | l r3
vmaxv.s8 r3, q1            | mve_dot         | w r3 | r q1 | l r3
vminnmav.f32 r3, q1        | mve_dot         | w r3 | r q1 | l r3
vcmp.i8 eq, q1, q2         | mve_compare     | w vpr | r q1 q2
vcmp.f32 gt, q1, zr        | mve_compare     | w vpr | r q1
vctp.8 r3                  | mve_predicate   | w vpr | r r3
vpsel q0, q1, q2           | mve_predicate   | w q0 | r q1 q2 vpr
vpnot                      | mve_predicate   | w vpr | r vpr
vldrw.u32 q1, [r2, #4]!    | mve_load        | w q1 r2 | a r2 | m 4 | n 4 | f writeback
vldrb.s16 q1, [r2], #4     | mve_load        | w q1 r2 | a r2 | m 1 | n 8 | f writeback
vstrh.16 q1, [r10, #4]     | mve_store       | l q1 | a r10 | m 2 | n 8
vldrh.s32 q1, [r2, q3, uxtw #1] | mve_gather | w q1 | a r2 q3 | m 2 | n 4 | f register_offset
vldrd.u64 q1, [r2, q3]     | mve_gather      | w q1 | a r2 q3 | m 4 | n 4 | f register_offset
vldrw.u32 q1, [q3, #4]!    | mve_gather      | w q1 q3 | a q3 | m 4 | n 4 | f writeback
vstrb.8 q1, [r2, q3]       | mve_scatter     | l q1 | a r2 q3 | m 1 | n 16 | f register_offset
vld20.8 {q1, q2}, [r2]     | mve_deinterleave | w q1 q2 | r q1 q2 | a r2 | m 1
vst43.32 {q1, q2, q3, q4}, [r2]! | mve_interleave | w r2 | l q1 q2 q3 q4 | a r2 | m 4 | f writeback
"""

RV32 = """
add x5, x6, x7             | alu             | w x5 | r x6 x7
sll x5, x6, x7             | shift           | w x5 | r x6 x7 | f by_register
srai x5, x6, 7             | shift           | w x5 | r x6
xori x5, x6, 7             | alu_imm         | w x5 | r x6
lui x5, 7                  | alu_imm         | w x5
auipc x5, 7                | alu_imm         | w x5
slti x0, x6, 7             | nop             | r x6
mul x5, x6, x7             | mul             | w x5 | r x6 x7
mulhsu x5, x6, x7          | mull            | w x5 | r x6 x7
remu x5, x6, x7            | div             | w x5 | r x6 x7
lhu x5, 4(x6)              | load            | w x5 | a x6 | m 2
sb x5, 4(x6)               | store           | a x6 | l x5 | m 1
lr.w x5, (x6)              | load_exclusive  | w x5 | a x6 | m 4
sc.w x5, x7, (x6)          | store_exclusive | w x5 | a x6 | l x7 | m 4
amomaxu.w.aqrl x5, x7, (x6) | atomic         | w x5 | a x6 | l x7 | m 4
bltu x5, x6, .+8           | branch_cond     | r x5 x6 | f branches conditional
jal x0, .+8                | branch          | f branches
jal x1, .+8                | branch_link     | w x1 | f branches call
jalr x0, 4(x5)             | branch_reg      | a x5 | f branches indirect
jalr x1, 4(x5)             | branch_link_reg | w x1 | a x5 | f branches indirect call
ecall                      | trap            |
csrrw x5, mstatus, x6      | system          | w x5 | r x6
csrrsi x5, mstatus, 6      | system          | w x5
mret                       | system          | f branches indirect
wfi                        | system          |
fence                      | barrier         |
fence.i                    | barrier         |
c.addi4spn x8, x2, 16      | alu_imm         | w x8 | r x2
c.lw x8, 4(x9)             | load            | w x8 | a x9 | m 4
c.sw x8, 4(x9)             | store           | l x8 | a x9 | m 4
c.nop                      | nop             |
c.addi x5, 3               | alu_imm         | w x5 | r x5
c.jal .+8                  | branch_link     | w x1 | f branches call
c.li x5, 3                 | alu_imm         | w x5
c.lui x5, 3                | alu_imm         | w x5
c.addi16sp x2, 32          | alu_imm         | w x2 | r x2
c.srli x8, 3               | shift           | w x8 | r x8
c.andi x8, 3               | alu_imm         | w x8 | r x8
c.xor x8, x9               | alu             | w x8 | r x8 x9
c.j .+8                    | branch          | f branches
c.beqz x8, .+8             | branch_cond     | r x8 | f branches conditional
c.slli x5, 3               | shift           | w x5 | r x5
c.lwsp x5, 4(x2)           | load            | w x5 | a x2 | m 4
c.jr x5                    | branch_reg      | a x5 | f branches indirect
c.jalr x5                  | branch_link_reg | w x1 | a x5 | f branches indirect call
c.mv x5, x6                | alu             | w x5 | r x6
c.add x5, x6               | alu             | w x5 | r x5 x6
c.ebreak                   | trap            |
c.swsp x5, 4(x2)           | store           | l x5 | a x2 | m 4
"""


@dataclass(frozen=True)
class Case:
    """An instruction and what tm_insn has to say of it, as sets of names and numbers."""

    text: str
    class_: str
    masks: dict[str, int]
    flags: frozenset[str]
    count: int
    access: int


def mask(names: list[str]) -> int:
    result = 0
    for name in names:
        if name in NAMES:
            result |= NAMES[name]
            continue
        number = int(name[1:])
        width = {"r": 1, "x": 1, "s": 1, "d": 2, "q": 4}[name[0]]
        base = 0 if name[0] in "rx" else 32
        result |= ((1 << width) - 1) << (base + number * width)
    return result


def cases(table: str) -> list[Case]:
    result = []
    for line in table.strip().splitlines():
        text, class_, *parts = (part.strip() for part in line.split("|"))
        said = {part[0]: part[1:].split() for part in parts if part}
        result.append(
            Case(
                text=text,
                class_=class_,
                masks={role: mask(said.get(role, [])) for role in "warl"},
                flags=frozenset(said.get("f", [])),
                count=int(said.get("n", ["0"])[0]),
                access=int(said.get("m", ["0"])[0]),
            )
        )
    return result


TABLES = {"THUMB16": THUMB16, "THUMB32": THUMB32, "FP": FP, "MVE": MVE, "RV32": RV32}
