"""Numbers as a person reads them: three or four significant digits, and a unit that suits."""

from __future__ import annotations

from harness.records import CycleUnit, Measurement

NONE = "–"


def significant(value: float, digits: int = 4) -> str:
    """Return `value` with that many significant digits, never in exponent form."""
    if value == 0:
        return "0"
    text = f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - int(text.partition("e")[2]))
    return f"{float(text):,.{decimals}f}"


def time(us: float) -> str:
    """Return microseconds as ns, µs, ms or s."""
    for limit, scale, unit in ((1.0, 1e3, "ns"), (1e3, 1.0, "µs"), (1e6, 1e-3, "ms")):
        if us < limit and us != 0:
            return f"{significant(us * scale)} {unit}"
    return f"{significant(us * 1e-6)} s" if us else "0 µs"


def size(count: float | None) -> str:
    """Return bytes as B, KiB or MiB (powers of 1024); `NONE` where there is no figure."""
    if count is None:
        return NONE
    if count < 1024:
        return f"{count:,.0f} B"
    if count < 1024 * 1024:
        return f"{count / 1024:,.1f} KiB"
    return f"{count / 1024 / 1024:,.2f} MiB"


def round_size(count: float) -> str:
    """Return a round number of bytes, as of a tick or a limit, without trailing zeros."""
    number, _, unit = size(count).partition(" ")
    return f"{_trimmed(number)} {unit}"


def round_time(us: float) -> str:
    """Return a round time without trailing zeros."""
    number, _, unit = time(us).partition(" ")
    return f"{_trimmed(number)} {unit}"


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def energy(uj: float) -> str:
    """Return microjoules as nJ, µJ, mJ or J."""
    for limit, scale, unit in ((1.0, 1e3, "nJ"), (1e3, 1.0, "µJ"), (1e6, 1e-3, "mJ")):
        if uj < limit and uj != 0:
            return f"{significant(uj * scale, 3)} {unit}"
    return f"{significant(uj * 1e-6, 3)} J" if uj else "0 µJ"


def count(number: int) -> str:
    """Return an exact count with thousands separated."""
    return f"{number:,}"


def percent(share: float) -> str:
    """Return a share of 1 in per cent, with one decimal."""
    return f"{share * 100:.1f} %"


def short_unit(unit: CycleUnit) -> str:
    """Return the unit as a table abbreviates it."""
    return {"cycles": "cycles", "instructions": "instr.", "nanoseconds": "ns"}[unit]


def per_mac(cycles: int, macs: int) -> str:
    """Return cycles (in their unit) per MAC, `NONE` where there are no MACs."""
    return significant(cycles / macs, 3) if macs else NONE


def engine_of(measurement: Measurement) -> str:
    """Return engine and kernel set, "plan/cmsis-nn"; one of them where the other is empty."""
    return "/".join(part for part in (measurement.engine, measurement.kernels) if part)


def title_of(measurement: Measurement) -> str:
    """Return what was measured, where and with what, on one line."""
    m = measurement
    return f"{m.model.name} · {m.target} · {engine_of(m)}"
