"""Writes docs/timing-benchmarks.md: python -m tests.unit.microbench.page > docs/timing-benchmarks.md"""

from __future__ import annotations

import sys

from harness.cli.timing_output import by_hand
from harness.microbench.expected import CoreCounts, checksums, cores, expected_counts, titles

_HEAD = """# Benchmarks of a core and its memory

    tinyhil timing -t TARGET                            what one unit of each takes, beside the count derived by hand
    tinyhil timing -t TARGET --check                    exit code 1 where one differs
    tinyhil timing -t BOARD --out board.json            a board's figures
    tinyhil timing -t EMULATOR --against board.json     both side by side; fits the emulator's timing model to the board
    tinyhil timing -t EMULATOR --set core.class.load.tail=2     with another parameter

The firmware (`firmware/engines/timing`) is the same on a board and on an emulator. Every benchmark runs with N and with
2 N iterations, each after a run that fills caches and predictors; the difference is free of call, set-up and reading
the counter. A micro-benchmark is an unrolled loop of 4 to 32 units (assembly, aligned to 16 bytes), from which the loop
itself (`empty`) is subtracted. The seven kernels are C of everyday code (`-O2`), each with a checksum that is compared.

"chain": every instruction needs the result of the one before. "free": of the fourth before. "acc", "mul": through the
accumulator, through a factor. "flash": data among the code, 32 KiB, read round and round.

## The fit
The parameters are the whole numbers of the timing model: what the rules of `targets/cores/*.toml` know, wait states,
what unaligned accesses cost. The emulator is asked with each one changed; integer steps are searched that explain the
board's figures (Huber's loss; the nearest to the catalogue where several explain as much), and the emulator is asked
again until nothing is left. Kernels are left out of the fit: they show how good it is. Of repeats the median counts.
A parameter is *identified*, or *cannot be told apart* from others, or is *not identifiable*: no benchmark depends on
it, and its value stays what it was for no better reason. Structure (issue width, pairs, caches) is not fitted.
`--fragment FILE` writes what changed as TOML.

| claim: test in tests/emulator/test_timing.py | command |
|---|---|
| parameters of a stand-in board recovered exactly, pipeline and flash | `.venv/bin/pytest tests/emulator -k recovers` |
| counts as by hand | `.venv/bin/pytest tests/emulator -k by_hand` |
| right solutions, the same counts every time, all targets | `.venv/bin/pytest tests/emulator -k benchmarks_run` |

## Counts by hand
Cycles of one unit, at zero wait states, from what is published of each core and not from the timing model. Exact for
M0, M0+, M3, M4 and Ibex (rv32imac), within 5 % for the others. "2 (-1/turn)": one cycle less in every turn of the loop.
An empty cell: the core has no such instruction, or no figure is to be had. This page:
`python -m tests.unit.microbench.page > docs/timing-benchmarks.md`
"""

_ORDER = (
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "rv32imac",
)


def page() -> str:
    """The whole page."""
    assert sorted(_ORDER) == sorted(cores())
    known = {core: _counts(core) for core in _ORDER}
    names = [name for name in titles() if name not in checksums()]
    heads = [core.removeprefix("cortex-") for core in _ORDER]
    lines = [_HEAD, f"| benchmark | one unit | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 2) + "|")
    for name in names:
        cells = [by_hand(known[c].counts[name]) if name in known[c].counts else "" for c in _ORDER]
        lines.append(f"| {name} | {titles()[name]} | {' | '.join(cells)} |")
    lines += ["", "## Kernels", "", "| kernel | one unit | checksum |", "|---|---|---|"]
    for name, checksum in checksums().items():
        lines.append(f"| {name} | {titles()[name]} | {checksum:#010x} |")
    lines += ["", "## Derivations"]
    for core in _ORDER:
        lines += ["", f"### {core}", _manual(known[core]), ""]
        lines += ["| benchmark | cycles | derivation |", "|---|---|---|"]
        other = known[known[core].like].counts if known[core].like else {}
        for name in names:
            count = known[core].counts.get(name)
            if count is not None and count != other.get(name):
                where = "" if count.at == "always" else f" (at {count.at})"
                if count.at == "memory":
                    where = " (charged by the memory model)"
                lines.append(f"| {name} | {by_hand(count)} | {count.why}{where} |")
    return "\n".join([*lines, ""])


def _counts(core: str) -> CoreCounts:
    found = expected_counts(core)
    assert found is not None
    return found


def _manual(counts: CoreCounts) -> str:
    like = f" What is not here is as for {counts.like}." if counts.like else ""
    return f"{counts.manual}.{like}"


if __name__ == "__main__":
    sys.stdout.write(page())
