"""Generated sounds of four machines, normal and with one tone out of tune (03-micronets.md section 7.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.tasks.draw import Draw
from models.tasks.noise import coloured, rms
from models.tasks.task import Examples

if TYPE_CHECKING:
    import torch

RATE = 8000
MACHINES = 4
TONES_HZ = ((420.0, 500.0), (900.0, 1070.0), (1900.0, 2260.0))
COMBINATIONS = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0))
"""Which of its two frequencies each tone of a machine has. Any two machines differ in two tones: no tone
alone tells a machine."""

SPEED_SPREAD = 0.01
TONE_DB = (-6.0, 6.0)
NOISE_DB = (-3.0, 9.0)
"""Level of the tones over that of the noise."""
LEVEL_DB = (-40.0, -10.0)
"""RMS of a recording below full scale."""
DETUNED = (0.06, 0.18)
"""Of an anomaly's tone, up or down, relative to its frequency."""


def recordings(normal: int, anomalous: int, samples: int, seed: int) -> Examples:
    """Return waveforms (n, samples) at 8 kHz of every machine, so many normal and so many anomalous.

    A recording is the machine's three tones at random phases and levels, all of them up to 1 % faster or
    slower, in coloured noise. y and group are the machine.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    draw = Draw(generator, generator.device)
    each = normal + anomalous
    detuned = torch.arange(each) >= normal
    waves = [_machine(i, detuned, samples, draw) for i in range(MACHINES)]
    y = np.repeat(np.arange(MACHINES, dtype=np.int64), each)
    return Examples(torch.cat(waves).numpy(), y, y.copy(), np.tile(detuned.numpy(), MACHINES))


def _machine(machine: int, detuned: torch.Tensor, samples: int, draw: Draw) -> torch.Tensor:
    import torch

    count = len(detuned)
    speed = 1.0 + draw.uniform((count, 1), -SPEED_SPREAD, SPEED_SPREAD)
    off = draw.uniform((count, 1), *DETUNED) * (2 * draw.integers((count, 1), 0, 1) - 1)
    which = draw.integers((count, 1), 0, len(TONES_HZ) - 1)
    time = torch.arange(samples) / RATE
    tones = torch.zeros((count, samples))
    for tone, choice in enumerate(COMBINATIONS[machine]):
        wrong = detuned[:, None] & (which == tone)
        frequency = TONES_HZ[tone][choice] * speed * (1.0 + off * wrong)
        phase = draw.uniform((count, 1), 0.0, 2.0 * np.pi)
        tones += _decibels(draw, count, TONE_DB) * torch.sin(2.0 * np.pi * frequency * time + phase)
    tones /= rms(tones)
    waves = tones + coloured(draw, count, samples, RATE) / _decibels(draw, count, NOISE_DB)
    return (_decibels(draw, count, LEVEL_DB) * waves / rms(waves)).clamp(-1.0, 1.0)


def _decibels(draw: Draw, count: int, limits: tuple[float, float]) -> torch.Tensor:
    """Factors (count, 1), evenly drawn in decibels."""
    found: torch.Tensor = 10.0 ** (draw.uniform((count, 1), *limits) / 20.0)
    return found
