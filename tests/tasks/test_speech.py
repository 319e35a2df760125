"""Keyword data: both data sets in every layout, who is in which part, and broken files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from harness.errors import DataError, TinyhilError, UsageError
from models.tasks import data, parse_task
from models.tasks.kws import COMMANDS, Kws
from models.tasks.speech import free_spoken_digits, speech_commands
from models.tasks.speech_splits import noise_parts
from models.tasks.task import Examples, Splits
from tests.tasks.generated import (
    REPEATS,
    SPEAKERS,
    fsdd_arrays,
    write_fsdd,
    write_speech_commands,
    write_wav,
)


def parts(splits: Splits) -> tuple[Examples, Examples, Examples]:
    return splits.train, splits.validation, splits.test


def contents(examples: Examples) -> set[bytes]:
    return {x.tobytes() for x in examples.x}


@pytest.fixture
def digits(nothing: Path) -> Path:
    np.savez(nothing / "fsdd.npz", **fsdd_arrays())
    return nothing


@pytest.mark.parametrize("place", ["", "recordings", "free-spoken-digit-dataset/recordings"])
def test_digit_files_are_read_like_the_arrays(digits: Path, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "files"
    write_fsdd(folder / place, fsdd_arrays())
    key = lambda r: (r.word, r.speaker, r.read()[0].tobytes())  # noqa: E731
    of_files, of_arrays = (free_spoken_digits(each)[0] for each in (folder, digits))
    assert sorted(map(key, of_files)) == sorted(map(key, of_arrays))
    assert {key(r): r.part for r in of_files} == {key(r): r.part for r in of_arrays}


def test_official_split(digits: Path) -> None:
    splits = Kws().load(None, seed=3)
    spoken = [e.take(np.flatnonzero(e.group >= 0)) for e in parts(splits)]
    # Indices 0 to 4 are test; of the other three of a speaker and digit, one is validation.
    assert [len(e) for e in spoken] == [60, 30, 150]
    assert not contents(splits.test) & (contents(splits.train) | contents(splits.validation))
    assert not contents(splits.train) & contents(splits.validation)
    for each, count in zip(parts(splits), (6, 3, 15), strict=True):
        assert each.x.dtype == np.float32 and each.x.shape[1:] == (8000,)
        assert each.y.dtype == np.int64
        assert np.bincount(each.y).tolist() == [count] * 11
        assert np.all((each.group == -1) == (each.y == 10))


def test_a_speaker_held_out(digits: Path) -> None:
    splits = parse_task("kws:split=speaker-bob").load(None, seed=0)
    bob = SPEAKERS.index("bob")
    for each in (splits.train, splits.validation):
        assert set(each.group.tolist()) == {-1, 0, 2}
    assert set(splits.test.group.tolist()) == {-1, bob}
    assert np.bincount(splits.test.y).tolist() == [REPEATS] * 11
    heard = contents(splits.train) | contents(splits.validation)
    assert not contents(splits.test) & heard
    assert len(heard) == len(splits.train) + len(splits.validation) == 11 * 2 * REPEATS


def test_seeds(digits: Path) -> None:
    first, again, other = (Kws(test=50).load(None, seed) for seed in (1, 1, 2))
    for mine, same in zip(parts(first), parts(again), strict=True):
        np.testing.assert_array_equal(mine.x, same.x)
        np.testing.assert_array_equal(mine.y, same.y)
    assert contents(first.train) != contents(other.train)
    np.testing.assert_array_equal(first.test.x, other.test.x)


def test_digits_as_unknown_words(digits: Path) -> None:
    task = parse_task("kws:unknown=3")
    assert task.classes == (
        *("zero", "one", "two", "three", "four", "five", "six"),
        *("unknown", "silence"),
    )
    splits = task.load(None, 0)
    assert np.bincount(splits.test.y).tolist() == [15] * 9
    arrays = fsdd_arrays()
    clips = np.split(arrays["audio"], arrays["offsets"][1:-1])
    of = {
        clip.astype(np.float32).tobytes(): d for clip, d in zip(clips, arrays["digit"], strict=True)
    }
    for x, y in zip(splits.test.x, splits.test.y, strict=True):
        used = np.flatnonzero(x)
        digit = of.get((x[used[0] : used[-1] + 1] * 32768.0).tobytes())
        # A sample that is zero by chance at either end makes a clip unrecognisable; that is rare.
        assert digit is None or min(digit, 7) == y
        assert y < 8 or digit is None


def test_limits_keep_the_classes_in_proportion(digits: Path) -> None:
    splits = parse_task("kws:train=33,validation=11,test=22").load(None, 0)
    assert [np.bincount(e.y).tolist() for e in parts(splits)] == [[3] * 11, [1] * 11, [2] * 11]


def test_silence_is_quiet_noise(digits: Path) -> None:
    silent = Kws().load(None, 0).train
    level = np.sqrt(np.mean(np.square(silent.x[silent.y == 10], dtype=np.float64), axis=1))
    assert np.all((level > 0.99e-4) & (level < 2.01e-2))


def test_words_in_noise(digits: Path) -> None:
    clean, noisy = Kws().load(None, 0), Kws(snr=3.0).load(None, 0)
    np.testing.assert_array_equal(noisy.train.x, clean.train.x)
    for plain, heard in ((clean.validation, noisy.validation), (clean.test, noisy.test)):
        np.testing.assert_array_equal(heard.y, plain.y)
        word = plain.y < 10
        np.testing.assert_array_equal(heard.x[~word], plain.x[~word])
        signal, noise = plain.x[word], heard.x[word] - plain.x[word]
        ratio = np.square(signal).mean(axis=1) / np.square(noise).mean(axis=1)
        np.testing.assert_allclose(10 * np.log10(ratio), 3.0, atol=1e-3)
        assert len(np.unique(noise[:, 0])) == len(noise)
    np.testing.assert_array_equal(Kws(snr=3.0).load(None, 1).test.x, noisy.test.x)


@pytest.mark.parametrize(
    "place", ["", "speech_commands_v0.02", "SpeechCommands/speech_commands_v0.02"]
)
def test_speech_commands(nothing: Path, place: str) -> None:
    write_speech_commands(nothing / place)
    task = parse_task("kws:data=speech-commands")
    assert task.classes == (*COMMANDS, "unknown", "silence")
    splits = task.load(None, 0)
    # Of 13 words by 6, 2 and 2 speakers ten are keywords; as many unknown words and silences as of one of them.
    assert [np.bincount(e.y).tolist() for e in parts(splits)] == [[6] * 12, [2] * 12, [2] * 12]
    speakers = [set(e.group.tolist()) - {-1} for e in parts(splits)]
    assert speakers == [set(range(6)), {6, 7}, {8, 9}]
    assert all(e.x.shape[1:] == (8000,) for e in parts(splits))


def test_noise_is_shared_out_by_time() -> None:
    ramps = [np.arange(n, dtype=np.float32) + 1000 * n for n in (50, 200)]
    found = noise_parts([(ramp, 8000) for ramp in ramps], 8000)
    for part, low, high in (("train", 0.0, 0.6), ("validation", 0.6, 0.8), ("test", 0.8, 1.0)):
        expected = [ramp[round(low * len(ramp)) : round(high * len(ramp))] for ramp in ramps]
        np.testing.assert_array_equal(found[part].recorded, np.concatenate(expected))


def test_silence_is_cut_from_the_noise_of_its_part(nothing: Path) -> None:
    write_speech_commands(nothing)
    _, [(samples, rate)] = speech_commands(nothing)
    assert rate == 16000 and len(samples) == 160_000
    splits = parse_task("kws:data=speech-commands").load(None, 0)
    for each, low, high in zip(parts(splits), (0.0, 6.0, 8.0), (6.0, 8.0, 10.0), strict=True):
        pieces = each.x[each.y == 11].astype(np.float64)
        # The noise is a ramp, 1000 + 2900 t: the ratio of two of its values tells when they were.
        ratio = pieces[:, 7000] / pieces[:, 1000]
        start = 0.75 / (ratio - 1.0) - 10.0 / 29.0 - 0.125
        assert np.all((start > low - 0.1) & (start < high - 0.9))


def test_speech_commands_without_noise(nothing: Path) -> None:
    write_speech_commands(nothing, noise=False)
    splits = parse_task("kws:data=speech-commands,rate=16000").load(None, 0)
    assert splits.train.x.shape == (72, 16000)
    assert np.all(splits.train.x.std(axis=1) > 0)


def test_missing_data_are_named(nothing: Path) -> None:
    for text, words in (
        (
            "kws",
            ("fsdd.npz", "[0-9]_*_*.wav", "github.com/Jakobovski", "TINYHIL_DATA", str(nothing)),
        ),
        ("kws:data=speech-commands", ("validation_list.txt", "speech_commands", "TINYHIL_DATA")),
    ):
        with pytest.raises(DataError) as caught:
            parse_task(text).load(None, 0)
        assert all(word in str(caught.value) for word in words)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 9


def test_a_folder_that_is_not_there(nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"no folder .*gone"):
        Kws().load(nothing / "gone", 0)
    monkeypatch.setenv("TINYHIL_DATA", str(nothing / "away"))
    with pytest.raises(DataError, match=r"no folder .*away .*TINYHIL_DATA"):
        Kws().load(None, 0)


def test_no_folder_at_all(nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYHIL_DATA")
    monkeypatch.setattr(data, "_BESIDE_REPOSITORY", nothing / "gone")
    with pytest.raises(DataError, match=r"no Free Spoken Digits \(TINYHIL_DATA is not set\)"):
        Kws().load(None, 0)


def test_a_speaker_that_is_not_there(digits: Path) -> None:
    with pytest.raises(UsageError, match="no such speaker; there is: ann, bob, cy"):
        parse_task("kws:split=speaker-dan").load(None, 0)


def broken(key: str, value: Any) -> dict[str, Any]:
    return fsdd_arrays() | {key: value}


@pytest.mark.parametrize(
    "arrays",
    [
        {"audio": np.zeros(5, np.int16)},
        broken("audio", np.zeros(100, np.int16)),
        broken("audio", fsdd_arrays()["audio"].astype(np.float32)),
        broken("audio", fsdd_arrays()["audio"].astype(np.int64)),
        broken("offsets", fsdd_arrays()["offsets"][::-1]),
        broken("offsets", fsdd_arrays()["offsets"][:-1]),
        broken("offsets", np.array([0], np.int64)),
        broken("offsets", fsdd_arrays()["offsets"].astype(np.uint64) + np.uint64(1 << 63)),
        broken("digit", fsdd_arrays()["digit"] + 1),
        broken("speaker", np.zeros((240, 2), "U1")),
        broken("speaker", np.array([{}] * 240, object)),
        broken("rate", np.int64(0)),
        broken("rate", np.int64(10**12)),
        broken("rate", np.array([8000])),
    ],
)
def test_broken_arrays(nothing: Path, arrays: dict[str, Any]) -> None:
    np.savez(nothing / "fsdd.npz", **arrays)
    with pytest.raises(DataError, match=r"fsdd\.npz"):
        Kws().load(None, 0)


def test_garbage_instead_of_arrays(nothing: Path) -> None:
    random = np.random.default_rng(0)
    np.savez_compressed(nothing / "fsdd.npz", **fsdd_arrays())
    sound = (nothing / "fsdd.npz").read_bytes()
    candidates = [b"", b"PK\x03\x04", random.bytes(1000), sound[: len(sound) // 2]]
    for _ in range(15):
        bent = bytearray(sound)
        for place in random.integers(0, len(bent), 30):
            bent[place] = random.integers(256)
        candidates.append(bytes(bent))
    refused = 0
    for content in candidates:
        (nothing / "fsdd.npz").write_bytes(content)
        try:
            Kws().load(None, 0)
        except TinyhilError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused >= 4


def header(riff: int, fmt: tuple[int, int, int, int, int, int], data: int, body: bytes) -> bytes:
    """A .wav file with these fields, whatever they say."""
    import struct

    return (
        b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, *fmt)
        + b"data" + struct.pack("<I", data) + body
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        np.random.default_rng(0).bytes(500),
        header(36, (1, 1, 8000, 16000, 2, 16), 0, b""),
        header(36, (3, 1, 8000, 32000, 4, 32), 400, bytes(400)),
        header(36, (1, 0, 8000, 16000, 2, 16), 100, bytes(100)),
        header(36, (1, 1, 0, 0, 2, 16), 100, bytes(100)),
        header(36, (1, 1, 8000, 24000, 3, 24), 99, bytes(99)),
        header(36, (1, 1, 8000, 16000, 2, 0), 100, bytes(100)),
        header(36, (1, 1, 8000, 16000, 2, 65535), 100, bytes(100)),
    ],
)
def test_garbage_instead_of_a_recording(nothing: Path, content: bytes) -> None:
    write_fsdd(nothing, fsdd_arrays())
    (nothing / "7_ann_6.wav").write_bytes(content)
    with pytest.raises(DataError, match=r"7_ann_6\.wav") as caught:
        # Whether the file is of train or validation depends on the seed; both are read.
        Kws().load(None, 0)
    assert "\n" not in str(caught.value)


def test_a_header_that_promises_four_gigabytes(nothing: Path) -> None:
    write_fsdd(nothing, fsdd_arrays())
    body = np.arange(500, dtype="<i2").tobytes()
    (nothing / "7_ann_6.wav").write_bytes(
        header(0xFFFFFFFF, (1, 1, 8000, 16000, 2, 16), 0xFFFFFFF0, body)
    )
    [found] = [r for r in free_spoken_digits(nothing)[0] if r.word == "seven"][6:7]
    samples, rate = found.read()
    np.testing.assert_array_equal(samples * 32768.0, np.arange(500))
    assert rate == 8000


def tone(rate: int, hertz: float, seconds: float) -> npt.NDArray[np.int16]:
    at = np.arange(round(rate * seconds)) / rate
    return np.round(8000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
def test_recordings_of_any_rate(nothing: Path, rate: int) -> None:
    for digit in range(10):
        for index in range(8):
            samples = tone(rate, 300.0 + 100.0 * digit + index, 0.5)
            write_wav(nothing / f"{digit}_ann_{index}.wav", samples, rate)
    test = Kws().load(nothing, 0).test
    for x, y in zip(test.x, test.y, strict=True):
        if y < 10:
            spectrum = np.abs(np.fft.rfft(x * np.hanning(8000)))
            assert abs(int(np.argmax(spectrum)) - (302 + 100 * y)) <= 3
            used = np.flatnonzero(np.abs(x) > 0.05)
            assert used[0] == pytest.approx(2000, abs=30) and used[-1] == pytest.approx(
                6000, abs=30
            )


def test_of_a_long_recording_the_loudest_second(nothing: Path) -> None:
    loud = tone(8000, 440.0, 1.0)
    for digit in range(10):
        for index in range(8):
            quiet = (loud // 50).astype(np.int16)
            write_wav(
                nothing / f"{digit}_ann_{index}.wav",
                np.concatenate([quiet] * index + [loud] + [quiet]),
                8000,
            )
    test = Kws().load(nothing, 0).test
    expected = loud.astype(np.float32) / 32768.0
    assert len(test) == 55
    for x in test.x[test.y < 10]:
        np.testing.assert_array_equal(x, expected)


@pytest.mark.shared
def test_real_digits(shared_data: Path) -> None:
    splits = parse_task("kws:split=speaker-theo").load(shared_data, 0)
    assert [len(e) for e in parts(splits)] == [2310, 440, 550]
    assert set(splits.test.group.tolist()) == {-1, 4}
    assert not contents(splits.test) & (contents(splits.train) | contents(splits.validation))
    assert [len(e) for e in parts(Kws().load(shared_data, 0))] == [2508, 462, 330]
