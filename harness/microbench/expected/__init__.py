"""Counts of one unit of each benchmark, derived by hand from what is published of a core, with the derivation.

Written without the timing model's rules at hand: they are the independent check of it.
"""

from __future__ import annotations

import functools
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.microbench.suite import Benchmark

_toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

_FOLDER = Path(__file__).parent
_ROUNDING = 1e-9
_NOT_CORES = ("checksums", "titles")

Condition = Literal["always", "zero wait states", "memory"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Conditions:
    """What was measured: whether memory answers at once, and whether unaligned accesses cost something."""

    zero_wait_states: bool
    unaligned_charged: bool


class Count(_Record):
    """What the manual says of a benchmark.

    Attributes:
        cycles: of one unit; where the manual gives a range, its ends.
        loop: further, once in every turn of the loop: what its first or last unit does not have.
        at: "zero wait states": not with slow flash. "memory": of the memory system, not of the pipeline.
        why: the derivation.
    """

    cycles: Annotated[
        tuple[float, float],
        BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else (v, v)),
    ]
    loop: int = 0
    at: Condition = "always"
    why: str = Field(min_length=1)

    def per_unit(self, benchmark: Benchmark) -> tuple[float, float]:
        """Least and greatest count of one unit of `benchmark`."""
        share = self.loop / benchmark.units
        return self.cycles[0] + share, self.cycles[1] + share

    def difference(self, benchmark: Benchmark, count: float) -> float:
        """Relative difference of `count` from it, 0.01 for 1 %; 0.0 within the range."""
        least, most = self.per_unit(benchmark)
        if count < least - _ROUNDING:
            return (count - least) / least
        return (count - most) / most if count > most + _ROUNDING else 0.0

    def applies(self, conditions: Conditions) -> bool:
        """Whether it holds there."""
        return {
            "always": True,
            "zero wait states": conditions.zero_wait_states,
            "memory": conditions.unaligned_charged,
        }[self.at]


class CoreCounts(_Record):
    """All counts of one core.

    Attributes:
        manual: where they come from, and what was assumed.
        tolerance: relative; 0.0 for exact.
        like: another core whose counts hold too, where there is none here.
    """

    schema_version: Literal[1] = Field(alias="schema")
    core: str
    manual: str
    tolerance: float = Field(ge=0.0, le=0.5)
    like: str | None = None
    counts: dict[str, Count]

    def find(self, benchmark: Benchmark, conditions: Conditions) -> Count | None:
        """The count of `benchmark` that holds there, if any."""
        known = self.counts.get(benchmark.name)
        return known if known is not None and known.applies(conditions) else None


def cores() -> tuple[str, ...]:
    """Names of the cores that counts were derived for."""
    return tuple(sorted(p.stem for p in _FOLDER.glob("*.toml") if p.stem not in _NOT_CORES))


@functools.lru_cache
def expected_counts(core: str) -> CoreCounts | None:
    """Return the counts of `core`, those of the core it is like filled in; None where none were derived."""
    if core not in cores():
        return None
    found = CoreCounts.model_validate(_read(core))
    other = expected_counts(found.like) if found.like else None
    if other is None:
        return found
    return found.model_copy(update={"counts": {**other.counts, **found.counts}})


@functools.lru_cache
def checksums() -> dict[str, int]:
    """What each kernel's solution must be."""
    return {name: int(value) for name, value in _read("checksums")["checksums"].items()}


@functools.lru_cache
def titles() -> dict[str, str]:
    """What one unit of each benchmark is, in words."""
    return {name: str(text) for name, text in _read("titles")["titles"].items()}


def _read(stem: str) -> dict[str, Any]:
    text = (_FOLDER / f"{stem}.toml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = _toml.loads(text)
    return parsed
