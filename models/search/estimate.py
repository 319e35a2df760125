"""What a network would cost on a device, without the device: latency model and planner."""

from __future__ import annotations

from harness.engines.plan.compile import compile_program, pack_program
from harness.engines.plan.kernels import kernel_set
from harness.latency.model_file import ModelFile
from harness.latency.predict import Predictor
from harness.latency.steps import steps_of
from harness.measure.prepare import io_bytes
from harness.records import Record
from models.arch.randomise import random_parameters
from models.arch.spec import ArchSpec
from models.arch.to_tflite import to_tflite
from models.search.limits import Figures
from targets.schema import Target


def untrained(arch: ArchSpec, seed: int = 0) -> bytes:
    """Return a network's .tflite file with random weights, which takes as long as with trained ones."""
    return to_tflite(arch, random_parameters(arch, seed, weights="normal"))


class Overhead(Record):
    """What an application takes beside its model, as measured with one network.

    Attributes:
        code_bytes: flash without the model.
        ram_bytes: static data and stack, without arena, inputs and outputs.
    """

    code_bytes: int
    ram_bytes: int


class Estimator:
    """Estimates networks of one backbone on one target, with one kernel set.

    Args:
        target: where they would run.
        kernels: kernel set of the plan engine.
        known: latency model of both.
        overhead: of an application with such a network; others are linked with other kernels.
    """

    def __init__(self, target: Target, kernels: str, known: ModelFile, overhead: Overhead) -> None:
        self._kernels = kernel_set(kernels, target.core.simd)
        self._clock_hz = known.identity.clock_hz
        self._predictor = Predictor(known)
        self._overhead = overhead
        self._known: dict[ArchSpec, Figures] = {}

    def figures(self, arch: ArchSpec) -> Figures:
        """Return what a network with random weights costs; of the latency the interval's upper end.

        Raises:
            UnsupportedModelError: kernels that the latency model does not know make up too much of it.
        """
        if arch not in self._known:
            self._known[arch] = self._figures(arch)
        return self._known[arch]

    def _figures(self, arch: ArchSpec) -> Figures:
        data = untrained(arch)
        program, done = compile_program(data, arch.name, self._kernels)
        packed = pack_program(program, arch.name, self._kernels, done)
        prediction = self._predictor.predict(steps_of(program))
        cycles = prediction.cycles if prediction.high is None else prediction.high
        return Figures(
            latency_us=1e6 * cycles / self._clock_hz,
            ram_bytes=self._overhead.ram_bytes + packed.arena_bytes + io_bytes(packed),
            flash_bytes=self._overhead.code_bytes + len(packed.blob),
        )
