"""Augmentation of spoken words: speed, jitter, level, noise on waveforms; channel and masks on spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.tasks.draw import Draw
from models.tasks.frontend import cosines_on
from models.tasks.noise import Background, rms

if TYPE_CHECKING:
    import torch

JITTER_S = 0.1
SPEED = (0.85, 1.15)
GAIN_DB = (-15.0, 15.0)
NOISE_SHARE = 0.8
NOISE_DB = (5.0, 40.0)
"""Level of the word over that of the noise."""
CHANNEL = (1.4, 0.9, 0.8, 0.8, 0.7, 0.6, 0.5, 0.5, 0.4)
"""Spread of what is added to cepstral coefficients 1 to 9: about that of the speakers' means in FSDD."""
TIME_MASK = 10
MEL_MASK = 6


def warped(waves: torch.Tensor, rate: int, draw: Draw) -> torch.Tensor:
    """Play each waveform (n, samples) at another speed about its middle, up to 0.1 s earlier or later.

    Linear interpolation; what comes in from outside is zero.
    """
    import torch

    count, samples = waves.shape
    shift = draw.uniform((count, 1), -JITTER_S, JITTER_S) * rate
    speed = draw.uniform((count, 1), *SPEED)
    middle = (samples - 1) / 2.0
    at = (torch.arange(samples, device=waves.device) - middle - shift) * speed + middle
    below = torch.floor(at).long()
    weight = at - below
    return _at(waves, below) * (1.0 - weight) + _at(waves, below + 1) * weight


def _at(waves: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    last = waves.shape[1] - 1
    return waves.gather(1, index.clamp(0, last)) * ((index >= 0) & (index <= last))


def noisy(
    waves: torch.Tensor, rate: int, background: Background, draw: Draw, least_db: float
) -> torch.Tensor:
    """Change the level of each waveform by up to 15 dB; to 8 in 10 add noise.

    The noise is 5 dB, or `least_db` where that is less, to 40 dB below the word.
    """
    count, samples = waves.shape
    gain = 10.0 ** (draw.uniform((count, 1), *GAIN_DB) / 20.0)
    least, most = NOISE_DB
    below = 10.0 ** (-draw.uniform((count, 1), min(least, least_db), most) / 20.0)
    level = rms(waves) * below * (draw.uniform((count, 1)) < NOISE_SHARE)
    return gain * (waves + level * background.pieces(draw, count, samples, rate))


def filtered(spectra: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Add to all frames of each log-mel spectrum (frames, bins) one smooth curve over the bins.

    As another microphone, room or voice would: a linear filter adds constants to cepstral coefficients.
    """
    count, _, bins = spectra.shape
    offsets = draw.normal((count, len(CHANNEL))) * spectra.new_tensor(CHANNEL)
    curves = offsets @ cosines_on(bins, 1 + len(CHANNEL), spectra.device)[:, 1:].T
    return spectra + curves[:, None, :]


def masked(spectra: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Set up to 10 frames in a row and up to 6 bins in a row of each (frames, bins) to its mean.

    SpecAugment (Park et al., arXiv 1904.08779, section 2), without time warping.
    """
    import torch

    count, frames, bins = spectra.shape
    times = _run(count, frames, TIME_MASK, draw)[:, :, None]
    mels = _run(count, bins, MEL_MASK, draw)[:, None, :]
    return torch.where(times | mels, spectra.mean(dim=(1, 2), keepdim=True), spectra)


def _run(count: int, length: int, longest: int, draw: Draw) -> torch.Tensor:
    """bool (count, length): true in one run of 0 ... longest places."""
    import torch

    width = draw.integers((count, 1), 0, longest)
    start = torch.floor(draw.uniform((count, 1)) * (length - width + 1))
    at = torch.arange(length, device=width.device)
    return (at >= start) & (at < start + width)
