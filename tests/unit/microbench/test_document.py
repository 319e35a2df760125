"""Figures as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.microbench.document import Document, entries, read_document
from harness.microbench.figures import figures_of
from harness.microbench.suite import Kind
from tests.unit.microbench.samples import sample


def document() -> Document:
    samples = [sample("empty", 3), sample("kernel_crc", 9, kind=Kind.KERNEL, checksum=7)]
    return Document(
        target="board",
        core="cortex-m4",
        unit="cycles",
        timing_model="DWT",
        timing_sha256="",
        clock_hz=1,
        image_id="00",
        compiler="gcc",
        repeats=1,
        benchmarks=entries(figures_of(samples)),
    )


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    path.write_text(document().text())
    assert read_document(path) == document()
    assert document().counts() == {"empty": 3, "kernel_crc": 9}
    assert json.loads(document().text())["schema"] == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": 2}', '{"schema": 1, "nix": 0}', "\x00"]
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"board\.json"):
        read_document(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_document(tmp_path / "none.json")


def test_a_benchmark_stands_once() -> None:
    twice = document().model_dump(by_alias=True)
    twice["benchmarks"] += twice["benchmarks"][:1]
    with pytest.raises(ValueError, match="more than once: empty"):
        Document.model_validate(twice)
