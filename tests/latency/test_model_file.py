"""Model files: what is written comes back; what does not apply is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import StoreError, UnsupportedModelError, UsageError
from harness.latency.fit import Built, make_model
from harness.latency.identity import Identity, identity_of
from harness.latency.log import Entries
from harness.latency.measure import Tally
from harness.latency.model_file import ModelFile, load, save
from harness.latency.predict import Predictor
from targets.catalogue import load_catalogue
from tests.latency.synthetic import dense, dense_samples, sample

BUILT = Built("00", "gcc")


def identity(target: str = "qemu-cortex-m4", kernels: str = "reference") -> Identity:
    return identity_of(load_catalogue().target(target), kernels)


def make(count: int = 40) -> ModelFile:
    target = load_catalogue().target("qemu-cortex-m4")
    return make_model(
        {"dense": dense_samples(count, noise=0.01)},
        identity(),
        target,
        Entries(),
        Tally(),
        BUILT,
        0,
    )


def test_a_model_comes_back_as_it_was_written(tmp_path: Path) -> None:
    model = make()
    save(model, tmp_path / "new" / "m.json")
    again = load(tmp_path / "new" / "m.json")
    assert again == model
    steps = [dense(30, 40), dense(40, 50)]
    assert Predictor(again).predict(steps) == Predictor(model).predict(steps)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kernels": "cmsis-nn"}, "kernel set reference, not cmsis-nn"),
        ({"kernels_sha256": "0" * 64}, "kernels' sources"),
        ({"clock_hz": 1_000_000}, "clock 25000000, not 1000000"),
        ({"timing_sha256": "0" * 64}, "timing model"),
        ({"timing": "memory"}, "timing model's mode core, not memory"),
        ({"engine": "plan 99"}, "engine version"),
        ({"features_version": 99}, "feature version"),
        ({"optimise": False}, "graph optimisation"),
        ({"core": "cortex-m7"}, "core cortex-m4, not cortex-m7"),
    ],
)
def test_a_model_is_refused_for_anything_else(change: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=f"m.json does not apply.*{says}.*tinyhil calibrate"):
        make().require(identity().model_copy(update=change), "m.json")


def test_a_model_applies_to_what_it_was_made_for() -> None:
    make().require(identity(), "m.json")


def test_identities_tell_targets_kernels_and_timing_apart() -> None:
    m4 = identity()
    assert m4.timing == "core"
    assert m4.differences(identity("qemu-cortex-m7"))
    assert m4.differences(identity(kernels="cmsis-nn"))
    assert identity("qemu-nucleo-l4r5zi").timing == "memory"
    none = identity_of(load_catalogue().target("qemu-cortex-m4"), "reference", "none")
    assert (none.unit, none.timing_sha256) == ("instructions", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no latency model"),
        ("[]", "is no latency model"),
        ('{"tinyhil_latency_model": 7}', "schema 7; this version reads 1"),
        ('{"tinyhil_latency_model": 1}', "is no latency model: identity"),
    ],
)
def test_another_file_is_refused(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(StoreError, match=says):
        load(tmp_path / "m.json")


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    values = json.loads(make().model_dump_json(by_alias=True))
    (tmp_path / "m.json").write_text(json.dumps({**values, "more": 1}))
    with pytest.raises(StoreError, match="more"):
        load(tmp_path / "m.json")


def test_predictions_say_what_they_are() -> None:
    model = make()
    one = Predictor(model).predict([dense(30, 40), dense(40, 50)], arena_bytes=128)
    truth = sample([dense(30, 40), dense(40, 50)], "truth").latency
    assert one.kind == "estimated"
    assert one.cycles == pytest.approx(truth, rel=0.02)
    assert one.low is not None and one.high is not None
    assert one.low < one.cycles < one.high
    assert one.us == pytest.approx(one.cycles / 25.0)  # 25 MHz
    assert sum(layer.cycles for layer in one.layers) <= one.cycles
    power = load_catalogue().target("qemu-cortex-m4").power
    assert power is not None and one.energy_uj is not None
    assert one.energy_uj == pytest.approx(one.us * power.active.mw(25_000_000) / 1000.0)
    assert one.arena_bytes == 128


def test_too_few_networks_give_no_interval_and_say_so() -> None:
    few = make(10)  # 8 fitted: fewer than the 9 that a 90 % quantile takes
    assert few.interval.factor is None
    assert Predictor(few).predict([dense(8, 8)]).low is None


def test_mostly_unknown_networks_are_refused() -> None:
    other = dense(100, 100)
    other = type(other)(**{**vars(other), "opcode": "SOMETHING_ELSE"})
    with pytest.raises(UnsupportedModelError, match="SOMETHING_ELSE were not calibrated"):
        Predictor(make()).predict([other])
