"""Whole calibrations on the fake device, whose law is known; the same classes measure on emulators and boards."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import DeviceError, StoreError, UsageError
from harness.latency.collect import Plan, collect
from harness.latency.fake import LawfulFake
from harness.latency.fit import Built, make_model
from harness.latency.identity import Identity, identity_of
from harness.latency.log import Log
from harness.latency.measure import MOST_FAILURES, Tally, Workers
from harness.latency.model_file import ModelFile
from harness.latency.networks import Network
from harness.latency.sampling import SAMPLINGS, Sampling
from harness.measure.job import Job
from models.arch.layers import Dense, Pool2D
from models.arch.randomise import random_parameters
from models.arch.spec import ArchBuilder, ArchSpec
from models.arch.to_tflite import to_tflite
from targets.catalogue import load_catalogue
from targets.schema import Target

INTERCEPT, SLOPE = 50_000.0, 20.0


@dataclass(frozen=True)
class Small:
    """Networks of one to three small Dense layers, quick to make and to compile."""

    name: str

    def network(self, index: int) -> Network:
        draw = random.Random(f"{self.name}{index}")
        b = ArchBuilder(f"{self.name}-{index}", (1, draw.randint(4, 64)))
        for _ in range(draw.randint(1, 3)):
            b.add(Dense(draw.randint(4, 64)))
        return written(b.build())


def written(arch: ArchSpec) -> Network:
    return Network(arch.name, to_tflite(arch, random_parameters(arch)))


@pytest.fixture
def target() -> Target:
    return load_catalogue().target("native")


@pytest.fixture
def identity(target: Target) -> Identity:
    return identity_of(target, "reference")


def calibrate(
    fake: LawfulFake,
    log: Path,
    identity: Identity,
    target: Target,
    budget: int = 20,
    spaces: Sequence[str] = ("small",),
    sampling: Sampling = "random",
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[ModelFile, Tally]:
    job = Job(Path("network.tflite"), target, warmup=0, repeats=3)
    plan = Plan([fake.watch(Small(name)) for name in spaces], budget, sampling)
    with Log(log, identity) as kept:
        with Workers(lambda: fake.bench(job), 1) as workers:
            tally = collect(plan, workers, kept, progress)
        samples = {name: kept.entries.of({name}) for name in spaces}
        built = Built(fake.bench(job).image.image_id, "")
        return make_model(samples, identity, target, kept.entries, tally, built, 0), tally


def test_recovers_the_law_within_one_percent(
    tmp_path: Path, identity: Identity, target: Target
) -> None:
    fake = LawfulFake(INTERCEPT, SLOPE, noise=300.0)
    model, tally = calibrate(fake, tmp_path / "log", identity, target, budget=40)
    (law,) = model.laws
    assert law.slope == pytest.approx(SLOPE, rel=0.01)
    assert law.intercept == pytest.approx(INTERCEPT, rel=0.01)
    assert law.r2 > 0.95
    assert sum(model.overhead) == pytest.approx(INTERCEPT, rel=0.01)
    assert model.validation is not None
    assert model.validation.networks == 8
    assert model.validation.median_error < 0.01
    assert (tally.measured, tally.failed, tally.skipped) == (40, 0, 0)


def test_resumes_where_it_was_killed(tmp_path: Path, identity: Identity, target: Target) -> None:
    class Killed(Exception):
        pass

    def kill(text: str) -> None:
        if text.startswith("9 of"):
            raise Killed

    fake = LawfulFake(INTERCEPT, SLOPE)
    log = tmp_path / "log"
    with pytest.raises(Killed):
        calibrate(fake, log, identity, target, progress=kill)
    kept = log.read_bytes()
    assert len(kept.splitlines()) == 1 + 9
    log.write_bytes(kept + b'{"space":"fc-auto')  # the last line of a killed process
    before = fake.loads
    model, tally = calibrate(fake, log, identity, target)
    assert log.read_bytes().startswith(kept)
    assert tally.measured == 20 - 9
    assert fake.loads - before == 20 - 9
    whole, _ = calibrate(LawfulFake(INTERCEPT, SLOPE), tmp_path / "other", identity, target)
    assert (model.families, model.overhead, model.laws) == (
        whole.families,
        whole.overhead,
        whole.laws,
    )


def test_skips_and_counts_networks_that_the_device_fails_on(
    tmp_path: Path, identity: Identity, target: Target
) -> None:
    fake = LawfulFake(INTERCEPT, SLOPE, refuses=lambda name: name.endswith("3"))
    model, tally = calibrate(fake, tmp_path / "log", identity, target)
    assert (tally.measured, tally.failed) == (20, 2)  # of 0 ... 21
    assert model.origin.failed == 2
    assert model.laws[0].slope == pytest.approx(SLOPE, rel=1e-3)
    again, more = calibrate(fake, tmp_path / "log", identity, target)
    assert (more.measured, more.failed, again.origin.failed) == (0, 0, 2)


def test_gives_up_on_a_device_that_fails_on_every_network(
    tmp_path: Path, identity: Identity, target: Target
) -> None:
    fake = LawfulFake(INTERCEPT, SLOPE, refuses=lambda _: True)
    with pytest.raises(DeviceError, match="refused"):
        calibrate(fake, tmp_path / "log", identity, target)
    assert len((tmp_path / "log").read_bytes().splitlines()) == 1 + MOST_FAILURES


def test_repeats_an_outlier_and_keeps_what_it_repeats_to(
    tmp_path: Path, identity: Identity, target: Target
) -> None:
    fake = LawfulFake(INTERCEPT, SLOPE, spoils=frozenset({5}))
    model, tally = calibrate(fake, tmp_path / "log", identity, target)
    assert (tally.repeated, tally.replaced) == (1, 1)
    assert (model.origin.repeated, model.origin.replaced) == (1, 1)
    clean, none = calibrate(LawfulFake(INTERCEPT, SLOPE), tmp_path / "clean", identity, target)
    assert none.repeated == 0
    assert model.laws == clean.laws


class Huge:
    """A space whose networks do not fit."""

    name = "huge"

    def network(self, index: int) -> Network:
        b = ArchBuilder(f"huge-{index}", (1, 160, 160, 4))
        b.add(Pool2D())
        return written(b.build())


def test_says_that_a_space_does_not_fit(tmp_path: Path, target: Target) -> None:
    small = load_catalogue().target("qemu-cortex-m0plus")
    identity = identity_of(small, "reference")
    fake = LawfulFake(INTERCEPT, SLOPE)
    job = Job(Path("network.tflite"), small, warmup=0, repeats=1)
    with (
        Log(tmp_path / "log", identity) as log,
        Workers(lambda: fake.bench(job), 1) as workers,
        pytest.raises(UsageError, match=r"space 'huge' does not fit the target.*RAM of"),
    ):
        collect(Plan([Huge()], 20), workers, log)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_sampling_spends_the_budget_and_checks_with_random_draws(
    sampling: Sampling, tmp_path: Path, identity: Identity, target: Target
) -> None:
    fake = LawfulFake(INTERCEPT, SLOPE)
    spaces = ("small", "tiny")
    model, tally = calibrate(
        fake, tmp_path / "log", identity, target, 24, spaces, sampling=sampling
    )
    assert tally.measured == 24
    assert sum(model.origin.networks.values()) == 24
    assert model.origin.sampling == "+".join(sorted({sampling, "random"}))
    assert model.validation is not None
    assert model.validation.worst_error < 0.01


def test_a_log_is_not_taken_for_another_target(
    tmp_path: Path, identity: Identity, target: Target
) -> None:
    calibrate(LawfulFake(INTERCEPT, SLOPE), tmp_path / "log", identity, target, budget=10)
    with Log(tmp_path / "log", identity.model_copy(update={"features_version": 0})) as kept:
        assert len(kept.entries.of({"small"})) == 10  # measurements have nothing of the features
    other = identity.model_copy(update={"clock_hz": 1})
    with pytest.raises(StoreError, match="clock"):
        Log(tmp_path / "log", other)
    (tmp_path / "text").write_text("hello\n")
    with pytest.raises(StoreError, match="no log of a calibration"):
        Log(tmp_path / "text", identity)
    lines = (tmp_path / "log").read_text().splitlines()
    lines[2] = json.dumps({"space": "x", "sample": {}})
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    with pytest.raises(StoreError, match="line 3 is wrong"):
        Log(tmp_path / "log", identity)


def test_a_plan_needs_a_budget_and_a_space() -> None:
    with pytest.raises(UsageError, match="budget of 5"):
        Plan([Small("small")], 5)
    with pytest.raises(UsageError, match="search space"):
        Plan([], 50)
