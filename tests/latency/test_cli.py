"""`tinyhil calibrate` and `tinyhil predict` on an emulator, held to what `tinyhil run` measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.calibrate import DrawnSpace
from models.spaces import SPACES

ROOT = Path(__file__).resolve().parents[2]
TARGET = "qemu-cortex-m4"


def tinyhil(*arguments: object, data: Path) -> subprocess.CompletedProcess[str]:
    # The commands of `models` are looked up in the installed package; here the checkout's are wanted.
    code = """
import sys
from harness import cli
from models.calibrate import calibrate
found = cli._loaders
cli._loaders = lambda: {**found(), "calibrate": lambda: calibrate}
cli.main()
"""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.emulator
def test_calibrates_and_predicts_what_is_then_measured(tmp_path: Path) -> None:
    spaces = ("--space", "fc-autoencoder")
    done = tinyhil("calibrate", "-t", TARGET, *spaces, "--budget", 12, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "12 networks modelled (fc-autoencoder 12)" in done.stdout
    assert "op-count law, fc-autoencoder" in done.stdout
    unseen = DrawnSpace(SPACES["fc-autoencoder"]).network(1000)
    model = tmp_path / "unseen.tflite"
    model.write_bytes(unseen.data)
    done = tinyhil("predict", model, "-t", TARGET, "--json", data=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (prediction,) = document["predictions"]
    assert document["provenance"]["identity"]["target"] == TARGET
    assert prediction["kind"] == "estimated"
    ran = tinyhil("run", model, "-t", TARGET, "--no-store", "--json", data=tmp_path)
    assert ran.returncode == 0, ran.stderr
    (measured,) = json.loads(ran.stdout)["measurements"]
    assert prediction["cycles"] == pytest.approx(measured["latency"]["cycles"], rel=0.01)
    assert prediction["arena_bytes"] == measured["memory"]["arena_bytes"]
    assert prediction["energy_uj"] == pytest.approx(measured["energy"]["uj"], rel=0.01)
    layers = {layer["index"]: layer["cycles"] for layer in measured["latency"]["layers"]}
    for layer in prediction["layers"]:
        assert layer["cycles"] == pytest.approx(layers[layer["index"]], rel=0.05)
    # Nothing is measured again.
    again = tinyhil("calibrate", "-t", TARGET, *spaces, "--budget", 12, "--json", data=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["origin"]["networks"] == {"fc-autoencoder": 12}


def test_says_what_to_do_without_a_model(tmp_path: Path) -> None:
    done = tinyhil("predict", "any.tflite", "-t", TARGET, data=tmp_path)
    assert done.returncode == 8
    assert "no latency model of qemu-cortex-m4 with kernels reference" in done.stderr
    assert "tinyhil calibrate --target qemu-cortex-m4" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--space", "nowhere"), "no search space 'nowhere'; there is: ds-cnn-kws"),
        (("--space", "lstm", "--budget", 3), "a budget of 3 is too small"),
        (("--space", "lstm", "--sampling", "clever"), "no sampling 'clever'; there is: active"),
        (
            ("--space", "lstm", "--kernels", "faster"),
            "kernel set 'faster' is not in this version",
        ),
    ],
)
def test_one_line_for_every_mistake(
    arguments: tuple[object, ...], says: str, tmp_path: Path
) -> None:
    done = tinyhil("calibrate", "-t", "qemu-cortex-m3", *arguments, data=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("tinyhil: ") and says in done.stderr
    assert len(done.stderr.splitlines()) == 1
