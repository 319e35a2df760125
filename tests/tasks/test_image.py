"""Image data: every layout, the two-class task, and broken or malicious files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from harness.errors import DataError, TinyhilError
from models.tasks import parse_task
from models.tasks.cifar import CLASSES
from models.tasks.task import Examples, Splits
from tests.tasks.generated import cifar_arrays, write_cifar_batches, write_cifar_npz


def parts(splits: Splits) -> tuple[Examples, Examples, Examples]:
    return splits.train, splits.validation, splits.test


def contents(examples: Examples) -> set[bytes]:
    return {x.tobytes() for x in examples.x}


@pytest.mark.parametrize("place", ["", "cifar-10-batches-py"])
def test_cifar_batches_are_read_like_the_arrays(nothing: Path, place: str) -> None:
    for folder in ("arrays", "batches"):
        (nothing / folder).mkdir()
    write_cifar_npz(nothing / "arrays")
    write_cifar_batches(nothing / "batches" / place)
    found, expected = (
        parse_task("image").load(nothing / folder, 5) for folder in ("batches", "arrays")
    )
    for mine, other in zip(parts(found), parts(expected), strict=True):
        np.testing.assert_array_equal(mine.x, other.x)
        np.testing.assert_array_equal(mine.y, other.y)
    x, y = cifar_arrays(1, 50)
    np.testing.assert_array_equal(expected.test.x, x)
    np.testing.assert_array_equal(expected.test.y, y)
    assert np.bincount(expected.train.y).tolist() == [9] * 10
    assert np.bincount(expected.validation.y).tolist() == [1] * 10
    assert not contents(expected.train) & contents(expected.validation)


def test_animals_and_vehicles_in_grey(nothing: Path) -> None:
    write_cifar_npz(nothing)
    task = parse_task("image-grey")
    assert task.classes == ("vehicle", "animal") and task.input_shape == (1, 32, 32, 1)
    test = task.load(None, 0).test
    x, y = cifar_arrays(1, 50)
    # Pillow converts to grey by the same luma, in integers.
    grey = np.stack([np.asarray(Pillow.fromarray(each).convert("L")) for each in x])
    assert np.max(np.abs(test.x[..., 0].astype(int) - grey)) <= 1
    vehicles = {"airplane", "automobile", "ship", "truck"}
    assert test.y.tolist() == [0 if CLASSES[each] in vehicles else 1 for each in y]


def test_one_class_against_as_many_of_the_rest(nothing: Path) -> None:
    write_cifar_npz(nothing)
    task = parse_task("image-grey:positive=cat")
    assert task.classes == ("other", "cat")
    splits = task.load(None, 0)
    assert np.bincount(splits.test.y).tolist() == [5, 5]
    assert np.bincount(splits.train.y).tolist() == [9, 9]


def write_images(folder: Path, count: int, level: int) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(level)
    for i in range(count):
        height, width = random.integers(20, 60, 2)
        pixels = np.full((height, width, 3), level + i % 10, np.uint8)
        Pillow.fromarray(pixels).save(folder / f"image{i:03}{('.png', '.jpg')[i % 2]}")


@pytest.mark.parametrize("place", ["", "vw_coco2014_96"])
def test_person_folders(nothing: Path, place: str) -> None:
    write_images(nothing / place / "person", 60, 200)
    write_images(nothing / place / "non_person", 40, 50)
    (nothing / place / "person" / "readme.txt").write_text("not an image")
    task = parse_task("image-grey:data=vww,size=24")
    assert task.classes == ("no person", "person") and task.input_shape == (1, 24, 24, 1)
    first, other = (task.load(None, seed) for seed in (0, 1))
    assert sum(len(each) for each in parts(first)) == 100
    assert 10 <= len(first.test) <= 30
    np.testing.assert_array_equal(first.test.x, other.test.x)
    assert len(first.validation) == pytest.approx(0.1 * (100 - len(first.test)), abs=1)
    for each in parts(first):
        assert each.x.dtype == np.uint8 and each.x.shape[1:] == (24, 24, 1)
        assert np.all((each.x.mean(axis=(1, 2, 3)) > 128) == (each.y == 1))


def test_person_folders_with_an_official_test_part(nothing: Path) -> None:
    for part, count in (("train", 20), ("val", 7)):
        write_images(nothing / "vww" / part / "person", count, 200)
        write_images(nothing / "vww" / part / "non_person", count, 50)
    splits = parse_task("image-grey:data=vww,size=16,train=10").load(None, 0)
    assert [len(each) for each in parts(splits)] == [10, 4, 14]


def test_broken_images(nothing: Path) -> None:
    write_images(nothing / "person", 10, 200)
    write_images(nothing / "non_person", 10, 50)
    whole = (nothing / "person" / "image000.png").read_bytes()
    for data in (b"", whole[: len(whole) // 2], bytes(300)):
        (nothing / "person" / "image000.png").write_bytes(data)
        with pytest.raises(DataError, match=r"image000\.png: not a readable image") as caught:
            parse_task("image-grey:data=vww").load(None, 0)
        assert "\n" not in str(caught.value)


def test_folders_without_images(nothing: Path) -> None:
    (nothing / "person").mkdir()
    write_images(nothing / "non_person", 10, 50)
    with pytest.raises(DataError, match="no train images in non_person or person"):
        parse_task("image-grey:data=vww").load(None, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image", ("CIFAR-10", "cifar10_train.npz", "data_batch_1", "cs.toronto.edu")),
        ("image-grey:data=vww", ("Visual Wake Words", "train/person", "vw_coco2014_96")),
    ],
)
def test_missing_data_are_named(nothing: Path, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as caught:
        parse_task(text).load(None, 0)
    assert all(word in str(caught.value) for word in (*words, str(nothing), "TINYHIL_DATA"))


class _Attack:
    def __init__(self, call: Any, *arguments: Any) -> None:
        self._reduced = (call, arguments)

    def __reduce__(self) -> Any:
        return self._reduced


def test_a_pickle_runs_nothing(nothing: Path) -> None:
    write_cifar_batches(nothing)
    sign = nothing / "owned"
    for attack in (_Attack(Path.touch, sign), _Attack(exec, f"open({str(sign)!r}, 'w')")):
        (nothing / "data_batch_3").write_bytes(pickle.dumps({b"data": attack}, protocol=2))
        with pytest.raises(DataError, match=r"data_batch_3: not a CIFAR-10 batch \(it asks for"):
            parse_task("image").load(None, 0)
    assert not sign.exists()


@pytest.mark.parametrize(
    "batch",
    [
        None,
        [],
        {},
        {b"data": np.zeros((20, 3072), np.uint8)},
        {b"data": np.zeros((20, 3072), np.uint8), b"labels": [0] * 19},
        {b"data": np.zeros((20, 3072), np.uint8), b"labels": [10] * 20},
        {b"data": np.zeros((20, 3072), np.uint8), b"labels": ["a"] * 20},
        {b"data": np.zeros((20, 3072), np.float32), b"labels": [0] * 20},
        {b"data": np.zeros((20, 3071), np.uint8), b"labels": [0] * 20},
        {b"data": np.zeros((0, 3072), np.uint8), b"labels": []},
        {b"data": [[1, 2], [3]], b"labels": [0, 1]},
    ],
)
def test_broken_batches(nothing: Path, batch: Any) -> None:
    write_cifar_batches(nothing)
    (nothing / "data_batch_2").write_bytes(pickle.dumps(batch, protocol=2))
    with pytest.raises(DataError, match="data_batch_2"):
        parse_task("image").load(None, 0)


def test_garbage_instead_of_batches(nothing: Path) -> None:
    write_cifar_batches(nothing)
    path = nothing / "test_batch"
    sound = path.read_bytes()
    random = np.random.default_rng(2)
    path.unlink()
    with pytest.raises(DataError, match="test_batch"):
        parse_task("image").load(None, 0)
    refused = 0
    for length in (0, 1, 100, len(sound) // 2, *[len(sound)] * 30):
        bent = bytearray(sound[:length])
        # Of a whole file the structure is at both ends, the pixels between.
        for place in random.integers(0, 200, 3) if length > 200 else ():
            bent[place] = random.integers(256)
        path.write_bytes(bytes(bent))
        try:
            parse_task("image").load(None, 0)
        except TinyhilError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused >= 4


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": np.zeros((4, 32, 32, 3), np.uint8)},
        {"x": np.zeros((4, 32, 32, 3), np.uint8), "y": np.full(4, 10)},
        {"x": np.zeros((4, 32, 32), np.uint8), "y": np.zeros(4, np.uint8)},
        {"x": np.zeros((4, 28, 28, 1), np.uint8), "y": np.zeros(4, np.uint8)},
        {"x": np.zeros((4, 32, 32, 3), np.uint16), "y": np.zeros(4, np.uint8)},
        {"x": np.array([{}], object), "y": np.zeros(1, np.uint8)},
    ],
)
def test_broken_arrays(nothing: Path, arrays: dict[str, Any]) -> None:
    write_cifar_npz(nothing)
    np.savez(nothing / "cifar10_train.npz", **arrays)
    with pytest.raises(DataError, match=r"cifar10_train\.npz") as caught:
        parse_task("image").load(None, 0)
    assert "\n" not in str(caught.value)


@pytest.mark.shared
def test_real_images(shared_data: Path) -> None:
    splits = parse_task("image-grey:train=1000").load(shared_data, 0)
    assert [len(each) for each in parts(splits)] == [1000, 2000, 5000]
    assert np.bincount(splits.train.y).tolist() == [400, 600]
    assert not contents(splits.train) & contents(splits.validation)
