"""A device that changed is noticed, one that did not is not; what was measured is folded in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy.stats import binom

from harness.latency.drift import ALARM, drift, tail
from harness.latency.model_file import ModelFile
from tests.latency.synthetic import dense_samples, sample
from tests.latency.test_cli import TARGET, tinyhil
from tests.latency.test_model_file import make


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return make(60)


def test_tail_is_the_binomial_one() -> None:
    for count in range(11):
        assert tail(count, 10, 0.1) == pytest.approx(binom.sf(count - 1, 10, 0.1))


def test_an_unchanged_device_is_rarely_an_alarm(model: ModelFile) -> None:
    findings = [drift(model, dense_samples(10, 500 + seed, noise=0.01)) for seed in range(60)]
    alarms = sum(finding is not None and finding.drifted for finding in findings)
    assert alarms <= 4  # ALARM is 1 %, the interval itself is uncertain


def test_a_slower_device_is_an_alarm_and_says_by_how_much(model: ModelFile) -> None:
    slower = [
        sample(list(s.steps), f"slow-{s.name}", factor=1.05)
        for s in dense_samples(10, 77, noise=0.01)
    ]
    finding = drift(model, slower)
    assert finding is not None and finding.drifted
    assert finding.probability < ALARM
    assert finding.ratio == pytest.approx(1.05, abs=0.01)
    assert "no longer fits the device" in finding.text


def test_one_network_alone_is_no_alarm(model: ModelFile) -> None:
    one = drift(model, [sample(list(dense_samples(1)[0].steps), "one", factor=1.5)])
    assert one is not None and one.outside == 1 and not one.drifted
    assert drift(model, []) is None


@pytest.mark.emulator
def test_folds_in_what_run_measured_and_refuses_what_does_not_fit(tmp_path: Path) -> None:
    spaces = ("--space", "fc-autoencoder")
    done = tinyhil("calibrate", "-t", TARGET, *spaces, "--budget", 12, data=tmp_path)
    assert done.returncode == 0, done.stderr
    made = tinyhil(
        "generate", "fc-autoencoder", "-n", 3, "--seed", 900, "-o", tmp_path, data=tmp_path
    )
    assert made.returncode == 0, made.stderr
    files = sorted(tmp_path.glob("fc-autoencoder-9*.tflite"))
    results = tmp_path / "results.json"
    ran = tinyhil(
        "run", *files, "-t", TARGET, "--no-store", "--check-inputs", 0, "--out", results,
        data=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    given = [part for file in files for part in ("--models", file)]
    missing = tinyhil("feedback", results, "-t", TARGET, *given[:4], data=tmp_path)
    assert missing.returncode == 2
    assert "its .tflite is not given" in missing.stderr
    checked = tinyhil(
        "feedback", results, "-t", TARGET, "--models", tmp_path, "--check", data=tmp_path
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 networks compared: median error" in checked.stdout
    assert "Kendall tau 1.0000" in checked.stdout
    folded = tinyhil("feedback", results, "-t", TARGET, *given, "--json", data=tmp_path)
    assert folded.returncode == 0, folded.stdout + folded.stderr
    told = json.loads(folded.stdout)
    assert told["folded"] == 3
    assert told["errors"]["networks"] == 3 and told["errors"]["within_10"] == 1.0
    changed = json.loads(results.read_text())
    for measurement in changed["measurements"]:
        measurement["latency"]["cycles_all"] = [
            2 * cycles for cycles in measurement["latency"]["cycles_all"]
        ]
    results.write_text(json.dumps(changed))
    refused = tinyhil("feedback", results, "-t", TARGET, *given, data=tmp_path)
    assert refused.returncode == 1
    assert "no longer fits the device: 3 of 3" in refused.stdout
