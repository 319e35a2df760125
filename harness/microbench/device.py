"""The conversation with a target that runs benchmarks. Its product are samples, as the device gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.build.images import Image, build_image
from harness.errors import LinkError
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.loaded import BOOT_TIMEOUT_S, loaded_device
from harness.microbench.suite import Benchmark, Kind, Run, Suite, pack_suite, parse_list
from harness.timing.model import CycleModel, timed_driver
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Driver
from targets.schema import Target

ENGINE, KERNELS = "timing", "benchmarks"
ITERATIONS = {Kind.MICRO: 512, Kind.WHOLE: 64, Kind.KERNEL: 4}
"""Of the shorter of the two runs of each benchmark; the longer has twice as many. 512 read all of the data in flash,
4 bytes after 4."""


@dataclass(frozen=True)
class Sample:
    """What one benchmark took, N and 2 N iterations of it, once for each repeat.

    Attributes:
        iterations: N.
        once, twice: counts of N and of 2 N iterations, one per repeat, in the counter's unit.
        checksum: of both; None where they differ.
    """

    benchmark: Benchmark
    iterations: int
    once: tuple[int, ...]
    twice: tuple[int, ...]
    checksum: int | None


@dataclass(frozen=True)
class Bench:
    """A target ready to run benchmarks.

    Attributes:
        image: the target's image with the timing engine.
        cycle_model: what an emulator counts with, if not instructions.
        driver: what starts the device; None for the target's own.
        phase: is told what is being done.
    """

    target: Target
    image: Image
    cycle_model: CycleModel | None = None
    driver: Driver | None = None
    phase: Callable[[str], None] = lambda _: None

    @classmethod
    def of(
        cls,
        target: Target,
        cycle_model: CycleModel | None,
        deadline: Deadline,
        phase: Callable[[str], None] = lambda _: None,
    ) -> Bench:
        """Return the bench of `target`, building its image if need be. Raises as `build_image`."""
        phase("building")
        image = build_image(target, ENGINE, KERNELS, deadline)
        return cls(target, image, cycle_model, phase=phase)

    def list(self, transcript: Transcript, deadline: Deadline) -> tuple[Benchmark, ...]:
        """Ask the image which benchmarks it has. Raises DeviceError."""
        driver = self.driver or timed_driver(self.target, self.cycle_model)
        suite = pack_suite(())
        preload = Capability.PRELOAD in driver.capabilities
        self.phase("asking for its benchmarks")
        with driver.start(self.image.elf, suite.blob if preload else None, deadline) as device:
            session = Session(device.stream, transcript, target=self.target.name)
            session.wait_ready(deadline.sooner(BOOT_TIMEOUT_S))
            session.hello(deadline.sooner(BOOT_TIMEOUT_S))
            if not preload:
                session.upload(Space.SLOT, suite.blob, deadline)
            reply = session.load(len(suite.blob), deadline)
            session.run(0, 1, False, deadline, expected_s=1.0)
            return parse_list(session.read(Space.OUTPUT, 0, reply.output_bytes, deadline))

    def run(
        self,
        benchmarks: Sequence[Benchmark],
        repeats: int,
        transcript: Transcript,
        deadline: Deadline,
    ) -> tuple[Sample, ...]:
        """Run each of `benchmarks` (of `list`) with N and 2 N iterations, all of that `repeats` times.

        Raises:
            DeviceError: the device failed.
        """
        samples: list[Sample] = []
        for batch in _batches(benchmarks, self.target.uart.max_events // 2):
            pairs = [(b.name, ITERATIONS[b.kind]) for b in batch]
            suite = pack_suite([Run(name, n * k) for name, n in pairs for k in (1, 2)])
            loads = _Loads(self.target, self.image, suite, self.cycle_model)
            with loaded_device(loads, transcript, deadline, self.phase, self.driver) as device:
                rounds = []
                for index in range(repeats):
                    self.phase(f"{len(batch)} benchmarks, {index + 1} of {repeats}")
                    rounds.append(device.carry_out(_Round(suite, deadline), deadline))
            samples += _samples(batch, rounds)
        return tuple(samples)


@dataclass(frozen=True)
class _Loads:
    """Implements harness.measure.loaded.Loads."""

    target: Target
    image: Image
    model: Suite
    cycle_model: CycleModel | None
    linked: bool = False


def _batches(benchmarks: Sequence[Benchmark], most: int) -> Iterator[Sequence[Benchmark]]:
    for at in range(0, len(benchmarks), most):
        yield benchmarks[at : at + most]


@dataclass(frozen=True)
class _Outcome:
    counts: tuple[int, ...]
    checksums: tuple[int, ...]


@dataclass(frozen=True)
class _Round:
    """One run of a suite, as a step that can be done anew."""

    suite: Suite
    deadline: Deadline

    def __call__(self, session: Session) -> _Outcome:
        runs = len(self.suite.runs)
        session.run(0, 1, True, self.deadline)
        events = session.events(runs, self.deadline)
        if [event.op for event in events] != list(range(runs)):
            raise LinkError(f"the events of {runs} benchmarks are not theirs", phase="events")
        output = session.read(Space.OUTPUT, 0, 4 * runs, self.deadline)
        return _Outcome(
            tuple(event.cycles for event in events),
            tuple(int.from_bytes(output[at : at + 4], "little") for at in range(0, 4 * runs, 4)),
        )


def _samples(batch: Sequence[Benchmark], rounds: Sequence[_Outcome]) -> Iterator[Sample]:
    for index, benchmark in enumerate(batch):
        short, long = 2 * index, 2 * index + 1
        checksums = {r.checksums[i] for r in rounds for i in (short, long)}
        yield Sample(
            benchmark=benchmark,
            iterations=ITERATIONS[benchmark.kind],
            once=tuple(r.counts[short] for r in rounds),
            twice=tuple(r.counts[long] for r in rounds),
            checksum=checksums.pop() if len(checksums) == 1 else None,
        )
