"""`tinyhil search`: mistakes in one line, and a whole loop that is killed and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.search_result import read_result

pytest.importorskip("torch", reason="the search needs PyTorch (pip install 'tinyhil[search]')")

COMMAND = (sys.executable, "-c", "from harness.cli import main; main()", "search")
DIGITS = ("micronets", "--task", "digits", "-t", "qemu-cortex-m4")
LIMITS = ("--limit", "latency=20ms", "--limit", "ram=16KiB", "--limit", "flash=64KiB")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=600,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("annealing", *DIGITS[1:], *LIMITS), 2, "no search method 'annealing'"),
        (("micronets", "--task", "chess", "-t", "native", *LIMITS), 2, "no task 'chess'"),
        (("micronets", "--task", "digits", "-t", "abacus", *LIMITS), 3, "unknown target"),
        ((*DIGITS, "--limit", "ram=16KiB"), 2, "limit of latency"),
        ((*DIGITS, "--limit", "latency=fast"), 2, "--limit latency=fast"),
        ((*DIGITS, *LIMITS, "--effort", "0"), 2, "effort"),
        ((*DIGITS, *LIMITS, "--backbone", "ds-cnn"), 2, "no backbone 'ds-cnn' for task digits"),
        ((*DIGITS, *LIMITS, "--latency-model", "missing.json"), 8, "missing.json"),
        ((*DIGITS, *LIMITS, "--offline"), 2, "--offline measures nothing"),
        ((*DIGITS, *LIMITS, "--device", "abacus"), 2, "device abacus: auto, cpu"),
        ((*DIGITS, *LIMITS, "--device", "cuda:9"), 2, "device cuda:9: "),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    found = run(*arguments, "-o", str(tmp_path / "search"))
    assert found.returncode == code
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("tinyhil: ") and words in last
    assert "Traceback" not in found.stderr


def test_missing_examples_are_found_out_first(tmp_path: Path) -> None:
    arguments = ("micronets", "--task", "kws", *DIGITS[3:], *LIMITS)
    found = run(*arguments, "-o", str(tmp_path / "search"), TINYHIL_DATA=str(tmp_path))
    assert found.returncode == 9
    assert found.stderr.strip().splitlines()[-1].startswith("tinyhil: ")
    assert not (tmp_path / "search" / "latency.log.jsonl").exists()


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    (tmp_path / "search.json").write_text("{}")
    found = run(*DIGITS, *LIMITS, "-o", str(tmp_path))
    assert found.returncode == 8 and "search.json is no file of a search" in found.stderr


def test_help_needs_no_pytorch() -> None:
    code = "import sys; import models.search.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.emulator
def test_a_killed_search_goes_on_to_a_network_that_keeps_its_limits(tmp_path: Path) -> None:
    """Calibrate, search, train and measure on the emulator; kill -9 when training begins."""
    folder = tmp_path / "digits"
    options = (
        *DIGITS, *LIMITS, "-o", str(folder), "--effort", "0.06", "--calibration", "12",
        "--test-examples", "40", "--db", str(tmp_path / "store.sqlite"), "--json",
    )  # fmt: skip
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        log = folder / "search.log"
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and process.poll() is None:
            if log.exists() and "training" in log.read_text():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "result.json").exists()
    before = (folder / "candidate.json").read_bytes()

    found = run(*options)
    assert found.returncode == 0, found.stderr
    result = read_result(folder)
    assert json.loads(found.stdout) == json.loads((folder / "result.json").read_text())
    assert (folder / "candidate.json").read_bytes() == before
    assert max(result.uses.values()) <= 1 and result.uses["latency"] >= 0.8
    assert result.device_exact and result.device_examples == 40
    assert any(name.startswith("TFLM") for name in result.exact)
    assert result.measurement.check.bit_exact
    assert result.measurement.latency.kind == "modelled"
    assert result.limits == {"latency": 20_000.0, "ram": 16_384.0, "flash": 65_536.0}

    again = run(*options)
    assert again.returncode == 0 and json.loads(again.stdout) == json.loads(found.stdout)

    other = run(*options[:-1], "--seed", "1")
    assert other.returncode == 2 and "another seed" in other.stderr
