"""A fake device whose latency follows a known law, to hold a whole calibration to.

An inference takes intercept + slope x operations + noise cycles; each step its share of the operations, the intercept
and the noise lie outside the steps.

    fake = LawfulFake(intercept=50_000, slope=0.5, noise=200)
    bench = fake.bench(job)
    space = fake.watch(space)
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.build.images import Image
from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import REFERENCE
from harness.latency.bench import NetworkBench
from harness.latency.networks import Network, Space
from harness.latency.steps import steps_of
from harness.link.fake import FakeDevice
from harness.link.fake_driver import FakeDriver
from harness.link.fake_model import FakeModel, RefusedBlobError, load_plan
from harness.link.messages import ErrorCode
from harness.measure.job import Job

_IMAGE_ID = bytes(range(16))
_SLOT_BYTES = 4 << 20
_ARENA_BYTES = 1 << 20


@dataclass
class LawfulFake:
    """A law, and what it disturbs.

    Attributes:
        intercept: cycles of an inference without operations.
        slope: cycles of an operation; a multiply-accumulate is two.
        noise: standard deviation of an inference's cycles.
        seed: of the noise.
        refuses: names of networks that the device refuses.
        spoils: numbers of measurements (0 is the first) that come out three times too long.
        loads: how many networks were loaded.
    """

    intercept: float
    slope: float
    noise: float = 0.0
    seed: int = 0
    refuses: Callable[[str], bool] = lambda _: False
    spoils: frozenset[int] = frozenset()
    loads: int = 0
    _macs: dict[bytes, tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def watch(self, space: Space) -> Space:
        """Return the same space; the device learns what its networks are as they are drawn."""
        return _Watched(space, self)

    def learn(self, network: Network) -> None:
        """Note how many operations each step of a network has."""
        program, _ = compile_program(network.data, network.name, REFERENCE)
        macs = tuple(step.macs for step in steps_of(program))
        self._macs[hashlib.sha256(network.data).digest()] = (network.name, macs)

    def bench(self, job: Job) -> NetworkBench:
        """Return a bench with a fake device in place of the job's target."""
        driver = FakeDriver(self._device, slot_bytes=_SLOT_BYTES)
        image = Image(
            Path("fake.elf"),
            Path("fake.map"),
            _IMAGE_ID.hex(),
            "fake",
            "plan",
            "reference",
            "",
            True,
        )
        return NetworkBench(job, None, driver, image)

    def _device(self) -> FakeDevice:
        return FakeDevice(
            loader=self._load,
            image_id=_IMAGE_ID,
            slot_bytes=_SLOT_BYTES,
            arena_bytes=_ARENA_BYTES,
        )

    def _load(self, blob: bytes) -> FakeModel:
        plan = load_plan(blob)
        name, macs = self._macs[plan.sha256]
        if self.refuses(name):
            raise RefusedBlobError(ErrorCode.BAD_PLAN, "this one is refused")
        factor = 3 if self.loads in self.spoils else 1
        self.loads += 1
        cycles = [round(factor * 2 * count * self.slope) for count in macs]

        def rest() -> int:
            return round(factor * self.intercept + self._random.gauss(0.0, self.noise))

        return replace(plan, op_cycles=tuple(cycles), noise=rest)


@dataclass(frozen=True)
class _Watched:
    """A space that tells the fake device of every network."""

    space: Space
    fake: LawfulFake

    @property
    def name(self) -> str:
        """Of the space."""
        return self.space.name

    def network(self, index: int) -> Network:
        """Draw from the space."""
        network = self.space.network(index)
        self.fake.learn(network)
        return network
