"""A user's mistakes, and a machine's: one clear line each, the documented exit code, never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator


def one_line(ran: Ran) -> str:
    assert "Traceback" not in ran.err
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("tinyhil: ")
    return lines[0]


def path_without(program: str, folder: Path) -> str:
    """A PATH on which everything but `program` is found."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for tool in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / tool.name
            if not re.fullmatch(program, tool.name) and not link.is_symlink():
                link.symlink_to(tool)
    return str(folder)


@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"hello, world", b"TFL3" * 100])
def test_wrong_file(tinyhil: Callable[..., Ran], tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.tflite"
    file.write_bytes(content)
    ran = tinyhil("run", file, "--target", "native")
    assert ran.code == 5
    assert "notes.tflite" in one_line(ran)


def test_no_such_file(tinyhil: Callable[..., Ran]) -> None:
    ran = tinyhil("run", "nowhere.tflite", "--target", "native")
    assert ran.code == 5
    assert "nowhere.tflite" in one_line(ran)


def test_float_model(tinyhil: Callable[..., Ran], tmp_path: Path) -> None:
    builder = ModelBuilder("floaty")
    x = builder.tensor("x", (1, 4), "FLOAT32")
    w = builder.constant("w", np.ones((2, 4), np.float32))
    y = builder.tensor("y", (1, 2), "FLOAT32")
    builder.operator("FULLY_CONNECTED", [x, w, -1], [y])
    file = tmp_path / "floaty.tflite"
    file.write_bytes(builder.build(inputs=[x], outputs=[y]))
    ran = tinyhil("run", file, "--target", "native")
    assert ran.code == 5
    assert "float" in one_line(ran)


def test_model_larger_than_the_slot(tinyhil: Callable[..., Ran], tmp_path: Path) -> None:
    builder = ModelBuilder("big")
    x = builder.tensor("x", (1, 2048), "INT8", scale=0.1, zero_point=0)
    w = builder.constant("w", np.ones((2048, 2048), np.int8), scale=[0.1], zero_point=[0])
    y = builder.tensor("y", (1, 2048), "INT8", scale=0.1, zero_point=0)
    builder.operator("FULLY_CONNECTED", [x, w, -1], [y])
    file = tmp_path / "big.tflite"
    file.write_bytes(builder.build(inputs=[x], outputs=[y]))
    ran = tinyhil("run", file, "--target", "qemu-cortex-m4")
    assert ran.code == 5
    line = one_line(ran)
    assert "slot" in line
    assert "2,097,152" in line


def test_unknown_target_gets_a_suggestion(tinyhil: Callable[..., Ran], example: Path) -> None:
    ran = tinyhil("run", example, "--target", "qemu-cortex-m44")
    assert ran.code == 3
    assert "qemu-cortex-m4" in one_line(ran).split("did you mean")[1]


@pytest.mark.parametrize(
    ("word", "message"),
    [("--no-optimise", "--no-optimise keeps"), ("--engine=tflm", "engine tflm")],
)
def test_softmax_cannot_be_dropped_and_kept(
    tinyhil: Callable[..., Ran], example: Path, word: str, message: str
) -> None:
    ran = tinyhil("run", example, "-t", "native", "--drop-softmax", word)
    assert ran.code == 2
    assert message in one_line(ran)


def test_missing_qemu(tinyhil: Callable[..., Ran], example: Path, tmp_path: Path) -> None:
    path = path_without("qemu-system-arm", tmp_path / "bin")
    ran = tinyhil("run", example, "--target", "qemu-cortex-m4", env={"PATH": path})
    assert ran.code == 4
    assert "apt install qemu-system-arm" in one_line(ran)


def test_missing_compiler(tinyhil: Callable[..., Ran], example: Path, tmp_path: Path) -> None:
    path = path_without("arm-none-eabi-gcc.*", tmp_path / "bin")
    ran = tinyhil("run", example, "--target", "qemu-cortex-m4", env={"PATH": path})
    assert ran.code == 4
    assert "gcc-arm-none-eabi" in one_line(ran)


def test_one_bad_model_does_not_stop_the_others(
    tinyhil: Callable[..., Ran], example: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"bad")
    ran = tinyhil("run", bad, example, "--target", "native", "--json")
    assert ran.code == 5
    assert "bad.tflite" in one_line(ran)
    assert [m["model"]["name"] for m in ran.json()["measurements"]] == ["example"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, all but full."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs needs root")
    try:
        with (folder / "ballast").open("wb") as ballast:
            ballast.write(bytes(200 * 1024))
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_under_the_results(
    tinyhil: Callable[..., Ran], example: Path, small_disk: Path
) -> None:
    ran = tinyhil("run", example, "--target", "native", "--db", f"sqlite:///{small_disk}/r.sqlite")
    assert ran.code == 8
    assert "full" in one_line(ran) or "space" in one_line(ran)


def test_full_disk_under_the_transcripts(
    tinyhil: Callable[..., Ran], example: Path, small_disk: Path
) -> None:
    (small_disk / "ballast").open("ab").write(bytes(64 * 1024 - 4096))
    ran = tinyhil(
        "run", example, "--target", "native", "--no-store", env={"XDG_DATA_HOME": str(small_disk)}
    )
    assert ran.code == 8
    assert "space" in one_line(ran)


def test_full_disk_under_the_image_cache(
    tinyhil: Callable[..., Ran], example: Path, small_disk: Path
) -> None:
    ran = tinyhil("run", example, "--target", "native", env={"TINYHIL_CACHE": str(small_disk)})
    assert ran.code in (7, 8)
    assert "space" in one_line(ran)
