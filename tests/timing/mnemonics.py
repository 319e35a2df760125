"""What class an instruction has by a disassembler's text alone: the table that the decoder is held against.

Written by hand from the list of classes, not from the decoder.
"""

from __future__ import annotations

import re


def _words(text: str) -> list[str]:
    return text.split()


CONDITIONS = _words("eq ne cs hs cc lo mi pl vs vc hi ls ge lt gt le al")


def _table(**classes: str) -> dict[str, str]:
    return {word: class_ for class_, words in classes.items() for word in words.split()}


# Core instructions whose class does not hang on their operands.
_CORE = _table(
    nop="nop yield wfe wfi sev sevl dbg hint csdb esb pacbti bti pac aut bf bfx bfl bflx bfcsel",
    extend="sxtb sxth uxtb uxth sxtb16 uxtb16 sxtab sxtah uxtab uxtah sxtab16 uxtab16",
    bits="bfi bfc sbfx ubfx clz rbit rev rev16 revsh",
    saturate="ssat usat ssat16 usat16 qadd qsub qdadd qdsub",
    simd="sel usad8 "
    + " ".join(
        p + o
        for p in ("s", "q", "sh", "u", "uq", "uh")
        for o in ("add16", "asx", "sax", "sub16", "add8", "sub8", "addsubx", "subaddx")
    ),
    select="csel csinc csinv csneg cset csetm cinc cinv cneg",
    shift_long="lsll lsrl asrl uqshll urshrl srshrl sqshll uqrshll sqrshrl uqshl urshr srshr sqshl uqrshl sqrshr",
    mul="mul",
    mla="mla mls",
    mull="smull umull",
    mlal="smlal umlal umaal",
    dsp_mul="smulbb smulbt smultb smultt smulwb smulwt smuad smuadx smusd smusdx smmul smmulr",
    dsp_mla="smlabb smlabt smlatb smlatt smlawb smlawt smlad smladx smlsd smlsdx smmla smmlar smmls smmlsr usada8",
    dsp_mlal="smlalbb smlalbt smlaltb smlaltt smlald smlaldx smlsld smlsldx",
    div="sdiv udiv",
    load_double="ldrd",
    load_multiple="ldm ldmia ldmdb ldmfd ldmea pop",
    load_exclusive="ldrex ldrexb ldrexh lda ldab ldah ldaex ldaexb ldaexh",
    store="str strb strh strt strbt strht",
    store_double="strd",
    store_multiple="stm stmia stmdb stmfd stmea push",
    store_exclusive="strex strexb strexh stl stlb stlh stlex stlexb stlexh clrex",
    preload="pld pldw pli",
    compare_branch="cbz cbnz",
    branch_link="bl",
    branch_reg="bx bxns bxaut",
    branch_link_reg="blx blxns",
    table_branch="tbb tbh",
    move_top="movt",
    loop_start="wls dls wlstp dlstp",
    loop_end="le letp lctp",
    trap="svc bkpt udf hlt",
    system="mrs msr cps cpsie cpsid sg tt ttt tta ttat vscclrm clrm pacg autg",
    barrier="dmb dsb isb ssbb pssbb dfb sb",
    coprocessor="mcr mcr2 mrc mrc2 mcrr mcrr2 mrrc mrrc2 cdp cdp2 ldc ldcl ldc2 ldc2l stc stcl stc2 stc2l",
)
_DATA = frozenset(
    _words(
        "and eor add addw adc rsb sub subw sbc orr orn bic mvn mov movw tst teq cmp cmn adr neg cpy"
    )
)
_PKH = frozenset(_words("pkhbt pkhtb"))
_SHIFTS = frozenset(_words("lsl lsr asr ror rrx"))
_LOADS = frozenset(_words("ldr ldrb ldrh ldrsb ldrsh ldrt ldrbt ldrht ldrsbt ldrsht"))
_FLAG_SETTING = frozenset(
    _words("and eor add adc rsb sub sbc orr orn bic mvn mov lsl lsr asr ror rrx mul neg")
)
_IT = re.compile(r"it[te]{0,3}$")
_VPT = re.compile(r"(vpt|vpst)([te]{0,3})$")

