"""The device of a search: what a network costs on it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from harness.link.transcript import Transcript
from harness.measure.batch import run_batch
from harness.measure.firmware import prepare_firmware
from harness.measure.job import Job
from harness.measure.outputs import run_inputs
from harness.records import Kind, Measurement
from models.arch.parameters import Array
from models.search.limits import Figures
from targets.deadline import Deadline
from targets.schema import Target

_SECONDS_PER_EXAMPLE = 30.0
_TOLD_EVERY = 25
Progress = Callable[[str], None]


class Device(Protocol):
    """Measures networks; the target of a search, or a fake."""

    @property
    def kind(self) -> Kind:
        """Of its figures."""

    def figures(self, model: Path) -> Figures:
        """Return what a .tflite file costs. Raises TinyhilError."""


@dataclass(frozen=True)
class TargetDevice:
    """The real target.

    Attributes:
        target: where.
        kernels: kernel set of the plan engine.
    """

    target: Target
    kernels: str

    @property
    def kind(self) -> Kind:
        """Of its figures."""
        return self.target.timing.kind

    def figures(self, model: Path) -> Figures:
        """Measure a .tflite file. Raises TinyhilError."""
        return figures_of(self.measure(model))

    def measure(self, model: Path) -> Measurement:
        """Measure like `tinyhil run`, with output check. Raises TinyhilError."""
        job = Job(model, self.target, kernels=self.kernels)
        (outcome,) = run_batch([job], 1, lambda *_: None)
        if outcome.measurement is None:
            assert outcome.error is not None
            raise outcome.error
        return outcome.measurement

    def answers(self, model: Path, inputs: Array, progress: Progress = lambda _: None) -> Array:
        """Return the device's int8 outputs (n, elements) for int8 inputs (n, ...), sent one by one.

        Raises:
            TinyhilError: the device failed.
        """
        firmware = prepare_firmware(Job(model, self.target, kernels=self.kernels))
        deadline = Deadline.after(len(inputs) * _SECONDS_PER_EXAMPLE)
        data = (one.tobytes() for one in np.ascontiguousarray(inputs))
        found = []
        for output in run_inputs(firmware, data, Transcript(), deadline):
            found.append(np.frombuffer(output, np.int8))
            if len(found) % _TOLD_EVERY == 0:
                progress(f"device: {len(found)} of {len(inputs)} test examples")
        return np.stack(found)


def figures_of(measurement: Measurement) -> Figures:
    """Return a measurement's latency, RAM and flash."""
    memory = measurement.memory
    assert memory.ram_bytes is not None and memory.flash_bytes is not None
    return Figures(measurement.latency.us, memory.ram_bytes, memory.flash_bytes)
