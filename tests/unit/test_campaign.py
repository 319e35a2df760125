"""Campaigns: what is done stays done, what failed waits to be retried, what changed is measured anew."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.campaign.locks import MachineLocks
from harness.campaign.runner import Campaign, is_running
from harness.errors import DeviceGoneError, StoreError, UsageError
from harness.measure.batch import Measure, Outcome, run_batch
from harness.measure.job import Job
from harness.records import Measurement
from harness.store import Store
from targets.catalogue import load_catalogue
from tests.factories import make_measurement

_SERIAL = itertools.count(1_000_000)


class FakeMeasure:
    """Measures nothing, in no time; fails for the seeds in `failing`."""

    def __init__(self, failing: set[int] | None = None, error: type[Exception] | None = None):
        self.failing = failing or set()
        self.error = error or DeviceGoneError
        self.seeds: list[int] = []
        self.started = 0

    def __call__(self, job: Job, phase: Callable[[str], None]) -> Measurement:
        phase("measuring")
        self.started += 1
        if job.seed in self.failing:
            raise self.error(f"seed {job.seed} fell\nsilent")
        self.seeds.append(job.seed)
        plain = make_measurement(next(_SERIAL), target=job.target.name)
        model = plain.model.model_copy(update={"name": job.name, "sha256": _sha256(job.model)})
        provenance = plain.provenance.model_copy(update={"seed": job.seed})
        return plain.model_copy(update={"model": model, "provenance": provenance})


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "kws.tflite"
    path.write_bytes(b"content")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "r.sqlite")) as opened:
        yield opened


def jobs_of(model: Path, seeds: range, target: str = "qemu-cortex-m4") -> list[Job]:
    return [Job(model, load_catalogue().target(target), seed=seed) for seed in seeds]


def carry_out(
    store: Store, jobs: list[Job], measure: Measure, *, name: str = "c", **options: bool
) -> list[Outcome]:
    with Campaign.opened(name, jobs, store, **options) as campaign:  # type: ignore[arg-type]
        return list(campaign.run(2, lambda _job, _what: None, measure=measure))


def states(store: Store, name: str = "c") -> list[str]:
    return [job.state for job in store.ledger().jobs(name)]


def test_a_second_call_measures_only_what_is_new(store: Store, model: Path) -> None:
    measure = FakeMeasure()
    carry_out(store, jobs_of(model, range(3)), measure)
    assert sorted(measure.seeds) == [0, 1, 2]
    again = FakeMeasure()
    outcomes = carry_out(store, jobs_of(model, range(5)), again)
    assert sorted(again.seeds) == [3, 4] and len(outcomes) == 2
    assert sorted(m.provenance.seed for m in store.query(label="c")) == [0, 1, 2, 3, 4]
    assert states(store) == ["done"] * 5


def test_an_interrupted_call_leaves_the_rest_open(store: Store, model: Path) -> None:
    jobs = jobs_of(model, range(6))
    with Campaign.opened("c", jobs, store) as campaign:
        for count, _ in enumerate(campaign.run(1, lambda *_: None, measure=FakeMeasure()), 1):
            if count == 2:
                break
    (summary,) = store.ledger().campaigns()
    assert (summary.done, summary.failed, summary.open) == (2, 0, 4)
    rest = FakeMeasure()
    carry_out(store, jobs, rest)
    assert len(rest.seeds) == 4
    assert len(store.query()) == 6


def test_failures_are_kept_and_tried_again_only_when_asked(store: Store, model: Path) -> None:
    jobs = jobs_of(model, range(4))
    carry_out(store, jobs, FakeMeasure(failing={1, 2}))
    assert states(store) == ["done", "failed", "failed", "done"]
    failed = store.ledger().jobs("c")[1]
    assert failed.error == "seed 1 fell silent"
    assert (failed.exit_code, failed.attempts, failed.measurement_id) == (6, 1, None)
    idle = FakeMeasure()
    assert carry_out(store, jobs, idle) == [] and idle.started == 0
    carry_out(store, jobs, FakeMeasure(failing={2}), retry_failed=True)
    assert states(store) == ["done", "done", "failed", "done"]
    assert [job.attempts for job in store.ledger().jobs("c")] == [1, 2, 2, 1]
    assert store.ledger().jobs("c")[1].error == ""


def test_a_store_error_stops_the_campaign_and_blames_no_job(store: Store, model: Path) -> None:
    jobs = jobs_of(model, range(4))
    with pytest.raises(StoreError, match="fell"):
        carry_out(store, jobs, FakeMeasure(failing={0, 1, 2, 3}, error=StoreError))
    assert states(store) == ["open"] * 4


def test_a_changed_model_is_measured_anew_and_the_old_result_stays(
    store: Store, model: Path
) -> None:
    carry_out(store, jobs_of(model, range(1)), FakeMeasure())
    carry_out(store, jobs_of(model, range(1, 2)), FakeMeasure(failing={1}))
    model.write_bytes(b"other content")
    measure = FakeMeasure()
    carry_out(store, jobs_of(model, range(2)), measure)
    assert sorted(measure.seeds) == [0, 1]
    # The failure of the old content is replaced; the measurement of it is kept.
    assert states(store) == ["done", "done", "done"]
    assert len({m.model.sha256 for m in store.query(label="c")}) == 2


def test_a_model_that_changes_while_it_is_measured_fails(store: Store, model: Path) -> None:
    inner = FakeMeasure()

    def measure(job: Job, phase: Callable[[str], None]) -> Measurement:
        model.write_bytes(b"changed meanwhile")
        return inner(job, phase)

    (outcome,) = carry_out(store, jobs_of(model, range(1)), measure)
    assert "changed while the campaign ran" in str(outcome.error)
    assert states(store) == ["failed"] and store.query() == []


def test_a_model_that_is_not_there_fails_until_it_is(store: Store, tmp_path: Path) -> None:
    late = tmp_path / "late.tflite"
    jobs = jobs_of(late, range(1))
    carry_out(store, jobs, FakeMeasure(failing={0}))
    assert states(store) == ["failed"]
    late.write_bytes(b"here")
    carry_out(store, jobs, FakeMeasure())
    assert states(store) == ["done"]


def test_the_same_content_twice_is_one_job(store: Store, model: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / model.name
    copy.write_bytes(model.read_bytes())
    measure = FakeMeasure()
    carry_out(store, jobs_of(model, range(1)) + jobs_of(copy, range(1)), measure)
    assert measure.seeds == [0] and states(store) == ["done"]


def test_campaigns_do_not_mix(store: Store, model: Path) -> None:
    for name in ("a", "b"):
        carry_out(store, jobs_of(model, range(2)), FakeMeasure(), name=name)
    assert [one.name for one in store.ledger().campaigns()] == ["a", "b"]
    assert len(store.query(label="a")) == len(store.query(label="b")) == 2
    assert len(store.query()) == 4


def test_only_one_process_runs_a_campaign(store: Store, model: Path) -> None:
    jobs = jobs_of(model, range(2))
    assert not is_running(store, "c")
    with Campaign.opened("c", jobs, store):
        assert is_running(store, "c")
        with pytest.raises(StoreError, match="being run"), Campaign.opened("c", jobs, store):
            pytest.fail("two run it")
        with Campaign.opened("d", jobs, store) as other:
            assert len(other.todo) == 2
    assert not is_running(store, "c")


def test_a_job_that_another_machine_finished_is_not_stored_twice(store: Store, model: Path) -> None:
    # Two machines with one store: flock does not reach across, the store does.
    with Campaign.opened("c", jobs_of(model, range(1)), store):
        key = store.ledger().jobs("c")[0].key
        first, second = make_measurement(1), make_measurement(2)
        assert store.ledger().finish("c", key, first)
        assert not store.ledger().finish("c", key, second)
        store.ledger().fail("c", key, "too late", exit_code=6)
    assert store.query() == [first]
    assert states(store) == ["done"]


def test_a_deleted_measurement_opens_its_job(store: Store, model: Path, tmp_path: Path) -> None:
    jobs = jobs_of(model, range(2))
    carry_out(store, jobs, FakeMeasure())
    with sqlite3.connect(tmp_path / "r.sqlite") as plain:
        plain.execute("pragma foreign_keys = on")
        plain.execute("delete from measurement where row = 1")
    again = FakeMeasure()
    carry_out(store, jobs, again)
    assert len(again.seeds) == 1 and len(store.query()) == 2


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-x", "x\n", "é", "x" * 101])
def test_odd_names_are_refused(store: Store, model: Path, name: str) -> None:
    with pytest.raises(UsageError, match="letters"), Campaign.opened(name, [], store):
        pytest.fail("took it")


def test_an_unknown_job_is_an_error(store: Store) -> None:
    with pytest.raises(StoreError, match="no job"):
        store.ledger().finish("c", "key", make_measurement(1))
    assert store.query() == []


def test_stream_keeps_order_and_names_what_is_missing(store: Store) -> None:
    added = [make_measurement(seed) for seed in range(250)]
    for measurement in added:
        store.add(measurement)
    wanted = [added[i] for i in (3, 249, 0, 3, *range(200))]
    assert list(store.stream(m.id for m in wanted)) == wanted
    with pytest.raises(StoreError, match="nowhere"):
        list(store.stream([added[0].id, "nowhere"]))


# The batch under it


def test_no_more_than_the_workers_are_under_way(tmp_path: Path, model: Path) -> None:
    gate, inner = threading.Semaphore(0), FakeMeasure()

    def measure(job: Job, phase: Callable[[str], None]) -> Measurement:
        phase("at the gate")
        assert gate.acquire(timeout=60)
        return inner(job, phase)

    begun: list[int] = []
    locks = MachineLocks(slots=64, folder=tmp_path)
    outcomes = run_batch(
        jobs_of(model, range(50)),
        4,
        lambda job, what: begun.append(job.seed) if what == "at the gate" else None,
        measure=measure,
        locks=locks,
    )
    for done in range(1, 51):
        gate.release()
        next(outcomes)
        # Those that ended, and those whose place they left.
        assert len(begun) <= done + 4
    assert sorted(begun) == list(range(50))
    assert next(outcomes, None) is None


def test_what_the_hosts_clock_times_comes_last_and_alone(tmp_path: Path, model: Path) -> None:
    jobs = [
        job
        for seed in range(4)
        for name in ("native", "qemu-cortex-m4")
        for job in jobs_of(model, range(seed, seed + 1), name)
    ]
    inside, most = set[str](), []

    def measure(job: Job, phase: Callable[[str], None]) -> Measurement:
        identity = f"{job.target.name} {job.seed}"
        inside.add(identity)
        most.append((job.target.name, len(inside)))
        result = FakeMeasure()(job, phase)
        inside.remove(identity)
        return result

    locks = MachineLocks(slots=2, folder=tmp_path)
    done = [
        o.job.target.name for o in run_batch(jobs, 8, lambda *_: None, measure=measure, locks=locks)
    ]
    assert done == ["qemu-cortex-m4"] * 4 + ["native"] * 4
    assert all(count == 1 for name, count in most if name == "native")
    assert all(count <= 2 for _, count in most)


def test_a_defect_is_not_swallowed(tmp_path: Path, model: Path) -> None:
    measure = FakeMeasure(failing={0}, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        list(run_batch(jobs_of(model, range(3)), 1, lambda *_: None, measure=measure))