# Floating point and MVE by mnemonic without type: class for S, D and Q registers, "" for no such form.
_FP_MOVE = ("fp_move", "fp64_other", "mve_alu")
_FP_CONVERT = ("fp_convert", "fp64_other", "mve_fp_add")
_VECTOR: dict[str, tuple[str, str, str]] = {
    **dict.fromkeys(("vadd", "vsub"), ("fp_add", "fp64_add", "mve_alu")),
    **dict.fromkeys(("vmul", "vnmul"), ("fp_mul", "fp64_mul", "mve_mul")),
    **dict.fromkeys(("vmla", "vmls", "vnmla", "vnmls"), ("fp_mac", "fp64_mac", "mve_mac")),
    **dict.fromkeys(("vfma", "vfms", "vfnma", "vfnms"), ("fp_mac", "fp64_mac", "mve_fp_mac")),
    "vdiv": ("fp_div", "fp64_div", ""),
    "vsqrt": ("fp_sqrt", "fp64_sqrt", ""),
    **dict.fromkeys(("vcmp", "vcmpe"), ("fp_compare", "fp64_other", "mve_compare")),
    **dict.fromkeys(("vabs", "vneg"), _FP_MOVE),
    **dict.fromkeys(("vmaxnm", "vminnm"), ("fp_move", "fp64_other", "mve_fp_add")),
    **dict.fromkeys(("vseleq", "vselge", "vselgt", "vselvs"), _FP_MOVE),
    **dict.fromkeys(("vins", "vmovx"), _FP_MOVE),
    **dict.fromkeys(_words("vcvt vcvta vcvtb vcvtm vcvtn vcvtp vcvtr vcvtt"), _FP_CONVERT),
    **dict.fromkeys(_words("vrinta vrintm vrintn vrintp vrintr vrintx vrintz"), _FP_CONVERT),
}
_MVE = _table(
    mve_alu="vhadd vhsub vqadd vqsub vrhadd vshl vqshl vrshl vqrshl vshr vrshr vsli vsri vqshlu vmax vmin vmaxa vmina "
    "vabd vhcadd vadc vadci vsbc vsbci vand vbic vorr vorn veor vclz vcls vqabs vqneg vrev16 vrev32 vrev64 vbrsr vshlc "
    "vmovlb vmovlt vmovnb vmovnt vqmovnb vqmovnt vqmovunb vqmovunt vshllb vshllt vshrnb vshrnt vrshrnb vrshrnt "
    "vqshrnb vqshrnt vqshrunb vqshrunt vqrshrnb vqrshrnt vqrshrunb vqrshrunt vcadd",
    mve_mul="vmulh vrmulh vqdmulh vqrdmulh vmullb vmullt vqdmullb vqdmullt",
    mve_mac="vmlas vqdmlah vqrdmlah vqdmlash vqrdmlash vqdmladh vqdmladhx vqrdmladh vqrdmladhx vqdmlsdh vqdmlsdhx "
    "vqrdmlsdh vqrdmlsdhx",
    mve_dot="vmladav vmladava vmladavx vmladavax vmlav vmlava vmlsdav vmlsdava vmlsdavx vmlsdavax vmlaldav vmlaldava "
    "vmlaldavx vmlaldavax vmlalv vmlalva vmlsldav vmlsldava vmlsldavx vmlsldavax vrmlaldavh vrmlaldavha vrmlaldavhx "
    "vrmlaldavhax vrmlalvh vrmlalvha vrmlsldavh vrmlsldavha vrmlsldavhx vrmlsldavhax vaddv vaddva vaddlv vaddlva vabav "
    "vmaxv vminv vmaxav vminav vmaxnmv vminnmv vmaxnmav vminnmav",
    mve_fp_add="vmaxnma vminnma",
    mve_fp_mul="vcmul",
    mve_fp_mac="vfmas vcmla",
    mve_predicate="vpnot vpsel vctp",
    mve_move="vdup vidup vddup viwdup vdwdup",
    mve_deinterleave="vld20 vld21 vld40 vld41 vld42 vld43",
    mve_interleave="vst20 vst21 vst40 vst41 vst42 vst43",
)
_FP_MEMORY = _table(
    fp_load_multiple="vldm vldmia vldmdb vpop vlldm fldmiax fldmdbx fldmx",
    fp_store_multiple="vstm vstmia vstmdb vpush vlstm fstmiax fstmdbx fstmx",
)
_FP_OF_INTEGER = {"mve_alu": "mve_fp_add", "mve_mul": "mve_fp_mul"}


