"""Front ends against an implementation in float64 with SciPy, written from the description."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.fft
import scipy.signal
import torch

from models.tasks import parse_task
from models.tasks.anomaly import MEL, SAMPLES, Anomaly
from models.tasks.frontend import Mel, log_mel
from models.tasks.kws import Kws

Waves = npt.NDArray[np.float32]


def reference(wave: Waves, mel: Mel) -> npt.NDArray[np.float64]:
    """ln of the mel spectrum (frames, bins) of one waveform, frame by frame, filter by filter."""
    window = scipy.signal.get_window("hann", mel.frame, fftbins=True)
    edges = np.linspace(*(np.log10(1.0 + f / 700.0) for f in (mel.low, mel.high)), mel.bins + 2)
    places = np.log10(1.0 + np.fft.rfftfreq(mel.fft, 1.0 / mel.rate) / 700.0)
    frames = []
    for start in range(0, len(wave) - mel.frame + 1, mel.hop):
        part = wave[start : start + mel.frame].astype(np.float64) * window
        magnitudes = np.abs(scipy.fft.rfft(part, mel.fft))
        row = [
            magnitudes @ np.interp(places, edges[b : b + 3], [0.0, 1.0, 0.0], left=0.0, right=0.0)
            for b in range(mel.bins)
        ]
        frames.append(np.log(np.maximum(row, mel.floor)))
    return np.array(frames)


def waves(count: int, samples: int, seed: int = 0) -> Waves:
    """Noise, chirps, clicks, digital silence, full scale."""
    random = np.random.default_rng(seed)
    found = random.normal(size=(count, samples)) * 10.0 ** random.uniform(-4, -0.5, (count, 1))
    found[0] = 0.0
    found[1] = np.sign(found[1])
    found[2] = 0.5 * scipy.signal.chirp(np.arange(samples), 0.001, samples, 0.49)
    found[3] = np.arange(samples) % 997 == 0
    return found.astype(np.float32)


@pytest.mark.parametrize("mel", [Kws().mel, Kws(rate=16000).mel, Kws(rate=11025).mel, MEL])
def test_log_mel(mel: Mel) -> None:
    raw = waves(8, max(mel.rate, SAMPLES))
    found = log_mel(torch.from_numpy(raw), mel).numpy()
    expected = np.stack([reference(wave, mel) for wave in raw])
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    # Near the floor, what float32 rounds off of loud neighbouring bins shows.
    np.testing.assert_allclose(found, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_cepstral_coefficients(rate: int) -> None:
    task = Kws(rate=rate)
    raw = waves(6, rate)
    found = task.inputs(torch.from_numpy(raw)).numpy()
    assert found.shape == (6, *task.input_shape[1:]) == (6, 49, 10, 1)
    centre = np.zeros(10)
    centre[0] = -12.0
    spread = np.array([16.0, 2.4, 1.5, 1.3, 1.3, 1.1, 0.95, 0.85, 0.8, 0.7])
    for wave, mine in zip(raw, found[..., 0], strict=True):
        cepstra = scipy.fft.dct(reference(wave, task.mel), norm="ortho", axis=1)[:, :10]
        np.testing.assert_allclose(mine, (cepstra - centre) / spread, atol=2e-3, rtol=0)


def test_every_filter_sees_a_bin() -> None:
    for mel in (Kws().mel, Kws(rate=48000).mel, MEL):
        assert np.all(np.exp(reference(waves(6, 2 * mel.rate)[1], mel)) > mel.floor)


def test_machine_images_are_means_of_four() -> None:
    raw = waves(4, SAMPLES)
    task = Anomaly()
    found = task.inputs(torch.from_numpy(raw)).numpy()
    assert found.shape == (4, *task.input_shape[1:]) == (4, 32, 32, 1)
    for wave, mine in zip(raw, found[..., 0], strict=True):
        halved = reference(wave, MEL).reshape(32, 2, 32, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(mine, halved / 1.2, atol=2e-3, rtol=0)


@pytest.mark.parametrize("text", ["kws", "anomaly", "image", "image-grey", "digits"])
def test_one_by_one_or_together(text: str) -> None:
    task = parse_task(text)
    shape = {"kws": (8000,), "anomaly": (SAMPLES,)}.get(text, task.input_shape[1:])
    raw = torch.rand((5, *shape), generator=torch.Generator().manual_seed(1))
    raw = raw if len(shape) == 1 else (raw * 255).to(torch.uint8)
    together = task.inputs(raw)
    assert together.dtype == torch.float32
    for i in range(5):
        torch.testing.assert_close(task.inputs(raw[i : i + 1])[0], together[i], atol=1e-4, rtol=0)
