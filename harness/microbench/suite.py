"""What the timing engine runs: firmware/engines/timing/suite_format.h, and the list of what an image has. Pure."""

from __future__ import annotations

import enum
import hashlib
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import LinkError

MAGIC, VERSION = 0x54424854, 1
MOST_RUNS = 256
MOST_ITERATIONS = 1_000_000
_HEAD = struct.Struct("<IHHI")
_RUN = struct.Struct("<II")
_LINE = re.compile(r"([a-z][a-z0-9_]{0,63}) ([1-9][0-9]{0,4}) ([0-9])")


class Kind(enum.IntEnum):
    """What one unit of a benchmark is (firmware/engines/timing/bench.h)."""

    MICRO = 0
    """One repetition of a short sequence in an unrolled loop; the loop itself is subtracted."""
    WHOLE = 1
    """One turn of a loop, with all there is to it."""
    KERNEL = 2
    """One solution of a problem in compiled C, which has a checksum."""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark that an image has.

    Attributes:
        units: repetitions in one iteration.
    """

    name: str
    units: int
    kind: Kind


@dataclass(frozen=True)
class Run:
    """`iterations` of one benchmark."""

    benchmark: str
    iterations: int


@dataclass(frozen=True)
class Suite:
    """A list of runs, ready for the model slot. Without runs, the image's list of benchmarks is its output.

    Attributes:
        runs: in order.
        blob: the slot's content.
        sha256: in hex, as LOAD says it.
        output_bytes: four for each run; of the list, unknown until it is asked for.
    """

    runs: tuple[Run, ...]
    blob: bytes
    sha256: str
    input_bytes: int
    output_bytes: int


def pack_suite(runs: Sequence[Run]) -> Suite:
    """Return the suite of `runs`, at most MOST_RUNS of 1..MOST_ITERATIONS."""
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs, at most {MOST_RUNS}")
    for run in runs:
        if not 1 <= run.iterations <= MOST_ITERATIONS:
            raise ValueError(f"{run.iterations} iterations of {run.benchmark}")
    body = b"".join(_RUN.pack(zlib.crc32(run.benchmark.encode()), run.iterations) for run in runs)
    digest = hashlib.sha256(body)
    covered = digest.digest() + body
    total = _HEAD.size + 4 + len(covered)
    head = _HEAD.pack(MAGIC, VERSION, len(runs), total)
    blob = head + struct.pack("<I", zlib.crc32(covered)) + covered
    return Suite(tuple(runs), blob, digest.hexdigest(), 0, 4 * len(runs))


def parse_list(data: bytes) -> tuple[Benchmark, ...]:
    """Return the benchmarks of an image from its own list.

    Raises:
        LinkError: the list is malformed.
    """
    found: dict[str, Benchmark] = {}
    for line in data.decode("ascii", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or match[1] in found or int(match[3]) not in set(Kind):
            raise LinkError(f"malformed list of benchmarks at {line[:80]!r}")
        found[match[1]] = Benchmark(match[1], int(match[2]), Kind(int(match[3])))
    if not found:
        raise LinkError("the image has no benchmarks")
    return tuple(found.values())
