"""Front ends of sound: log-mel spectra and MFCC, in float32 on any device.

Constants after Zhang et al., "Hello Edge" (arXiv 1711.07128), and MicroNets (arXiv 2010.11267, section
5); formulas after TensorFlow's audio_spectrogram and mfcc operators, except for a higher floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mel:
    """A log-mel spectrum.

    Attributes:
        rate: of the samples, Hz.
        frame: samples under one Hann window (periodic).
        hop: samples from one frame to the next.
        fft: length of the transform; the frame is followed by zeros.
        bins: triangular filters, equally wide on the mel scale, peak 1, applied to magnitudes.
        low: lower edge of the first filter, Hz.
        high: upper edge of the last filter, Hz.
        floor: smallest filter output before the logarithm.
    """

    rate: int
    frame: int
    hop: int
    fft: int
    bins: int
    low: float
    high: float
    floor: float

    def frames(self, samples: int) -> int:
        """Whole frames in that many samples."""
        return 1 + (samples - self.frame) // self.hop


def mel_of(hertz: npt.ArrayLike) -> Matrix:
    """Frequencies on the mel scale, 1127 ln(1 + f / 700) (O'Shaughnessy)."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


def mel_filters(mel: Mel) -> Matrix:
    """Weights (fft // 2 + 1, bins) of the magnitudes in each filter; triangles on the mel scale."""
    edges = np.linspace(mel_of(mel.low), mel_of(mel.high), mel.bins + 2)
    at = mel_of(np.arange(mel.fft // 2 + 1) * mel.rate / mel.fft)[:, None]
    width = edges[1] - edges[0]
    found: Matrix = np.maximum(0.0, 1.0 - np.abs(at - edges[1:-1]) / width)
    return found


def cosines(bins: int, coefficients: int) -> Matrix:
    """Orthonormal DCT-II (bins, coefficients) that makes cepstral coefficients of log-mel values."""
    angle = np.pi / bins * (np.arange(bins)[:, None] + 0.5) * np.arange(coefficients)
    found: Matrix = np.sqrt(2.0 / bins) * np.cos(angle)
    found[:, 0] *= np.sqrt(0.5)
    return found


def log_mel(waves: torch.Tensor, mel: Mel) -> torch.Tensor:
    """Return ln of the mel spectrum, (n, frames, bins), of waveforms (n, samples)."""
    import torch

    window, filters = _constants(mel, waves.device)
    frames = waves.float().unfold(1, mel.frame, mel.hop) * window
    magnitudes = torch.fft.rfft(frames, n=mel.fft).abs()
    return torch.log(torch.clamp_min(magnitudes @ filters, mel.floor))


def cepstra(spectra: torch.Tensor, coefficients: int) -> torch.Tensor:
    """Return the first cepstral coefficients, (n, frames, coefficients), of log-mel spectra (n, frames, bins)."""
    return spectra @ cosines_on(spectra.shape[-1], coefficients, spectra.device)


@lru_cache(maxsize=8)
def _constants(mel: Mel, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(mel.frame) / mel.frame)
    return (
        torch.from_numpy(window).float().to(device),
        torch.from_numpy(mel_filters(mel)).float().to(device),
    )


@lru_cache(maxsize=8)
def cosines_on(bins: int, coefficients: int, device: torch.device) -> torch.Tensor:
    """`cosines` as float32 on a device; kept."""
    import torch

    return torch.from_numpy(cosines(bins, coefficients)).float().to(device)
