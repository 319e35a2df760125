"""Small data sets in the public layouts, made of random numbers."""

from __future__ import annotations

import pickle
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SPEAKERS = ("ann", "bob", "cy")
REPEATS = 8
WORDS = (
    "yes",
    "no",
    "up",
    "down",
    "left",
    "right",
    "on",
    "off",
    "stop",
    "go",
    "bed",
    "cat",
    "tree",
)


def write_wav(path: Path, samples: npt.NDArray[np.int16], rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def fsdd_arrays(seed: int = 0) -> dict[str, Any]:
    """Every digit by every speaker 8 times, 0.1 to 0.4 s each, no two alike."""
    random = np.random.default_rng(seed)
    keys = [(d, s, i) for d in range(10) for s in SPEAKERS for i in range(REPEATS)]
    lengths = random.integers(800, 3200, len(keys))
    return {
        "audio": random.integers(-20000, 20000, lengths.sum()).astype(np.int16),
        "offsets": np.concatenate([[0], np.cumsum(lengths)]),
        "digit": np.array([k[0] for k in keys], np.uint8),
        "speaker": np.array([k[1] for k in keys]),
        "index": np.array([k[2] for k in keys], np.uint8),
        "rate": np.int64(8000),
    }


def write_fsdd(folder: Path, arrays: dict[str, Any]) -> None:
    """The layout of the public repository."""
    offsets = arrays["offsets"]
    for i, (digit, speaker, index) in enumerate(
        zip(arrays["digit"], arrays["speaker"], arrays["index"], strict=True)
    ):
        samples = arrays["audio"][offsets[i] : offsets[i + 1]]
        write_wav(folder / f"{digit}_{speaker}_{index}.wav", samples, 8000)


def write_speech_commands(folder: Path, noise: bool = True) -> None:
    """13 words by 10 speakers, of whom the last two are test and the two before validation."""
    random = np.random.default_rng(1)
    lists: dict[str, list[str]] = {"validation": [], "testing": []}
    for word in WORDS:
        for speaker in range(10):
            name = f"{word}/{speaker:08x}_nohash_0.wav"
            write_wav(folder / name, random.integers(-9000, 9000, 16000), 16000)
            if speaker >= 6:
                lists["testing" if speaker >= 8 else "validation"].append(name)
    for part, names in lists.items():
        (folder / f"{part}_list.txt").write_text("\n".join(names) + "\n")
    if noise:
        # A ramp: where a piece was cut from can be told from its values.
        ramp = np.linspace(1000, 30000, 10 * 16000)
        write_wav(folder / "_background_noise_" / "ramp.wav", ramp, 16000)


def cifar_arrays(seed: int, count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    random = np.random.default_rng(seed)
    return (
        random.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8),
        (np.arange(count) % 10).astype(np.uint8),
    )


def write_cifar_npz(folder: Path) -> None:
    for seed, part, count in ((0, "train", 100), (1, "test", 50)):
        x, y = cifar_arrays(seed, count)
        np.savez(folder / f"cifar10_{part}.npz", x=x, y=y)


def write_cifar_batches(folder: Path) -> None:
    """The public layout, of the same images; pickled as Python 2 did, with byte strings as keys."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = cifar_arrays(0, 100)
    parts = [(f"data_batch_{i + 1}", x[20 * i :][:20], y[20 * i :][:20]) for i in range(5)]
    for name, images, labels in [*parts, ("test_batch", *cifar_arrays(1, 50))]:
        planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        batch = {b"data": planes, b"labels": [int(each) for each in labels], b"batch_label": b"x"}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
