"""`tinyhil compare` and `tinyhil campaign` as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records import Measurement
from harness.store import Store
from harness.store.codec import document
from tests.factories import make_measurement

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def emulated(seed: int, *, flash: int = 1000, exact: bool | None = True) -> Measurement:
    plain = make_measurement(
        seed, network="ad01_int8", target="qemu-cortex-m4", kernels="reference"
    )
    fixed = make_measurement(1, network="ad01_int8", target="qemu-cortex-m4")
    memory = fixed.memory.model_copy(update={"flash_bytes": flash})
    check = fixed.check.model_copy(update={"bit_exact": exact})
    latency = fixed.latency.model_copy(
        update={"min_us": fixed.latency.us, "max_us": fixed.latency.us}
    )
    return plain.model_copy(
        update={"memory": memory, "check": check, "latency": latency, "energy": fixed.energy}
    )


@pytest.fixture
def command(tmp_path: Path) -> Command:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "XDG_DATA_HOME": str(tmp_path / "data"),
                "TINYHIL_DB": str(tmp_path / "r.sqlite"),
                "COLUMNS": "200",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """base.json, better.json, worse.json, and the labels `base` and `worse` of the store."""
    sets = {"base": emulated(1), "better": emulated(2, flash=900), "worse": emulated(3, flash=1100)}
    for name, measurement in sets.items():
        (tmp_path / f"{name}.json").write_text(document([measurement]))
    with Store.open(str(tmp_path / "r.sqlite")) as store:
        for name in ("base", "worse"):
            store.add(sets[name], label=name)
    return tmp_path


@pytest.mark.parametrize(
    ("base", "new", "options", "code"),
    [
        ("base.json", "base.json", (), 0),
        ("base.json", "better.json", (), 0),
        ("base.json", "worse.json", (), 1),
        ("base", "worse", (), 1),
        ("base", "worse.json", (), 1),
        ("base.json", "worse.json", ("--fail-on", "flash=10%"), 0),
        ("base.json", "worse.json", ("--fail-on", "latency=3%"), 0),
        ("base.json", "worse.json", ("--fail-on", "none"), 0),
    ],
)
def test_exit_code(
    command: Command, results: Path, base: str, new: str, options: tuple[str, ...], code: int
) -> None:
    ran = command("compare", base, new, *options)
    assert ran.returncode == code, ran.stderr
    assert ("regression ad01_int8 on qemu-cortex-m4, plan/reference: flash" in ran.stdout) == bool(
        code
    )
    assert ran.stderr == ""


def test_json_markdown_and_annotations_at_once(command: Command, results: Path) -> None:
    summary = results / "summary.md"
    summary.write_text("# Before\n")
    ran = command("compare", "base", "worse", "--json", "--github", "--markdown", str(summary))
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["failed"] is True
    assert ran.stderr.startswith(
        "::error title=ad01_int8 on qemu-cortex-m4%2C plan/reference::flash"
    )
    assert summary.read_text().startswith("# Before\n## base → worse: 1 regression\n")
    ran = command("compare", "base", "worse", "--github")
    assert "\n::error title=" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("base", "nothing"), 8, "neither a file nor a label"),
        (("base", "nothing.json"), 8, "nothing.json"),
        (("base", "odd.json"), 8, "odd.json is not what"),
        (("base", "empty.json"), 8, "no measurement"),
        (("base", "other.json"), 8, "in common"),
        (("base", "worse", "--fail-on", "speed=3%"), 2, "no figure 'speed'"),
        (("base", "worse", "--markdown", "no/such/folder.md"), 8, "no/such/folder.md"),
    ],
)
def test_mistakes_get_one_line(
    command: Command, results: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (results / "odd.json").write_text("[1, 2")
    (results / "empty.json").write_text(document([]))
    (results / "other.json").write_text(document([make_measurement(5, target="native")]))
    ran = command("compare", *arguments)
    assert ran.returncode == code
    (line,) = ran.stderr.splitlines()
    assert line.startswith("tinyhil: ") and said in line


def test_campaign_lists_and_shows(command: Command, tmp_path: Path) -> None:
    ran = command("campaign")
    assert ran.returncode == 8 and "does not exist" in ran.stderr
    bad = tmp_path / "bad[red].tflite"
    bad.write_bytes(b"bad")
    for options in ((), ("--retry-failed",)):
        ran = command("run", str(bad), "-t", "qemu-cortex-m4", "--campaign", "night", *options)
        assert ran.returncode == 5, ran.stderr
        assert ran.stdout.startswith("campaign night: 0 done, 1 failed; 1 of them in this run.")
    # Not tried again, but not forgotten either.
    ran = command("run", str(bad), "-t", "qemu-cortex-m4", "--campaign", "night", "--json")
    assert (ran.returncode, ran.stderr) == (5, "")
    assert json.loads(ran.stdout) == {"schema": 1, "measurements": []}
    (listed,) = json.loads(command("campaign", "--json").stdout)["campaigns"]
    assert (listed["name"], listed["done"], listed["failed"], listed["open"]) == ("night", 0, 1, 0)
    assert listed["running"] is False
    shown = json.loads(command("campaign", "night", "--json").stdout)
    (job,) = shown["jobs"]
    assert (job["model"], job["state"], job["attempts"]) == ("bad[red]", "failed", 2)
    assert "not a .tflite file" in job["error"]
    text = command("campaign", "night").stdout
    assert "bad[red]" in text and "night: 0 done, 1 failed, 0 open" in text
    assert "night" in command("campaign").stdout
    ran = command("campaign", "nihgt")
    assert ran.returncode == 8 and "did you mean night?" in ran.stderr


@pytest.mark.parametrize(
    "options",
    [("--retry-failed",), ("--campaign", "c", "--no-store"), ("--campaign", "a b")],
)
def test_options_that_contradict(
    command: Command, tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "m.tflite").write_bytes(b"bad")
    ran = command("run", "m.tflite", "-t", "native", *options)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1


def test_junit_of_a_run_with_errors(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(b"bad")
    for options in (("--no-store",), ("--campaign", "c")):
        file = tmp_path / "junit.xml"
        ran = command("run", "bad.tflite", "-t", "native", "--junit", str(file), *options)
        assert ran.returncode == 5
        text = file.read_text()
        assert '<testsuite name="native" tests="1" failures="0" errors="1"' in text
        assert "not a .tflite file" in text
        file.unlink()
    ran = command("run", "bad.tflite", "-t", "native", "--no-store", "--junit", "no/such.xml")
    assert ran.returncode == 8
