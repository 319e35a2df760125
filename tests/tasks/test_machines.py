"""Generated machine sounds: the tones that the description promises, and one of them off in an anomaly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.tasks import anomaly, parse_task
from models.tasks.anomaly import SAMPLES
from models.tasks.machines import COMBINATIONS, RATE, TONES_HZ, recordings


def ratios(wave: npt.NDArray[np.float32], machine: int) -> list[float]:
    """Frequency of each tone relative to its nominal one: the strongest within a quarter."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * len(wave)))
    at = np.fft.rfftfreq(4 * len(wave), 1 / RATE)
    found = []
    for tone, choice in zip(TONES_HZ, COMBINATIONS[machine], strict=True):
        near = np.abs(at / tone[choice] - 1.0) < 0.21
        found.append(at[near][np.argmax(power[near])] / tone[choice])
    return found


def test_no_tone_alone_tells_a_machine() -> None:
    for tone in range(len(TONES_HZ)):
        choices = [each[tone] for each in COMBINATIONS]
        assert sorted(choices) == [0, 0, 1, 1]
    for i, one in enumerate(COMBINATIONS):
        for other in COMBINATIONS[:i]:
            assert sum(a != b for a, b in zip(one, other, strict=True)) == 2


def test_tones() -> None:
    found = recordings(normal=12, anomalous=12, samples=SAMPLES, seed=4)
    assert found.x.dtype == np.float32 and found.x.shape == (96, SAMPLES)
    assert np.abs(found.x).max() <= 1.0
    assert found.anomalous is not None and found.group is not None
    np.testing.assert_array_equal(found.y, np.repeat(np.arange(4), 24))
    np.testing.assert_array_equal(found.group, found.y)
    assert found.anomalous.sum() == 48
    for wave, machine, unusual in zip(found.x, found.y, found.anomalous, strict=True):
        off = [abs(ratio - 1.0) for ratio in ratios(wave, int(machine))]
        wrong = [each for each in off if each > 0.0115]
        assert len(wrong) == unusual
        assert all(0.048 < each < 0.195 for each in wrong)


def test_levels() -> None:
    found = recordings(normal=50, anomalous=0, samples=SAMPLES, seed=4)
    level = 20 * np.log10(np.sqrt(np.mean(np.square(found.x, dtype=np.float64), axis=1)))
    assert -40.1 < level.min() < -38 and -13 < level.max() < -9.9


def test_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("TRAIN", "VALIDATION", "TEST"):
        monkeypatch.setattr(anomaly, part, 25)
    text = "anomaly:train=40,validation=20,test=80"
    first, other = (parse_task(text).load(None, seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.test.x, other.test.x)
    assert not np.array_equal(first.train.x, other.train.x)
    seen = [x.tobytes() for e in (first.train, first.validation, first.test) for x in e.x]
    assert len(set(seen)) == len(seen) == 140
    for each, share in ((first.train, 0.0), (first.validation, 0.0), (first.test, 0.5)):
        assert each.anomalous is not None
        assert each.anomalous.mean() == pytest.approx(share, abs=0.2)
        assert np.bincount(each.y).tolist() == [len(each) // 4] * 4