def arm_class(mnemonic: str, operands: str) -> str:
    """The class of a Thumb instruction.

    Raises:
        KeyError: the mnemonic is not known.
    """
    base, *types = re.sub(r"<und>$", "", mnemonic.lower()).split(".")
    if "w" in types and operands.startswith("pc,"):
        operands = "r0" + operands[2:]  # UNPREDICTABLE but in loads: no branch
    types = [t for t in types if t not in ("w", "n")]
    operands = operands.lower()
    if class_ := _classify(base, types, operands):
        return class_
    if base[-2:] in CONDITIONS and (class_ := _classify(base[:-2], types, operands)):
        if base == "b" + base[-2:]:
            return "branch_cond"
        return class_
    if (
        base.startswith("v")
        and base[-1] in "te"
        and (class_ := _classify(base[:-1], types, operands))
    ):
        return class_  # in a VPT block
    raise KeyError(f"{mnemonic} {operands}")


def _classify(base: str, types: list[str], operands: str) -> str | None:
    first = operands.split(",")[0].strip()
    if base == "b":
        return "branch"
    if _IT.match(base):
        return "it"
    if match := _VPT.match(base):
        return "mve_compare" if match[1] == "vpt" else "mve_predicate"
    if base.startswith(("v", "f")):
        return _vector(base, types, operands)
    plain = base[:-1] if base.endswith("s") and base[:-1] in _FLAG_SETTING else base
    if plain == "mul":
        return "mul"
    if plain in _LOADS:
        return "load_literal" if re.search(r"\[pc\b", operands) or "[" not in operands else "load"
    if plain in _SHIFTS:
        return "alu" if operands.endswith(" #0") and plain == "lsl" else "shift"
    if plain in _PKH:
        return "alu_shift"
    if plain in _DATA:
        return _data(plain, first, operands)
    return _CORE.get(base)


def _data(base: str, first: str, operands: str) -> str:
    """Data processing: by its last operand."""
    if re.search(r", (lsl|lsr|asr|ror) #|, rrx$", operands):
        return "shift" if base in ("mov", "cpy") else "alu_shift"
    if base in ("adr", "neg") or "#" in operands or base == "movw":
        return "alu_imm"
    if re.search(r", (lsl|lsr|asr|ror) r", operands):
        return "shift"
    return "branch_reg" if first == "pc" and base in ("mov", "add", "cpy") else "alu"


def _vector(base: str, types: list[str], operands: str) -> str | None:
    registers = re.findall(r"\b([qds])\d+\b", operands)
    kind = "q" if "q" in registers else "d" if "d" in registers else "s"
    if base in ("vmrs", "vmsr"):
        return "mve_predicate" if re.search(r"\b(vpr|p0)\b", operands) else "fp_transfer"
    if base in _FP_MEMORY:
        return _FP_MEMORY[base]
    if match := re.match(r"v(ldr|str)([bhwd]?)$", base):
        return _vector_memory(match[1] == "ldr", match[2], operands)
    if base == "vscclrm":
        return "system"
    if base in ("vmov", "vmvn"):
        return _vector_move(base, types, operands, registers)
    floating = any(t.startswith("f") for t in types)
    if base in _VECTOR:
        class_ = _VECTOR[base]["sdq".index(kind)]
        return (_FP_OF_INTEGER.get(class_, class_) if floating else class_) or None
    class_ = _MVE.get(base, "")
    if base == "vmovlt" and kind != "q":
        return None  # VMOV if less than
    return (_FP_OF_INTEGER.get(class_, class_) if floating else class_) or None


