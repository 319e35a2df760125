"""Augmentation: reproducible by generator, and each step what its description says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.fft
import scipy.stats
import torch

from models.tasks import parse_task
from models.tasks.anomaly import SAMPLES
from models.tasks.draw import Draw
from models.tasks.image_augment import cut_out, flipped, mixed, shifted
from models.tasks.noise import Background, coloured, rms
from models.tasks.speech_augment import (
    CHANNEL,
    MEL_MASK,
    TIME_MASK,
    filtered,
    masked,
    noisy,
    warped,
)
from models.tasks.task import one_hot

CPU = torch.device("cpu")
TEXTS = [
    "kws",
    "kws:rate=16000",
    "image",
    "image:cutout=8,mixup=0.2",
    "image-grey",
    "anomaly",
    "digits",
]


def drawing(seed: int = 0) -> Draw:
    return Draw(torch.Generator().manual_seed(seed), CPU)


def raw_examples(text: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    task = parse_task(text)
    random = torch.Generator().manual_seed(7)
    y = torch.randint(len(task.classes), (count,), generator=random)
    if text.startswith("kws"):
        return 0.1 * torch.randn((count, 16000 if "16000" in text else 8000), generator=random), y
    if text == "anomaly":
        return 0.1 * torch.randn((count, SAMPLES), generator=random), y
    shape = (count, *task.input_shape[1:])
    return torch.randint(256, shape, generator=random, dtype=torch.uint8), y


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_generator_gives_the_same_examples(text: str) -> None:
    task = parse_task(text)
    raw, y = raw_examples(text, 9)
    before = raw.clone()
    first, again, other = (
        task.augmented(raw, y, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(raw, before)
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert torch.equal(first[0], other[0]) == (text == "digits")
    assert first[0].shape == (9, *task.input_shape[1:]) and first[0].dtype == torch.float32
    assert first[1].shape == (9, len(task.classes)) and first[1].dtype == torch.float32
    assert bool(torch.isfinite(first[0]).all()) and bool((first[1] >= 0).all())
    torch.testing.assert_close(first[1].sum(dim=1), torch.ones(9))
    if "mixup" not in text and text != "anomaly":
        assert torch.equal(first[1].argmax(dim=1), y)


def test_one_batch_draws_anew_for_each_example() -> None:
    raw, y = raw_examples("image", 1)
    found, _ = parse_task("image").augmented(
        raw.expand(64, -1, -1, -1), y.expand(64), drawing().generator
    )
    assert len(torch.unique(found.reshape(64, -1), dim=0)) > 40


def test_warping_moves_and_stretches() -> None:
    rate = 8000
    at = torch.arange(rate) / rate
    # A tone of 500 Hz in the middle 0.2 s.
    burst = torch.sin(2 * torch.pi * 500.0 * at) * ((at > 0.4) & (at < 0.6))
    found = warped(burst.expand(400, -1), rate, drawing())
    energy = found.square()
    centre = (energy * at).sum(dim=1) / energy.sum(dim=1)
    assert 0.397 < float(centre.min()) < 0.42 and 0.58 < float(centre.max()) < 0.603
    peak = torch.fft.rfft(found, n=4 * rate).abs().argmax(dim=1) / 4.0
    assert 0.849 * 500 <= float(peak.min()) < 440 and 560 < float(peak.max()) <= 1.151 * 500
    used = (found != 0).sum(dim=1) / rate
    # Faster is shorter: cycles are kept.
    torch.testing.assert_close(used * peak, torch.full((400,), 100.0), atol=2.0, rtol=0)


@pytest.mark.parametrize(("asked", "least"), [(math.inf, 5.0), (20.0, 5.0), (-3.0, -3.0)])
def test_noise_is_below_the_word_and_changes_its_level(asked: float, least: float) -> None:
    waves = 0.1 * torch.sign(torch.randn((500, 8000), generator=torch.Generator().manual_seed(3)))
    found = noisy(waves, 8000, Background(), drawing(), asked)
    along = (found * waves).mean(dim=1, keepdim=True) / waves.square().mean(dim=1, keepdim=True)
    gain = 20 * torch.log10(along)
    assert -16 < float(gain.min()) < -13 and 13 < float(gain.max()) < 16
    below = 20 * torch.log10(rms(along * waves) / rms(found - along * waves))[:, 0]
    with_noise = below < 60
    assert 0.74 < float(with_noise.float().mean()) < 0.86
    assert least - 0.5 < float(below[with_noise].min()) < least + 3
    assert 37 < float(below[with_noise].max()) < 40.5


def test_noise_has_every_colour_from_white_to_brown() -> None:
    noise = coloured(drawing(), 300, 8000, 8000)
    torch.testing.assert_close(rms(noise), torch.ones(300, 1))
    power = torch.fft.rfft(noise).abs().square().numpy()
    low, high = power[:, 100:300].mean(axis=1), power[:, 1000:3000].mean(axis=1)
    # Of power c / f^e the means of two bands a decade apart differ by 10^e.
    slopes = np.log10(low / high)
    assert scipy.stats.kstest(slopes, "uniform", args=(0.0, 2.0)).pvalue > 0.001
    assert np.all(np.abs(noise.numpy().mean(axis=1)) < 1e-5)


def test_recorded_noise_is_preferred() -> None:
    background = Background()
    ramp = np.linspace(0.1, 0.9, 30_000).astype(np.float32)
    background.fill([ramp[:10_000], ramp[10_000:]])
    pieces = background.pieces(drawing(), 50, 8000, 8000)
    torch.testing.assert_close(rms(pieces), torch.ones(50, 1))
    step = pieces[:, 1:] - pieces[:, :-1]
    assert bool((step > 0).all())
    assert len(torch.unique(pieces[:, 0])) == 50
    assert bool((background.pieces(drawing(), 1, 40_000, 8000) < 0).any())


def test_a_channel_adds_constants_to_the_cepstrum() -> None:
    spectra = torch.randn((3000, 49, 40), generator=torch.Generator().manual_seed(5))
    added = (filtered(spectra, drawing()) - spectra).numpy().astype(np.float64)
    assert np.abs(added - added[:, :1]).max() < 1e-5
    cepstrum = scipy.fft.dct(added[:, 0], norm="ortho", axis=1)
    assert np.abs(cepstrum[:, 0]).max() < 1e-5 and np.abs(cepstrum[:, 10:]).max() < 1e-5
    np.testing.assert_allclose(cepstrum[:, 1:10].std(axis=0), CHANNEL, rtol=0.06)
    correlation = np.corrcoef(cepstrum[:, 1:10].T)
    assert np.abs(correlation - np.eye(9)).max() < 0.1


def test_masks_are_one_run_of_frames_and_one_of_bins() -> None:
    spectra = torch.randn((300, 49, 40), generator=torch.Generator().manual_seed(5))
    found = masked(spectra, drawing())
    mean = spectra.mean(dim=(1, 2), keepdim=True)
    changed = (found != spectra).numpy()
    assert torch.equal(
        found[torch.from_numpy(changed)], mean.expand_as(found)[torch.from_numpy(changed)]
    )
    widths = set()
    for each in changed:
        frames, bins = np.flatnonzero(each.all(axis=1)), np.flatnonzero(each.all(axis=0))
        for run in (frames, bins):
            assert len(run) == 0 or run[-1] - run[0] == len(run) - 1
        expected = np.zeros((49, 40), bool)
        expected[frames] = True
        expected[:, bins] = True
        np.testing.assert_array_equal(each, expected)
        widths.add((len(frames), len(bins)))
    assert {w for w, _ in widths} == set(range(TIME_MASK + 1))
    assert {w for _, w in widths} == set(range(MEL_MASK + 1))


def test_images_are_shifted_as_a_whole() -> None:
    images = torch.rand((200, 6, 7, 2), generator=torch.Generator().manual_seed(1)) + 0.1
    found = shifted(images, 2, drawing()).numpy()
    padded = np.pad(images.numpy(), ((0, 0), (2, 2), (2, 2), (0, 0)))
    seen = set()
    for mine, source in zip(found, padded, strict=True):
        matches = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if np.array_equal(mine, source[top : top + 6, left : left + 7])
        ]
        assert len(matches) == 1
        seen.add(matches[0])
    assert len(seen) == 25


def test_half_of_the_images_are_mirrored() -> None:
    images = torch.rand((400, 3, 5, 1), generator=torch.Generator().manual_seed(1))
    found = flipped(images, drawing())
    mirrored = [torch.equal(a, b.flip(1)) for a, b in zip(found, images, strict=True)]
    kept = [torch.equal(a, b) for a, b in zip(found, images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 150 < sum(mirrored) < 250


def test_cutout_is_one_square() -> None:
    images = torch.ones((300, 12, 12, 3))
    found = cut_out(images, 4, drawing()).numpy()
    assert np.array_equal(found[..., 0], found[..., 2])
    areas = set()
    for each in found[..., 0]:
        rows, columns = (
            np.flatnonzero((each == 0).any(axis=1)),
            np.flatnonzero((each == 0).any(axis=0)),
        )
        assert np.all(each[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 0)
        assert np.sum(each == 0) == len(rows) * len(columns)
        areas.add((len(rows), len(columns)))
    # Centres near the edge cut the square: from 2 to 4 pixels are left each way.
    assert areas == {(h, w) for h in (2, 3, 4) for w in (2, 3, 4)}


def test_mixup_mixes_inputs_and_targets_alike() -> None:
    targets = one_hot(torch.arange(50), 50)
    values = torch.arange(50.0)
    inputs, mixtures = mixed(values[:, None, None, None], targets, 0.3, drawing())
    torch.testing.assert_close(inputs[:, 0, 0, 0], mixtures @ values)
    assert bool((mixtures.count_nonzero(dim=1) <= 2).all())


@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    drawn = drawing().beta(4000, alpha).double().numpy()
    assert np.all((drawn >= 0) & (drawn <= 1))
    # Where the density is largest, float32 has few values near 1: compare away from the ends.
    for at in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        assert np.mean(drawn <= at) == pytest.approx(
            scipy.stats.beta.cdf(at, alpha, alpha), abs=0.03
        )
