"""Measures networks of search spaces until a budget is spent, on as many devices at a time as there are workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace

from harness.campaign.locks import WAIT_LIMIT_S, MachineLocks
from harness.errors import DeviceError, MemoryLimitError, TinyhilError, UsageError
from harness.latency.bench import NetworkBench
from harness.latency.log import Log
from harness.latency.networks import Network, Sample, Space
from harness.latency.steps import StepShape
from targets.deadline import Deadline

MOST_MISFITS = 200
"""Networks of a space in a row that do not fit the target; then none is expected to."""
MOST_FAILURES = 10
"""Networks in a row that the device fails on; then the device is what is wrong."""

Work = Callable[[NetworkBench, Network, int], Sample]
MakeBench = Callable[[], NetworkBench]


@dataclass(frozen=True)
class Candidate:
    """A network of a space that may be measured."""

    space: Space
    index: int


@dataclass(frozen=True)
class Measured:
    """What became of a candidate: a sample, or why there is none."""

    candidate: Candidate
    name: str
    sample: Sample | None = None
    error: TinyhilError | None = None


class Workers:
    """A pool of threads, each with a device of its own; a context manager.

    Args:
        make_bench: makes what measures, once for each thread.
        count: of threads; a target on this machine's clock is measured by one, alone.
        waiting: called when a measurement waits for those of other processes.
    """

    def __init__(
        self, make_bench: MakeBench, count: int, waiting: Callable[[], None] = lambda: None
    ) -> None:
        self._make_bench = make_bench
        self.count = count
        self._waiting = waiting
        self._local = threading.local()
        self._locks = MachineLocks()
        self._stop = threading.Event()
        self._stack = ExitStack()
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="calibrate")

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._stack.close()

    def measure(self, candidates: Iterator[Candidate]) -> Iterator[Measured]:
        """Measure candidates and yield the outcomes as they come; no more are drawn than can be measured at once."""
        return self._each(candidates, NetworkBench.measure)

    def plan(self, candidates: Iterator[Candidate]) -> Iterator[Measured]:
        """Compile candidates and yield samples without figures as they come."""
        return self._each(candidates, lambda bench, network, _: bench.compile(network)[1])

    def _each(self, candidates: Iterator[Candidate], work: Work) -> Iterator[Measured]:
        under_way: set[Future[Measured]] = set()
        while True:
            while len(under_way) < self.count:
                candidate = next(candidates, None)
                if candidate is None:
                    break
                under_way.add(self._pool.submit(self._one, candidate, work))
            if not under_way:
                return
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()

    def _one(self, candidate: Candidate, work: Work) -> Measured:
        name = f"{candidate.space.name}-{candidate.index}"
        try:
            network = candidate.space.network(candidate.index)
            name = network.name
            sample = self._sample(network, candidate.index, work)
            return Measured(candidate, name, replace(sample, index=candidate.index))
        except TinyhilError as error:
            return Measured(candidate, name, error=error)

    def _sample(self, network: Network, index: int, work: Work) -> Sample:
        bench = self._bench()
        with self._locks.held(
            alone=bench.job.target.kind == "host",
            deadline=Deadline.after(WAIT_LIMIT_S),
            stop=self._stop,
            waiting=self._waiting,
        ):
            return work(bench, network, index)

    def _bench(self) -> NetworkBench:
        bench: NetworkBench | None = getattr(self._local, "bench", None)
        if bench is None:
            bench = self._make_bench()
            with self._guard:
                self._stack.enter_context(bench)
            self._local.bench = bench
        return bench


@dataclass
class Tally:
    """What a calibration has done so far."""

    measured: int = 0
    skipped: int = 0
    failed: int = 0
    repeated: int = 0
    replaced: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Planned:
    """A candidate that fits the target, and what it would execute."""

    candidate: Candidate
    steps: tuple[StepShape, ...]


class Measurer:
    """Spends a budget of measurements, and keeps each in the log."""

    def __init__(
        self, workers: Workers, log: Log, progress: Callable[[Tally, str], None] = lambda *_: None
    ) -> None:
        self._workers = workers
        self._log = log
        self._progress = progress
        self.tally = Tally()
        self._failures = 0
        self._misfits: dict[str, int] = {}

    def known(self, candidate: Candidate) -> bool:
        """Whether the log has an outcome of the candidate."""
        entries, key = self._log.entries, (candidate.space.name, candidate.index)
        if key in entries.failed or key in entries.skipped:
            return True
        return any(
            s.index == candidate.index for s in entries.samples.get(candidate.space.name, ())
        )

    def plan(self, candidates: Iterator[Candidate], wanted: int) -> list[Planned]:
        """Return the next `wanted` candidates that fit the target. Raises as `spend`."""
        planned = []
        open_ = _Counted(candidates, wanted)
        for outcome in self._workers.plan(open_):
            if outcome.sample is not None:
                planned.append(Planned(outcome.candidate, outcome.sample.steps))
            elif not self._take(outcome):
                open_.wanted += 1
        return sorted(planned, key=lambda one: one.candidate.index)

    def spend(self, candidates: Iterator[Candidate], wanted: int, chosen: str = "random") -> None:
        """Measure candidates until `wanted` more networks are measured or there are no more candidates.

        Args:
            candidates: in the order to measure them in.
            wanted: how many.
            chosen: how they were.

        Raises:
            UsageError: no network of a space fits the target.
            TinyhilError: what is no device's or network's fault, or a device that fails on every network.
        """
        begin_s = time.monotonic()
        open_ = _Counted(candidates, wanted)
        for outcome in self._workers.measure(open_):
            if not self._take(outcome, chosen):
                open_.wanted += 1
            self._progress(self.tally, outcome.name)
        self.tally.seconds += time.monotonic() - begin_s

    def repeat(self, space: Space, samples: Sequence[Sample], tolerance: float) -> None:
        """Measure these again; what differs by more than `tolerance`, relative, replaces the first."""
        begin_s = time.monotonic()
        old = {sample.index: sample for sample in samples}
        candidates = iter([Candidate(space, sample.index) for sample in samples])
        for outcome in self._workers.measure(candidates):
            self.tally.repeated += 1
            if outcome.sample is None:
                continue
            first = old[outcome.sample.index]
            if abs(outcome.sample.latency / first.latency - 1.0) > tolerance:
                self.tally.replaced += 1
                self._log.sample(space.name, replace(outcome.sample, chosen=first.chosen))
        self.tally.seconds += time.monotonic() - begin_s

    def _take(self, outcome: Measured, chosen: str = "") -> bool:
        """Count and keep an outcome; whether it is a measured network."""
        space, index = outcome.candidate.space.name, outcome.candidate.index
        error = outcome.error
        if outcome.sample is not None:
            self._failures = 0
            self._misfits[space] = 0
            self.tally.measured += 1
            self._log.sample(space, replace(outcome.sample, chosen=chosen))
            return True
        if isinstance(error, MemoryLimitError):
            self.tally.skipped += 1
            self._misfits[space] = self._misfits.get(space, 0) + 1
            self._log.skipped(space, index, outcome.name, str(error))
            if self._misfits[space] >= MOST_MISFITS:
                raise UsageError(
                    f"space '{space}' does not fit the target: {MOST_MISFITS} networks in a row, the last: {error}"
                )
            return False
        if isinstance(error, DeviceError):
            self.tally.failed += 1
            self._failures += 1
            self._log.failed(space, index, outcome.name, str(error))
            if self._failures < MOST_FAILURES:
                return False
        assert error is not None
        raise error


class _Counted:
    """As many candidates as are wanted, a number that grows with every one that came to nothing."""

    def __init__(self, candidates: Iterator[Candidate], wanted: int) -> None:
        self._candidates = candidates
        self.wanted = wanted

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> Candidate:
        if self.wanted <= 0:
            raise StopIteration
        candidate = next(self._candidates)  # StopIteration: there are no more
        self.wanted -= 1
        return candidate
