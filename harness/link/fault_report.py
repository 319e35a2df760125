"""A FAULT frame in words.

Source: Armv7-M Architecture Reference Manual (ARM DDI 0403), B3.2.15 CFSR and B3.2.16 HFSR;
exception numbers B1.5.2. Armv8-M adds STKOF. RISC-V: privileged specification, table of `mcause`
codes.
"""

from __future__ import annotations

import signal

from harness.link.messages import FaultReport

_ARM_EXCEPTIONS = {2: "NMI", 3: "HardFault", 4: "MemManage", 5: "BusFault", 6: "UsageFault"}
_ARM_EXCEPTIONS[7] = "SecureFault"

_CFSR = {
    0: ("IACCVIOL", "instruction fetch from a forbidden address"),
    1: ("DACCVIOL", "forbidden data access"),
    3: ("MUNSTKERR", "forbidden access while leaving an exception"),
    4: ("MSTKERR", "forbidden access while entering an exception"),
    5: ("MLSPERR", "forbidden access while saving the FPU state"),
    8: ("IBUSERR", "bus error on an instruction fetch"),
    9: ("PRECISERR", "bus error on a data access"),
    10: ("IMPRECISERR", "bus error on an earlier data access"),
    11: ("UNSTKERR", "bus error while leaving an exception"),
    12: ("STKERR", "bus error while entering an exception"),
    13: ("LSPERR", "bus error while saving the FPU state"),
    16: ("UNDEFINSTR", "undefined instruction"),
    17: ("INVSTATE", "switch to an invalid state (Thumb bit clear)"),
    18: ("INVPC", "invalid return from an exception"),
    19: ("NOCP", "coprocessor or FPU is absent or off"),
    20: ("STKOF", "stack overflow"),
    24: ("UNALIGNED", "unaligned access"),
    25: ("DIVBYZERO", "division by zero"),
}
_MMARVALID = 1 << 7
_BFARVALID = 1 << 15
_ADDRESS_OF = {"DACCVIOL": _MMARVALID, "MLSPERR": _MMARVALID, "PRECISERR": _BFARVALID}

_HFSR = {
    1: ("VECTTBL", "bus error while reading the vector table"),
    31: ("DEBUGEVT", "debug event with no debugger"),
}

_MCAUSE = {
    0: "instruction address misaligned",
    1: "instruction access fault",
    2: "illegal instruction",
    3: "breakpoint",
    4: "load address misaligned",
    5: "load access fault",
    6: "store address misaligned",
    7: "store access fault",
    8: "environment call from U-mode",
    11: "environment call from M-mode",
}


def describe_fault(fault: FaultReport, core: str = "") -> str:
    """Return one line: which fault, why, where (pc, lr). `core` is HELLO's; "" when it is not
    known.

    An unknown core is taken for a Cortex-M when a fault status register is set.
    """
    if core.startswith("cortex-m") or (not core and (fault.cfsr or fault.hfsr)):
        kind, causes = _arm(fault)
    elif core.startswith(("riscv", "rv32", "rv64")):
        kind, causes = "trap", [_MCAUSE.get(fault.kind, f"mcause {fault.kind}")]
        if fault.address:
            causes.append(f"at {fault.address:#010x}")
    elif core:
        kind, causes = _signal(fault.kind), []
        if fault.address:
            causes.append(f"at {fault.address:#x}")
    else:
        kind, causes = f"fault {fault.kind}", []
    why = ": " + ", ".join(causes) if causes else ""
    return f"{kind}{why}; pc {fault.pc:#010x}, lr {fault.lr:#010x}, sp {fault.sp:#010x}"


def _arm(fault: FaultReport) -> tuple[str, list[str]]:
    causes = []
    for bit, (name, meaning) in _CFSR.items():
        if fault.cfsr >> bit & 1:
            valid = fault.cfsr & _ADDRESS_OF.get(name, 0)
            where = f" at {fault.address:#010x}" if valid else ""
            causes.append(f"{name}{where} ({meaning})")
    for bit, (name, meaning) in _HFSR.items():
        if fault.hfsr >> bit & 1:
            causes.append(f"{name} ({meaning})")
    return _ARM_EXCEPTIONS.get(fault.kind, f"exception {fault.kind}"), causes


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
