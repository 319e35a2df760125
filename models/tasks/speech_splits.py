"""From recordings to examples: who is in which part, which words are unknown, and silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import DataError, UsageError
from models.tasks.draw import Draw
from models.tasks.noise import Background, rms
from models.tasks.speech import Part, Recording
from models.tasks.split import cut, limited
from models.tasks.task import Examples
from models.tasks.wav import Waveform, fitted, resampled

SILENCE = "silence"
UNKNOWN = "unknown"
OFFICIAL = "official"
BY_SPEAKER = "speaker-"
VALIDATION_SHARE = 0.15
PARTS: tuple[Part, ...] = ("train", "validation", "test")

_SILENCE_RMS = (1e-4, 2e-2)
_NOISE_SHARES: Mapping[Part, tuple[float, float]] = {
    "train": (0.0, 0.6),
    "validation": (0.6, 0.8),
    "test": (0.8, 1.0),
}

Parts = Mapping[Part, list[Recording]]


def parted(recordings: Sequence[Recording], split: str, seed: int) -> Parts:
    """Return the recordings of each part.

    Args:
        recordings: all.
        split: "official", or "speaker-NAME": the test part is that speaker and nobody else is in it.
        seed: of the validation part where there is no official one: 15 % of the rest, of every word
            of every speaker.

    Raises:
        UsageError: no such speaker.
    """
    if split == OFFICIAL:
        parts: Parts = {part: [r for r in recordings if r.part == part] for part in PARTS}
    else:
        held_out = split.removeprefix(BY_SPEAKER)
        speakers = sorted({r.speaker for r in recordings})
        if held_out not in speakers:
            some = ", ".join(speakers[:10]) + (", ..." if len(speakers) > 10 else "")
            raise UsageError(f"task option split={split}: no such speaker; there is: {some}")
        parts = {
            "train": [r for r in recordings if r.speaker != held_out],
            "validation": [],
            "test": [r for r in recordings if r.speaker == held_out],
        }
    if parts["validation"]:
        return parts
    rest = parts["train"]
    kinds = {kind: i for i, kind in enumerate(sorted({(r.word, r.speaker) for r in rest}))}
    validation, train = cut(
        np.array([kinds[r.word, r.speaker] for r in rest], np.int64), VALIDATION_SHARE, seed
    )
    return {
        "train": [rest[i] for i in train],
        "validation": [rest[i] for i in validation],
        "test": parts["test"],
    }


@dataclass(frozen=True)
class Sound:
    """What examples are made with.

    Attributes:
        classes: of the task; the last is "silence", before it "unknown" where there is that.
        rate: of the waveforms, Hz; each lasts one second.
        snr: level of words over the noise that they get in validation and test, dB; infinite for none.
        speakers: their numbers in `group`.
        noise: of silence and behind words, for each part.
    """

    classes: tuple[str, ...]
    rate: int
    snr: float
    speakers: Mapping[str, int]
    noise: Mapping[Part, Background]

    def examples(
        self, part: Part, recordings: Sequence[Recording], limit: int, seed: int
    ) -> Examples:
        """Read the recordings of one part, in order, followed by silence.

        As many unknown words and as many pieces of silence are taken as there are recordings of a
        keyword, on average.

        Raises:
            DataError: a file is broken, or nothing is left.
        """
        numbers = {word: i for i, word in enumerate(self.classes[:-1])}
        other = numbers.get(UNKNOWN, -1)
        y = np.array([numbers.get(r.word, other) for r in recordings], np.int64)
        known = np.flatnonzero((y >= 0) & (y != other))
        usual = round(len(known) / max(1, len(numbers) - (other >= 0)))
        if not usual:
            raise DataError(f"no {part} recordings of the keywords: {', '.join(self.classes)}")
        unknown = np.flatnonzero((y == other) & (other >= 0))
        others = [recordings[int(i)].word for i in unknown]
        words = np.array([sorted(set(others)).index(word) for word in others], np.int64)
        kept = np.sort(np.concatenate([known, unknown[limited(words, usual, seed)]]))
        labels = np.concatenate([y[kept], np.full(usual, len(self.classes) - 1)])
        chosen = limited(labels, limit, seed)
        spoken = [recordings[i] for i in kept[chosen[chosen < len(kept)]]]
        silent = len(chosen) - len(spoken)
        x = np.zeros((len(chosen), self.rate), np.float32)
        for row, recording in enumerate(spoken):
            x[row] = self._heard(recording)
        draw = _draw(part, seed)
        x[len(spoken) :] = self._silence(part, silent, draw)
        if part != "train" and math.isfinite(self.snr):
            x[: len(spoken)] = self._in_noise(part, x[: len(spoken)], draw)
        group = [self.speakers[r.speaker] for r in spoken] + [-1] * silent
        return Examples(x, labels[chosen], np.array(group, np.int64))

    def _heard(self, recording: Recording) -> Waveform:
        return fitted(resampled(*recording.read(), self.rate), self.rate)

    def _silence(self, part: Part, count: int, draw: Draw) -> Waveform:
        """Return noise (count, samples) of an RMS between 0.0001 and 0.02, evenly drawn in decibels."""
        import torch

        low, high = np.log(_SILENCE_RMS)
        level = torch.exp(draw.uniform((count, 1), float(low), float(high)))
        noise = self.noise[part].pieces(draw, count, self.rate, self.rate)
        found: Waveform = (level * noise).clamp(-1.0, 1.0).numpy()
        return found

    def _in_noise(self, part: Part, words: Waveform, draw: Draw) -> Waveform:
        """Add noise to words (n, samples), `snr` below the RMS of each one's second."""
        import torch

        waves = torch.from_numpy(words)
        level = rms(waves) * 10.0 ** (-self.snr / 20.0)
        noise = self.noise[part].pieces(draw, len(words), self.rate, self.rate)
        found: Waveform = (waves + level * noise).numpy()
        return found


def _draw(part: Part, seed: int) -> Draw:
    import torch

    generator = torch.Generator().manual_seed(PARTS.index(part) + len(PARTS) * seed)
    return Draw(generator, generator.device)


def noise_parts(recorded: Sequence[tuple[Waveform, int]], rate: int) -> Mapping[Part, Background]:
    """Share recorded noise out: of every recording 60 % to train, then 20 % to validation, 20 % to test."""
    waves = [resampled(samples, of, rate) for samples, of in recorded]
    found: dict[Part, Background] = {}
    for part, (start, end) in _NOISE_SHARES.items():
        found[part] = Background()
        found[part].fill([w[round(start * len(w)) : round(end * len(w))] for w in waves])
    return found
