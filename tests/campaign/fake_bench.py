"""Measurements of fake devices: all of the bench but the compilers, the reference interpreter and the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.build.images import Image
from harness.build.sizes import Sizes
from harness.engines.plan.compile import compile_model
from harness.link.fake import FakeDevice
from harness.link.fake_driver import FakeDriver
from harness.measure.bench import measure_prepared
from harness.measure.inputs import random_inputs
from harness.measure.job import Job
from harness.measure.prepare import Prepared, Reference, concatenate
from harness.records import Measurement
from targets.catalogue import load_catalogue


class FakeBench:
    """Makes jobs of one model that differ by their seed, and measures them on fake devices."""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._target = load_catalogue().target("qemu-cortex-m4")
        compiled = compile_model(model.read_bytes(), model.stem)
        image = Image(Path("fake.elf"), Path("fake.map"), "00" * 16, "fake", "", "", "none", True)
        self._prepared = Prepared(
            job=self.job(0),
            model=compiled,
            image=image,
            deploy=image,
            sizes=Sizes(1000, 100, 200, 300, 400, {"app": 900, "model": 100}),
            inputs=(concatenate(random_inputs(compiled.inputs, 1, 1)[0]),),
            reference=Reference("", "fake", ()),
        )
        self._driver = FakeDriver(lambda: FakeDevice(image_id=bytes(16)))

    def job(self, seed: int) -> Job:
        return Job(self._model, self._target, check_inputs=1, seed=seed)

    def jobs(self, count: int) -> Sequence[Job]:
        return [self.job(seed) for seed in range(count)]

    def measure(self, job: Job, phase: Callable[[str], None]) -> Measurement:
        return measure_prepared(dataclasses.replace(self._prepared, job=job), phase, self._driver)
