"""Recordings as waveforms of one length and rate."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.errors import DataError, MissingToolError

Waveform = npt.NDArray[np.float32]

RATES = range(1000, 192_001)
"""Of recordings, Hz."""
_FULL_SCALE = {1: 128.0, 2: 32768.0, 4: 2147483648.0}
_TYPES = {1: "u1", 2: "<i2", 4: "<i4"}


def read_wav(path: Path) -> tuple[Waveform, int]:
    """Return the samples of a PCM .wav file in -1..1, channels averaged, and their rate in Hz.

    Raises:
        DataError: not a PCM file of 8, 16 or 32 bits, cut short, or empty.
    """
    try:
        with path.open("rb") as stream, wave.open(stream) as file:
            channels, width, rate, frames, *_ = file.getparams()
            # A header may promise more than the file has; the reader would reserve all of it.
            frames = min(frames, path.stat().st_size // (channels * width))
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error, struct.error) as error:
        detail = getattr(error, "strerror", None) or str(error) or "cut short"
        raise DataError(f"{path}: not a readable .wav file ({detail})", path=str(path)) from None
    if width not in _TYPES or rate not in RATES:
        what = f"{8 * width} bits at {rate} Hz"
        raise DataError(f"{path}: {what}; 8, 16 or 32 bits at 1 to 192 kHz is read", path=str(path))
    samples = np.frombuffer(
        data[: len(data) // (channels * width) * channels * width], _TYPES[width]
    )
    if not len(samples):
        raise DataError(f"{path}: no samples", path=str(path))
    centred = samples.astype(np.float64) - (_FULL_SCALE[1] if width == 1 else 0.0)
    scaled = centred.reshape(-1, channels).mean(axis=1) / _FULL_SCALE[width]
    return scaled.astype(np.float32), rate


def resampled(samples: Waveform, rate: int, wanted: int) -> Waveform:
    """Return the samples at another rate (Hz), by SciPy's polyphase filter.

    Raises:
        MissingToolError: SciPy is not installed.
    """
    if rate == wanted:
        return samples
    try:
        from scipy.signal import resample_poly
    except ImportError:
        way_out = "pip install 'tinyhil[search]'"
        raise MissingToolError("SciPy", "resampling of recordings", way_out) from None
    common = math.gcd(rate, wanted)
    found = resample_poly(samples.astype(np.float64), wanted // common, rate // common)
    return np.asarray(found, np.float32)


def fitted(samples: Waveform, length: int) -> Waveform:
    """Return `length` samples: a shorter recording centred in zeros, of a longer one the part with most energy."""
    if len(samples) > length:
        energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
        start = int(np.argmax(energy[length:] - energy[:-length]))
        return samples[start : start + length]
    before = (length - len(samples)) // 2
    return np.pad(samples, (before, length - len(samples) - before))
