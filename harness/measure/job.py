"""What is asked for: one model on one target with one engine and kernel set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.engines.plan.kernels import KERNEL_SETS
from harness.engines.registry import ENGINES
from harness.errors import ModelFileError, UsageError
from harness.timing.model import TimingMode
from targets.schema import Target

MAX_REPEATS = 64  # of one RUN request, docs/link.md
MAX_MODEL_BYTES = 64 << 20


@dataclass(frozen=True)
class Job:
    """One measurement to make.

    Attributes:
        model: path of the .tflite file.
        target: description of the target.
        engine: one of ENGINES.
        kernels: of the plan engine one of KERNEL_SETS, of tflm the name of a library that was built.
        warmup: inferences run and discarded before the timed ones; None: 1 on an emulator, 3 on a real clock.
        repeats: timed inferences, 1..64; None: 3 on an emulator (it is deterministic), 30 on a real clock.
        check_inputs: how many random inputs are compared with the reference interpreter; 0 for none.
        seed: of those inputs.
        timeout_s: limit of the whole conversation with the device.
        timing: of an emulator: the cycle model to count with, see harness/timing/model.py.
        optimise: make the exact graph optimisations of docs/optimisations.md.
        drop_softmax: drop a final SOFTMAX, which changes the outputs.
    """

    model: Path
    target: Target
    engine: str = "plan"
    kernels: str = "reference"
    warmup: int | None = None
    repeats: int | None = None
    check_inputs: int = 4
    seed: int = 1
    timeout_s: float = 300.0
    timing: TimingMode = "auto"
    optimise: bool = True
    drop_softmax: bool = False

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise UsageError(
                f"engine '{self.engine}' is not in this version; there is: {', '.join(ENGINES)}"
            )
        if self.engine == "plan" and self.kernels not in KERNEL_SETS:
            raise UsageError(
                f"kernel set '{self.kernels}' is not in this version; there is: {', '.join(KERNEL_SETS)}"
            )
        if self.drop_softmax and self.engine != "plan":
            raise UsageError(
                f"engine {self.engine} runs the file as it stands: --drop-softmax is for engine plan"
            )
        if self.drop_softmax and not self.optimise:
            raise UsageError("--no-optimise keeps the graph as it stands: without --drop-softmax")
        if self.repeats is not None and not 1 <= self.repeats <= MAX_REPEATS:
            raise UsageError(f"repeats must be 1 to {MAX_REPEATS}, not {self.repeats}")
        if self.warmup is not None and not 0 <= self.warmup <= 1000:
            raise UsageError(f"warm-up must be 0 to 1000, not {self.warmup}")
        if self.check_inputs < 0:
            raise UsageError(f"check inputs must be 0 or more, not {self.check_inputs}")

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.stem

    @property
    def timed(self) -> tuple[int, int]:
        """(warm-up, repeats) with the defaults filled in."""
        real_clock = self.target.timing.kind == "measured"
        warmup = (3 if real_clock else 1) if self.warmup is None else self.warmup
        repeats = (30 if real_clock else 3) if self.repeats is None else self.repeats
        return warmup, repeats

    def read_model(self) -> bytes:
        """Return the file's content.

        Raises:
            ModelFileError: no such file, a folder, unreadable, or absurdly large.
        """
        try:
            size = self.model.stat().st_size
            if size > MAX_MODEL_BYTES:
                raise ModelFileError(
                    f"{size:,} bytes; a model for a microcontroller has at most {MAX_MODEL_BYTES:,}",
                    model=str(self.model),
                )
            return self.model.read_bytes()
        except OSError as error:
            raise ModelFileError(
                f"cannot be read ({error.strerror})", model=str(self.model)
            ) from error
