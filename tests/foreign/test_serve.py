"""`tinyhil serve`, with a client that shares no code with the harness; `tinyhil accuracy` beside it."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import make_oracle
from harness.link.bridge import PtyPort
from models.example import example_model
from tests.emulator.conftest import ROOT, Ran
from tests.foreign.client import ForeignClient, accuracy

MODEL = example_model()
FILES = 24


@dataclass(frozen=True)
class Served:
    """A running `tinyhil serve`."""

    port: str
    process: subprocess.Popen[str]

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code and what it said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def served(*arguments: str | Path) -> Iterator[Served]:
    command = [sys.executable, "-c", "from harness.cli import main; main()", "serve"]
    process = subprocess.Popen(
        [*command, *map(str, arguments), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield Served(json.loads(line)["port"], process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random inputs, labelled with the reference's class, every fifth deliberately with another."""
    folder = tmp_path_factory.mktemp("data")
    (tensor,) = (info := compile_model(MODEL, "example")).inputs
    oracle = make_oracle(MODEL)
    if oracle is None:
        pytest.skip("no reference interpreter")
    classes = info.outputs[0].size_bytes
    rng = np.random.default_rng(3)
    lines = []
    for number in range(FILES):
        image = rng.integers(-128, 128, tensor.shape).astype(np.int8)
        label = (int(np.argmax(oracle.run([image])[0])) + (number % 5 == 4)) % classes
        (folder / f"{number}.bin").write_bytes(image.tobytes())
        lines.append(f"{number}.bin,{classes},{label}\n")
    (folder / "y_labels.csv").write_text("".join(lines))
    return folder


@pytest.mark.parametrize(
    ("target", "image"),
    [
        ("native", []),
        ("native", ["--deploy"]),
        pytest.param("qemu-cortex-m4", [], marks=pytest.mark.emulator),
        pytest.param("qemu-cortex-m4", ["--deploy"], marks=pytest.mark.emulator),
    ],
)
def test_a_foreign_client_gets_the_references_outputs(
    example: Path, target: str, image: list[str]
) -> None:
    info = compile_model(MODEL, "example")
    oracle = make_oracle(MODEL)
    if oracle is None:
        pytest.skip("no reference interpreter")
    out = info.outputs[0]
    with served(example, "-t", target, *image) as device, ForeignClient(device.port) as client:
        assert client.command("name") == ["m-name-dut-[tinyhil]"]
        assert client.command("profile")[1] == "m-model-[example]"
        for seed in range(3):
            data = random.Random(seed).randbytes(info.input_bytes)
            client.load(data, step=31 - seed)
            results, took_us = client.infer(2, 1)
            assert took_us > 0
            array = np.frombuffer(data, np.int8).reshape(info.inputs[0].shape)
            real = (oracle.run([array])[0].reshape(-1).astype(float) - out.zero_point) * out.scale
            assert results == pytest.approx(list(real), abs=0.00051)


@pytest.mark.parametrize(
    "target", ["native", pytest.param("qemu-cortex-m4", marks=pytest.mark.emulator)]
)
def test_accuracy_is_the_foreign_clients(
    tinyhil: Callable[..., Ran], example: Path, dataset: Path, target: str
) -> None:
    with served(example, "-t", target) as device, ForeignClient(device.port) as client:
        theirs = accuracy(client, dataset)
    ran = tinyhil("accuracy", example, "-t", target, "--data", dataset, "--json")
    assert ran.code == 0, ran.err
    assert ran.json()["top1"] == pytest.approx(theirs)
    assert ran.json()["correct"] == FILES - FILES // 5
    assert ran.json()["files"] == FILES


def test_accuracy_without_softmax_is_the_same_and_says_so(
    tinyhil: Callable[..., Ran], example: Path, dataset: Path
) -> None:
    arguments = ("accuracy", example, "-t", "native", "--data", dataset, "--json")
    whole, bare = tinyhil(*arguments).json(), tinyhil(*arguments, "--drop-softmax").json()
    assert (whole["top1"], whole["predicted"]) == (bare["top1"], bare["predicted"])
    assert whole["auc"] == pytest.approx(bare["auc"], abs=0.02)
    assert "SOFTMAX dropped on request" in bare["optimised"]
    assert "SOFTMAX" not in whole["optimised"]


def test_clients_come_and_go(example: Path) -> None:
    with served(example, "-t", "native") as device:
        for number in range(5):
            with ForeignClient(device.port) as client:
                # What the last one began may still be running.
                client.send(f"%no-{number}%".encode())
                while client.line() != f"e-[Unknown command: no-{number}]":
                    pass
                assert client.line() == "m-ready"
                assert client.command("name") == ["m-name-dut-[tinyhil]"]
                client.send(b"help%help%help%infer 20 0%na")
                client.line()  # and leaves the rest unread


def test_what_a_client_left_unread_is_gone_for_the_next() -> None:
    with PtyPort() as port:
        first = os.open(port.name, os.O_RDWR | os.O_NOCTTY)
        os.write(first, b"x%")
        assert port.read(1.0) == b"x%"
        port.write(b"answer\r\n")
        os.close(first)
        assert port.read(0.0) == b""  # sees that nobody is there
        port.write(b"to nobody\r\n")
        second = os.open(port.name, os.O_RDWR | os.O_NOCTTY)
        assert not select.select([second], [], [], 0)[0]
        port.write(b"new\r\n")
        assert os.read(second, 100) == b"new\r\n"
        os.close(second)


def test_nothing_is_lost_either_way(example: Path) -> None:
    with served(example, "-t", "native") as device, ForeignClient(device.port) as client:
        for _ in range(30):
            client.send(b"help%" * 20)  # 600 bytes come back for each, more than a terminal holds
        client.send(b"timestamp%")
        ready = 0
        while not (line := client.line()).startswith("m-lap-us-"):
            ready += line == "m-ready"
        assert ready == 600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_leaves_nothing_behind(example: Path, tmp_path: Path, number: int) -> None:
    link = tmp_path / "port"
    link.symlink_to("/dev/pts/ptmx-of-one-that-was-killed")
    with served(example, "-t", "native", "--link", link) as device:
        assert device.port == str(link)
        with ForeignClient(str(link)) as client:
            assert client.command("name")
            started = children(device.process.pid)
            assert started
            code, said = device.end(number)
            assert code == 0 and "Traceback" not in said
        assert not link.is_symlink() and not link.exists()
        assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def test_the_devices_end_is_told(example: Path) -> None:
    with served(example, "-t", "native") as device:
        (pid,) = children(device.process.pid)
        os.kill(pid, signal.SIGKILL)
        _, said = device.process.communicate(timeout=30)
        assert device.process.returncode == 6
        assert said.splitlines()[-1].startswith("tinyhil: native: the device closed the line")


def test_a_link_does_not_overwrite_a_file(
    tinyhil: Callable[..., Ran], example: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("x")
    for link in (tmp_path / "precious", tmp_path / "no" / "such"):
        ran = tinyhil("serve", example, "-t", "native", "--link", link)
        assert ran.code == 2
        assert ran.err.startswith(f"tinyhil: {link} cannot be made: ")
    assert (tmp_path / "precious").read_text() == "x"
