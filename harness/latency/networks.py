"""Networks to measure, and what measuring one came to."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.latency.steps import StepShape
from harness.records import CycleUnit


@dataclass(frozen=True)
class Network:
    """A .tflite file that need not be on disk.

    Attributes:
        name: unique in its space, and enough to make it again.
        data: the file.
    """

    name: str
    data: bytes


class Space(Protocol):
    """Where networks are drawn from; models/spaces has the real ones."""

    @property
    def name(self) -> str:
        """Of the space."""

    def network(self, index: int) -> Network:
        """Return the member of this number, 0 ... 2^32 - 1; the same one for ever."""


Draw = Callable[[int], Network]


@dataclass(frozen=True)
class Sample:
    """One measured network: what a latency model is fitted to.

    Attributes:
        name, sha256: of the network.
        index: its number in the space; -1 for one that is of none.
        cycles: of every repeat of a whole inference, in `unit`.
        step_cycles: of each step of one further, profiled inference; empty where the device's event ring is too small.
        steps: what was executed.
        arena_bytes: working memory as planned, state included.
        wall_s: seconds on the host, from the finished .tflite to the last answer.
        chosen: how: "random", or on purpose ("active", "sobol", "added").
    """

    name: str
    sha256: str
    index: int
    cycles: tuple[int, ...]
    unit: CycleUnit
    step_cycles: tuple[int, ...]
    steps: tuple[StepShape, ...]
    arena_bytes: int
    wall_s: float
    chosen: str = "random"

    @property
    def latency(self) -> int:
        """Median cycles of an inference."""
        return statistics.median_low(self.cycles)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of an inference."""
        return sum(step.macs for step in self.steps)

    @property
    def ops(self) -> int:
        """Operations; one multiply-accumulate is two."""
        return 2 * self.macs

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` takes."""
        return {**vars(self), "steps": [step.to_json() for step in self.steps]}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Sample:
        """Return the sample that `to_json` wrote.

        Raises:
            TypeError, ValueError, KeyError, AttributeError: it is something else.
        """
        steps, cycles, step_cycles = (values[k] for k in ("steps", "cycles", "step_cycles"))
        assert isinstance(steps, list) and isinstance(cycles, list)
        assert isinstance(step_cycles, list)
        fixed = {
            "steps": tuple(StepShape.from_json(step) for step in steps),
            "cycles": tuple(cycles),
            "step_cycles": tuple(step_cycles),
        }
        return cls(**{**values, **fixed})  # type: ignore[arg-type]
