"""Task `kws`: keywords in one second of sound, of Free Spoken Digits or Speech Commands."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from harness.errors import UsageError
from models.tasks.draw import Draw
from models.tasks.frontend import Mel, cepstra, log_mel
from models.tasks.noise import Background
from models.tasks.options import Limits
from models.tasks.speech import DIGITS, free_spoken_digits, speech_commands
from models.tasks.speech_augment import filtered, masked, noisy, warped
from models.tasks.speech_splits import (
    BY_SPEAKER,
    OFFICIAL,
    PARTS,
    SILENCE,
    UNKNOWN,
    Sound,
    noise_parts,
    parted,
)
from models.tasks.task import Array, Examples, Metric, Splits, accuracy, one_hot

if TYPE_CHECKING:
    import torch

FSDD = "fsdd"
SPEECH_COMMANDS = "speech-commands"
COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")

FRAMES = 49
COEFFICIENTS = 10
_LOWEST_RATE = 8000
_HIGHEST_RATE = 48000
_MOST_UNKNOWN = 5
_LEAST_SNR = -10
_MOST_SNR = 40

# Bring each coefficient of augmented Free Spoken Digits to about mean 0 and variance 1: the int8 input has one scale.
_CENTRE = (-12.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_SPREAD = (16.0, 2.4, 1.5, 1.3, 1.3, 1.1, 0.95, 0.85, 0.8, 0.7)


@dataclass(frozen=True)
class Kws(Limits):
    """Keyword spotting: 49 x 10 MFCC of one second (MicroNets, arXiv 2010.11267, section 5).

    Attributes:
        data: "fsdd" or "speech-commands".
        split: "official", or of fsdd "speaker-NAME": that speaker is the test part.
        unknown: of fsdd: the last so many digits are the class "unknown"; 0 for no such class.
            Speech Commands always has it: every word that is not a keyword.
        rate: of the waveforms, Hz; recordings of another rate are resampled.
        snr: level of validation and test words over noise that is added to them, dB; infinite for none. Training
            words then get noise down to that level.

    Raises:
        UsageError: an option that is none of these.
    """

    data: str = FSDD
    split: str = OFFICIAL
    unknown: int = 0
    rate: int = 8000
    snr: float = math.inf
    # Recorded noise of the data set that was loaded last; `augmented` takes no other way to it.
    _background: Background = field(
        default_factory=Background, init=False, repr=False, compare=False
    )

    name: ClassVar[str] = "kws"
    metric: ClassVar[Metric] = "accuracy"
    input_shape: ClassVar[tuple[int, ...]] = (1, FRAMES, COEFFICIENTS, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        by_speaker = self.split.startswith(BY_SPEAKER)
        if self.data not in (FSDD, SPEECH_COMMANDS):
            raise UsageError(f"task option data={self.data}: {FSDD} or {SPEECH_COMMANDS}")
        if self.split != OFFICIAL and not (by_speaker and self.data == FSDD):
            raise UsageError(
                f"task option split={self.split}: {OFFICIAL}, or of {FSDD} {BY_SPEAKER}NAME"
            )
        if not 0 <= self.unknown <= (_MOST_UNKNOWN if self.data == FSDD else 0):
            raise UsageError(
                f"task option unknown={self.unknown}: of {FSDD} 0 to {_MOST_UNKNOWN} digits, else 0"
            )
        if not _LOWEST_RATE <= self.rate <= _HIGHEST_RATE:
            raise UsageError(f"task option rate={self.rate}: {_LOWEST_RATE} to {_HIGHEST_RATE} Hz")
        if not (_LEAST_SNR <= self.snr <= _MOST_SNR or self.snr == math.inf):
            raise UsageError(
                f"task option snr={self.snr}: {_LEAST_SNR} to {_MOST_SNR} dB, or inf for no noise"
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """The keywords, "unknown" where there is that class, and "silence"."""
        if self.data == SPEECH_COMMANDS:
            return (*COMMANDS, UNKNOWN, SILENCE)
        keywords = DIGITS[: len(DIGITS) - self.unknown]
        return (*keywords, UNKNOWN, SILENCE) if self.unknown else (*keywords, SILENCE)

    @property
    def mel(self) -> Mel:
        """The spectrum under the MFCC: 40 ms frames, 20 ms apart; 40 bins of 20 to 4000 Hz."""
        frame = self.rate * 40 // 1000
        return Mel(
            rate=self.rate,
            frame=frame,
            hop=self.rate * 20 // 1000,
            fft=1 << (frame - 1).bit_length(),
            bins=40,
            low=20.0,
            high=4000.0,
            floor=1e-3,
        )

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Read the recordings; also keeps the recorded background noise, if any, for `augmented`."""
        read = free_spoken_digits if self.data == FSDD else speech_commands
        recordings, recorded = read(folder)
        noise = noise_parts(recorded, self.rate)
        self._background.fill([noise["train"].recorded])
        speakers = {name: i for i, name in enumerate(sorted({r.speaker for r in recordings}))}
        sound = Sound(self.classes, self.rate, self.snr, speakers, noise)
        parts = parted(recordings, self.split, seed)
        limits = {"train": self.train, "validation": self.validation, "test": self.test}
        # The test part is the same for every seed.
        seeds = {"train": seed, "validation": seed, "test": 0}
        return Splits(
            *(sound.examples(part, parts[part], limits[part], seeds[part]) for part in PARTS)
        )

    def inputs(self, raw: torch.Tensor) -> torch.Tensor:
        """Waveforms (n, rate) to MFCC (n, 49, 10, 1)."""
        return self._scaled(log_mel(raw, self.mel))

    def augmented(
        self, raw: torch.Tensor, y: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Change speed, time, level and background of the waveforms, filter and mask their spectra."""
        draw = Draw(generator, raw.device)
        waves = noisy(warped(raw, self.rate, draw), self.rate, self._background, draw, self.snr)
        spectra = masked(filtered(log_mel(waves, self.mel), draw), draw)
        return self._scaled(spectra), one_hot(y, len(self.classes))

    def score(self, logits: Array, examples: Examples) -> float:
        """Accuracy in percent."""
        return accuracy(logits, examples)

    def _scaled(self, spectra: torch.Tensor) -> torch.Tensor:
        found = cepstra(spectra, COEFFICIENTS)
        return ((found - found.new_tensor(_CENTRE)) / found.new_tensor(_SPREAD))[..., None]
