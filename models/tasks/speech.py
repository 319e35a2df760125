"""Recordings of spoken words: Free Spoken Digits and Speech Commands, in their public layouts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from harness.errors import DataError
from models.tasks.data import Source, read_arrays
from models.tasks.wav import RATES, Waveform, read_wav

Part = Literal["train", "validation", "test"]
Noise = list[tuple[Waveform, int]]
"""Recorded background noise: samples in -1..1 and their rate in Hz."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

FSDD = Source(
    "Free Spoken Digits",
    (
        "fsdd.npz",
        "free-spoken-digit-dataset/recordings/[0-9]_*_*.wav",
        "recordings/[0-9]_*_*.wav",
        "[0-9]_*_*.wav",
    ),
    "https://github.com/Jakobovski/free-spoken-digit-dataset",
)
SPEECH_COMMANDS = Source(
    "Speech Commands",
    (
        "validation_list.txt",
        "speech_commands*/validation_list.txt",
        "SpeechCommands/speech_commands*/validation_list.txt",
    ),
    "https://www.tensorflow.org/datasets/catalog/speech_commands",
)
BACKGROUND = "_background_noise_"

_OFFICIAL_TEST = range(5)
_FSDD_FILE = re.compile(r"([0-9])_(.+)_([0-9]+)\.wav")
_NOHASH = re.compile(r"(.+)_nohash_[0-9]+\.wav")


@dataclass(frozen=True)
class Recording:
    """One spoken word.

    Attributes:
        word: which.
        speaker: who.
        part: the official split that it belongs to.
        read: returns samples in -1..1 and their rate in Hz; raises DataError.
    """

    word: str
    speaker: str
    part: Part
    read: Callable[[], tuple[Waveform, int]]


def free_spoken_digits(folder: Path | None) -> tuple[list[Recording], Noise]:
    """Return the recordings of fsdd.npz, or of a folder of {digit}_{speaker}_{index}.wav; there is no noise.

    Indices 0 to 4 of every speaker and digit are the official test split.

    Raises:
        DataError: they are missing, or the file is broken.
    """
    found = FSDD.locate(folder)
    return (_of_arrays(found) if found.suffix == ".npz" else _of_files(found.parent)), []


def _of_arrays(path: Path) -> list[Recording]:
    wanted = {"audio": ("i", 1), "offsets": ("iu", 1), "digit": ("iu", 1)}
    wanted |= {"speaker": ("U", 1), "index": ("iu", 1), "rate": ("iu", 0)}
    arrays = read_arrays(path, wanted)
    audio, offsets, rate = arrays["audio"], arrays["offsets"].astype(np.int64), int(arrays["rate"])
    digits, speakers, indices = arrays["digit"], arrays["speaker"], arrays["index"]
    if not (
        audio.dtype == np.int16
        and len(digits) == len(speakers) == len(indices) == len(offsets) - 1
        and len(digits)
        and np.all(offsets[1:] > offsets[:-1])
        and offsets[0] >= 0
        and offsets[-1] <= len(audio)
        and np.all((digits >= 0) & (digits < len(DIGITS)))
        and rate in RATES
    ):
        raise DataError(f"{path}: the arrays do not belong together", path=str(path))

    def reader(start: int, end: int) -> Callable[[], tuple[Waveform, int]]:
        return lambda: (audio[start:end].astype(np.float32) / 32768.0, rate)

    return [
        Recording(
            DIGITS[digits[i]],
            str(speakers[i]),
            "test" if indices[i] in _OFFICIAL_TEST else "train",
            reader(int(offsets[i]), int(offsets[i + 1])),
        )
        for i in range(len(digits))
    ]


def _of_files(folder: Path) -> list[Recording]:
    found = []
    for path in sorted(folder.glob("*.wav")):
        if match := _FSDD_FILE.fullmatch(path.name):
            part: Part = "test" if int(match[3]) in _OFFICIAL_TEST else "train"
            found.append(Recording(DIGITS[int(match[1])], match[2], part, _file_reader(path)))
    return found


def speech_commands(folder: Path | None) -> tuple[list[Recording], Noise]:
    """Return the recordings of a Speech Commands folder, and its background noise.

    A folder for each word; validation_list.txt and testing_list.txt name the official splits.

    Raises:
        DataError: it is missing or incomplete.
    """
    root = SPEECH_COMMANDS.locate(folder).parent
    validation, test = (_listed(root / f"{name}_list.txt") for name in ("validation", "testing"))
    found = []
    for path in sorted(root.glob("[!_.]*/*.wav")):
        listed = f"{path.parent.name}/{path.name}"
        part: Part = "validation" if listed in validation else "test" if listed in test else "train"
        match = _NOHASH.fullmatch(path.name)
        speaker = match[1] if match else path.stem
        found.append(Recording(path.parent.name, speaker, part, _file_reader(path)))
    return found, [read_wav(path) for path in sorted((root / BACKGROUND).glob("*.wav"))]


def _listed(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}", path=str(path)) from None


def _file_reader(path: Path) -> Callable[[], tuple[Waveform, int]]:
    return lambda: read_wav(path)
