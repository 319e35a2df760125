"""Data sets and their judgement: against brute force, and faulty files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.plan.compile import TensorInfo
from harness.engines.plan.graph import DType
from harness.errors import UsageError
from harness.measure.accuracy import area, judge
from harness.measure.dataset import Item, read_labels, to_input, to_real

INPUT = TensorInfo("in", DType.INT8, (1, 4), 0.5, 3, 4)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_area_is_the_share_of_pairs_in_order(pairs: list[tuple[int, bool]]) -> None:
    good = [score for score, positive in pairs if positive]
    bad = [score for score, positive in pairs if not positive]
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    found = area(np.array([s for s, _ in pairs], float), np.array([p for _, p in pairs]))
    expected = wins / (len(good) * len(bad)) if good and bad else None
    assert found == (None if expected is None else pytest.approx(expected))


def test_classifier() -> None:
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]])
    found = judge(scores, np.array([0, 1, 1, 2]))
    assert (found.files, found.correct, found.top1) == (4, 3, 75.0)
    assert found.predicted == (0, 1, 0, 2)
    # Class 0: 0.9 above all three; 1: of 4 pairs, all in order; 2: 0.7 above all.
    assert found.auc == pytest.approx(1.0)
    assert judge(scores, np.array([0, 1, 1, 1])).auc is None


def test_anomaly_scores_have_an_area_alone() -> None:
    found = judge(np.array([[1.0], [3.0], [2.0], [4.0]]), np.array([0, 1, 1, 0]))
    assert (found.correct, found.top1, found.predicted) == (None, None, ())
    assert found.auc == 0.5


def test_labels_with_and_without_windows(tmp_path: Path) -> None:
    (tmp_path / "y_labels.csv").write_text("a.bin,12,3\n\nb.bin, 2, 1, 8, 4\n")
    (tmp_path / "b.bin").write_bytes(bytes(range(18)))
    first, second = read_labels(tmp_path)
    assert first == Item(tmp_path / "a.bin", 12, 3)
    assert second.windows() == [bytes(range(8)), bytes(range(4, 12)), bytes(range(8, 16))]
    (tmp_path / "b.bin").write_bytes(b"short")
    with pytest.raises(UsageError, match="less than a window"):
        second.windows()
    with pytest.raises(UsageError, match=r"a\.bin: No such file"):
        first.windows()


@pytest.mark.parametrize(
    "line",
    ["a.bin", "a.bin,2", "a.bin,2,x", "a.bin,2,2", "a.bin,2,-1", "a.bin,0,0", "a,2,1,8", "a,2,1,0,4",
     "a,2,1,8,0", "a,2,1,8,4,1"],
)  # fmt: skip
def test_faulty_lines_are_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "y_labels.csv").write_text(f"ok.bin,2,1\n{line}\n")
    with pytest.raises(UsageError, match=r"y_labels\.csv, line 2: "):
        read_labels(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_faulty_label_files(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "y_labels.csv").write_bytes(content)
    with pytest.raises(UsageError, match=r"y_labels\.csv: "):
        read_labels(tmp_path)


def test_inputs_as_bytes_or_floats() -> None:
    assert to_input(b"\x01\x02\x03\xff", INPUT, "f") == b"\x01\x02\x03\xff"
    floats = struct.pack("<4f", 0.0, 1.0, 1e9, -1e9)
    assert to_input(floats, INPUT, "f") == struct.pack("<4b", 3, 5, 127, -128)
    assert list(to_real(struct.pack("<4b", 3, 5, 127, -128), INPUT)) == [0.0, 1.0, 62.0, -65.5]
    with pytest.raises(UsageError, match="f: 3 bytes, but input 'in' takes 4"):
        to_input(b"abc", INPUT, "f")
    with pytest.raises(UsageError, match="finite"):
        to_input(struct.pack("<4f", 0.0, 1.0, float("nan"), 0.0), INPUT, "f")