def _vector_move(base: str, types: list[str], operands: str, registers: list[str]) -> str:
    if "#" in operands and "q" in registers:
        return "mve_move"
    if "#" in operands:
        return "fp64_other" if "d" in registers else "fp_move"
    core = re.search(r"\b(r\d+|sl|fp|ip|sp|lr|pc|sb)\b", operands) is not None
    if core and "[" in operands:
        narrow = any(t.endswith(("8", "16")) for t in types)
        return "mve_move" if narrow or operands.count("[") == 2 else "fp_transfer"
    if core:
        return "fp_transfer"
    if "q" in registers:
        return "mve_alu"
    return "fp64_other" if "d" in registers else "fp_move"


def _vector_memory(load: bool, size: str, operands: str) -> str:
    if not size:
        return "fp_load" if load else "fp_store"
    if re.search(r"\[q|, q\d", operands):
        return "mve_gather" if load else "mve_scatter"
    return "mve_load" if load else "mve_store"


_RISCV = _table(
    alu="add sub slt sltu xor or and mv neg snez sltz sgtz zext.b not",
    alu_imm="addi slti sltiu xori ori andi lui auipc li seqz",
    shift="sll srl sra slli srli srai slli64 srli64 srai64",
    mul="mul",
    mull="mulh mulhu mulhsu",
    div="div divu rem remu",
    load="lb lh lw lbu lhu",
    store="sb sh sw",
    load_exclusive="lr.w",
    store_exclusive="sc.w",
    atomic=" ".join(f"amo{o}.w" for o in _words("swap add xor and or min max minu maxu")),
    branch="j",
    branch_cond="beq bne blt bge bltu bgeu beqz bnez blez bgez bltz bgtz bgt ble bgtu bleu",
    branch_link="jal",
    branch_reg="jr ret",
    branch_link_reg="jalr",
    trap="ecall ebreak unimp",
    system="csrrw csrrs csrrc csrrwi csrrsi csrrci csrr csrw csrs csrc csrwi csrsi csrci mret sret wfi rdcycle rdtime "
    "rdinstret rdcycleh rdtimeh rdinstreth fscsr frcsr fsrm frrm fsflags frflags fsrmi fsflagsi",
    barrier="fence fence.i fence.tso sfence.vma pause",
    nop="nop",
)
_X0 = frozenset(("zero", "x0"))
_COMPUTES = frozenset(("alu", "alu_imm", "shift"))


def riscv_class(mnemonic: str, operands: str) -> str:
    """The class of an RV32 instruction.

    Raises:
        KeyError: the mnemonic is not known.
    """
    base = mnemonic.lower().removeprefix("c.")
    base = re.sub(r"^((lr|sc|amo\w+)\.w)\.(aq|rl|aqrl)$", r"\1", base)
    base = {"addi4spn": "addi", "addi16sp": "addi", "lwsp": "lw", "swsp": "sw"}.get(base, base)
    parts = [part.strip() for part in operands.split(",")]
    class_ = _RISCV[base]
    if base == "jal" and len(parts) > 1 and parts[0] in _X0:
        return "branch"
    if base == "jalr" and len(parts) > 1 and parts[0] in _X0:
        return "branch_reg"
    if base in ("not", "zext.b"):
        class_ = "alu_imm"
    if class_ in _COMPUTES and parts[0] in _X0:
        return "nop"
    return class_
