"""Samples as a device would give them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.microbench.device import Sample
from harness.microbench.suite import Benchmark, Kind


def sample(
    name: str,
    per_iteration: float,
    *,
    units: int = 1,
    kind: Kind = Kind.MICRO,
    overhead: int = 70,
    noise: Sequence[int] = (0,),
    checksum: int | None = 0,
) -> Sample:
    """100 and 200 iterations; `noise` is added to the longer run of each repeat."""
    return Sample(
        benchmark=Benchmark(name, units, kind),
        iterations=100,
        once=tuple(round(100 * per_iteration) + overhead for _ in noise),
        twice=tuple(round(200 * per_iteration) + overhead + extra for extra in noise),
        checksum=checksum,
    )
