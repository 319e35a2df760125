"""Stall cycles per load of access streams on every emulated part: the table of docs/timing-memory.md.

python -m tests.timing.memory_streams
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from targets.catalogue import load_catalogue
from targets.schema import Target
from tests.timing.memory_model import MemoryModel, build_library, model_of

STREAM_BYTES = 64 << 10
ROW_BYTES = 640  # of a dense layer of MLPerf Tiny's anomaly detection

Stream = Callable[[Target, MemoryModel], float]


def words(target: Target, model: MemoryModel) -> float:
    """Weights in one row, word by word."""
    start = target.memory.slot.origin
    return model.loads(range(start, start + STREAM_BYTES, 4))


def halfwords(target: Target, model: MemoryModel) -> float:
    """The same, two bytes at a time."""
    start = target.memory.slot.origin
    return model.loads(range(start, start + STREAM_BYTES, 2), 2)


def bytes_(target: Target, model: MemoryModel) -> float:
    """The same, byte by byte."""
    start = target.memory.slot.origin
    return model.loads(range(start, start + STREAM_BYTES), 1)


def _rows(target: Target, count: int) -> Iterator[int]:
    start = target.memory.slot.origin
    for block in range(STREAM_BYTES // (count * ROW_BYTES)):
        base = start + block * count * ROW_BYTES
        for offset in range(0, ROW_BYTES, 4):
            yield from (base + row * ROW_BYTES + offset for row in range(count))


def two_rows(target: Target, model: MemoryModel) -> float:
    """Weights of two output channels in turn, as CMSIS-NN's matrix kernels read them."""
    return model.loads(_rows(target, 2))


def four_rows(target: Target, model: MemoryModel) -> float:
    """Of four output channels."""
    return model.loads(_rows(target, 4))


def with_activations(target: Target, model: MemoryModel) -> float:
    """Two rows, with an activation from RAM after each pair; per load from flash."""
    weights, ram = _rows(target, 2), itertools.cycle(range(0, 1024, 4))
    stalls = count = 0
    for first, second in zip(weights, weights, strict=True):
        stalls += model.access(first) + model.access(second)
        stalls += model.access(target.memory.ram.origin + next(ram))
        count += 2
    return stalls / count


def stride_32(target: Target, model: MemoryModel) -> float:
    """One word of every 32 bytes."""
    start = target.memory.slot.origin
    return model.loads(range(start, start + STREAM_BYTES, 32))


def small_table(target: Target, model: MemoryModel) -> float:
    """256 bytes read again and again, from the second time on."""
    start = target.memory.slot.origin
    table = range(start, start + 256, 4)
    model.loads(table)
    return model.loads(table)


STREAMS: dict[str, Stream] = {
    "words": words,
    "2 rows": two_rows,
    "4 rows": four_rows,
    "2 rows, RAM": with_activations,
    "halfwords": halfwords,
    "bytes": bytes_,
    "stride 32": stride_32,
    "table": small_table,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lib = build_library(Path(folder))
        print("| target |", " | ".join(STREAMS), "|")
        print("|---" * (len(STREAMS) + 1), "|", sep="")
        for entry in load_catalogue().entries():
            if entry.target is None or entry.target.kind != "emulator":
                continue
            if entry.target.memory_timing is None and entry.name != "qemu-cortex-m4":
                continue
            figures = []
            for stream in STREAMS.values():
                figures.append(
                    f"{stream(entry.target, model_of(lib, Path(folder), entry.target)):.2f}"
                )
            print(f"| `{entry.name}` |", " | ".join(figures), "|")


if __name__ == "__main__":
    sys.exit(main())
