"""Background noise: cut from recordings, or coloured noise where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.tasks.draw import Draw
from models.tasks.wav import Waveform

if TYPE_CHECKING:
    import torch

_STEEPEST = 2.0
_FLAT_BELOW_HZ = 50.0
_QUIET = 1e-6


def rms(waves: torch.Tensor) -> torch.Tensor:
    """Root mean square of each waveform, (n, 1), at least 1e-6."""
    import torch

    return torch.clamp_min(waves.square().mean(dim=1, keepdim=True).sqrt(), _QUIET)


def coloured(draw: Draw, count: int, samples: int, rate: int) -> torch.Tensor:
    """Return noise (count, samples) of RMS 1 whose power falls as 1 / f^e, e drawn from 0 (white) to 2 (brown).

    Flat below 50 Hz, without a constant part.
    """
    import torch

    bins = samples // 2 + 1
    frequency = torch.arange(bins, device=draw.device) * (rate / samples)
    exponent = draw.uniform((count, 1), 0.0, _STEEPEST)
    shape = torch.clamp_min(frequency, _FLAT_BELOW_HZ) ** (-exponent / 2.0)
    shape[:, 0] = 0.0
    drawn = draw.normal((2, count, bins))
    noise: torch.Tensor = torch.fft.irfft(torch.complex(drawn[0], drawn[1]) * shape, n=samples)
    return noise / rms(noise)


@dataclass
class Background:
    """Noise to cut pieces from; empty until a data set with recorded noise is loaded.

    Attributes:
        recorded: the recordings one after the other, in -1..1.
    """

    recorded: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))

    def fill(self, recordings: Sequence[Waveform]) -> None:
        """Keep these recordings instead."""
        self.recorded = np.concatenate([np.zeros(0, np.float32), *recordings])

    def pieces(self, draw: Draw, count: int, samples: int, rate: int) -> torch.Tensor:
        """Return noise (count, samples) of RMS 1: recorded, or coloured where there is too little of that."""
        import torch

        last = len(self.recorded) - samples
        if last < 0:
            return coloured(draw, count, samples, rate)
        noise = torch.from_numpy(self.recorded).to(draw.device)
        starts = draw.integers((count, 1), 0, last)
        found = noise[starts + torch.arange(samples, device=draw.device)]
        return found / rms(found)
