"""Measurements over lines and devices that fail, seeded: the right figures, or a DeviceError.

python -m tests.scenarios COUNT [FIRST_SEED]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from harness.build.images import Image
from harness.build.sizes import Sizes
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.errors import DeviceError
from harness.link.fake import FakeDevice
from harness.link.fake_driver import FakeDriver
from harness.link.fake_model import hashed
from harness.link.faulty import Faults, FaultyStream
from harness.measure.bench import measure_prepared
from harness.measure.job import Job
from harness.measure.prepare import Prepared, Reference
from harness.records import Measurement
from models.example import example_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Stream

KINDS = ("drop", "flip", "insert", "duplicate", "withhold", "babble", "reset", "hang", "silence")
"""What goes wrong. Only a line that stays silent cannot be mended."""

INPUTS = 3
LIMIT_S = 60.0


@dataclass(frozen=True)
class Scenario:
    """What goes wrong in one measurement."""

    kinds: tuple[str, ...]
    faults: Faults
    hang_after: int | None
    capabilities: Capability
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of it: a measurement, or the error's text."""

    measurement: Measurement | None
    error: str
    seconds: float


def scenario(seed: int) -> Scenario:
    """One to three kinds of fault, with rates from one in 10^5 bytes to one in 10."""
    rng = random.Random(seed)
    kinds = tuple(rng.sample(KINDS, rng.choice([1, 1, 2, 3])))
    rates = {
        kind: 10 ** rng.uniform(-5, -1.7) for kind in ("drop", "flip", "insert") if kind in kinds
    }
    chunks = {
        kind: 10 ** rng.uniform(-2, -0.5)
        for kind in ("duplicate", "withhold", "babble")
        if kind in kinds
    }
    after = {kind: int(10 ** rng.uniform(1, 4)) for kind in ("reset", "hang", "silence")}
    faults = Faults(**rates, **chunks)
    if "reset" in kinds:
        faults = replace(faults, reset_after=after["reset"])
    if "silence" in kinds:
        faults = replace(faults, silent_after=after["silence"])
    preload = rng.choice([Capability.PRELOAD, Capability.NONE])
    reset = rng.choice([Capability.RESET, Capability.RESET, Capability.NONE])
    return Scenario(
        kinds, faults, after["hang"] if "hang" in kinds else None, preload | reset, seed
    )


class Hanging:
    """Has the device hang, once, after so many bytes to it: only a reset helps."""

    def __init__(self, inner: Stream, device: FakeDevice, after: int) -> None:
        self._inner = inner
        self._device = device
        self._left = after

    def read(self, limit: int, deadline: Deadline) -> bytes:
        return self._inner.read(limit, deadline)

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._inner.write(data, deadline)
        if 0 <= self._left < len(data):
            self._device.dead = True
        self._left -= len(data)


def driver(case: Scenario | None, prepared: Prepared) -> FakeDriver:
    """A driver of fake devices, on which `case` befalls the first device alone."""
    image_id = bytes.fromhex(prepared.image.image_id)

    def make() -> FakeDevice:
        return FakeDevice(image_id=image_id, target=prepared.job.target.name)

    if case is None:
        return FakeDriver(make)

    def wrap(port: Stream, device: FakeDevice) -> Stream:
        if case.hang_after is not None:
            port = Hanging(port, device, case.hang_after)
        return FaultyStream(port, case.faults, case.seed, device.reset)

    return FakeDriver(make, wrap, capabilities=case.capabilities)


def prepare(model: CompiledModel | None = None) -> Prepared:
    """A job for fake devices, whose model is a hash of blob and input."""
    model = model or compile_model(example_model(), "example")
    target = load_catalogue().target("qemu-cortex-m4")
    image = Image(Path("fake.elf"), Path("fake.map"), "5a" * 16, target.name, "plan", "reference",
                  "none", True)  # fmt: skip
    rng = random.Random(1)
    inputs = tuple(rng.randbytes(model.input_bytes) for _ in range(INPUTS))
    outputs = hashed(model.blob, model.output_bytes)
    return Prepared(
        job=Job(Path("example.tflite"), target, check_inputs=INPUTS, timeout_s=LIMIT_S),
        model=model,
        image=image,
        deploy=image,
        sizes=Sizes(1000, 600, 100, 4096, 0, {"model": 600, "app": 400}),
        inputs=inputs,
        reference=Reference("hash", "", tuple(outputs(data) for data in inputs)),
    )


def run(case: Scenario | None, prepared: Prepared) -> Outcome:
    """Measure once; anything but a DeviceError is a defect, and is raised."""
    begin_s = time.monotonic()
    try:
        measurement = measure_prepared(prepared, driver=driver(case, prepared))
    except DeviceError as error:
        return Outcome(None, str(error), time.monotonic() - begin_s)
    return Outcome(measurement, "", time.monotonic() - begin_s)


def figures(measurement: Measurement) -> dict[str, object]:
    """What must not depend on the line."""
    return measurement.model_dump(exclude={"id", "provenance"})


def main(count: int, first: int) -> int:
    prepared = prepare()
    clean = run(None, prepared).measurement
    assert clean is not None and clean.check.bit_exact
    right = figures(clean)
    survived: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    seconds = []
    for seed in range(first, first + count):
        case = scenario(seed)
        outcome = run(case, prepared)
        seconds.append(outcome.seconds)
        tally = reported if outcome.measurement is None else survived
        tally.update(case.kinds)
        tally["all"] += 1
        if outcome.measurement is not None and figures(outcome.measurement) != right:
            sys.stdout.write(f"MISREAD with seed {seed}: {case}\n")
            return 1
    sys.stdout.write(f"{count} scenarios, none misread\n")
    for kind in (*KINDS, "all"):
        sys.stdout.write(f"  {kind:10} survived {survived[kind]:5} reported {reported[kind]:5}\n")
    sys.stdout.write(
        f"  seconds: median {statistics.median(seconds):.3f}, most {max(seconds):.2f}\n"
    )
    return 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 100, numbers[1] if len(numbers) > 1 else 0))
