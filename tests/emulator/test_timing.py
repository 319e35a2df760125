"""Micro-benchmarks and kernels on every emulated target: right, repeatable, as by hand; the fit to a stand-in board."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.microbench.expected import checksums, expected_counts
from targets.catalogue import load_catalogue
from tests.emulated import emulated
from tests.emulator.conftest import Ran

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.emulator

EMULATED = emulated()
PLAIN = tuple(name for name in EMULATED if load_catalogue().target(name).memory_timing is None)

Tinyhil = Callable[..., Ran]


@pytest.mark.parametrize("target", EMULATED)
def test_benchmarks_run(tinyhil: Tinyhil, target: str) -> None:
    ran = tinyhil("timing", "-t", target, "--repeat", 2, "--json")
    assert ran.code == 0, ran.err
    found = {entry["name"]: entry for entry in ran.json()["benchmarks"]}
    assert found["empty"]["count"] >= 1
    assert all(entry["count"] > 0 for entry in found.values())
    assert [name for name, entry in found.items() if entry["spread"]] == []
    assert {n: e["checksum"] for n, e in found.items() if e["kind"] == "kernel"} == checksums()


def test_the_same_in_every_process(tinyhil: Tinyhil, tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    for path in (first, second):
        assert tinyhil("timing", "-t", "qemu-nucleo-l4r5zi", "--out", path).code == 0
    assert first.read_text() == second.read_text()


def test_without_a_model_instructions_are_counted(tinyhil: Tinyhil) -> None:
    ran = tinyhil("timing", "-t", "qemu-cortex-m4", "--timing", "none", "--json")
    document = ran.json()
    counts = {entry["name"]: entry["count"] for entry in document["benchmarks"]}
    assert document["unit"] == "instructions"
    assert (counts["empty"], counts["load_chain"], counts["load_run"]) == (2, 1, 9)
    assert (counts["it_pass"], counts["call_frame"], counts["code_wide_turn"]) == (3, 3, 1028)


@pytest.mark.parametrize("target", PLAIN)
def test_counts_are_as_by_hand(tinyhil: Tinyhil, target: str) -> None:
    core = load_catalogue().target(target).core.name
    known = expected_counts(core)
    assert known is not None
    ran = tinyhil("timing", "-t", target, "--timing", "memory", "--check")
    (line,) = (each for each in ran.out.splitlines() if "counts are as by hand" in each)
    assert "; not " not in line
    assert int(line.split(" of ")[1].split(" ")[0]) == len(known.counts)
    assert ran.code == 0, ran.out


def test_vectors_of_bytes_take_what_the_rules_of_the_m55_say(tinyhil: Tinyhil) -> None:
    """Gathers an element a cycle; of 16 bytes at an odd address 8 more are read; what is aligned to 4 is free."""
    ran = tinyhil("timing", "-t", "qemu-cortex-m55", "--timing", "memory", "--json")
    counts = {entry["name"]: entry["count"] for entry in ran.json()["benchmarks"]}
    names = ("mve_gather", "mve_gather_half", "mve_gather_bytes", "mve_load_odd", "mve_load_word")
    hidden = 1 / 16  # the last one's second cycle, by the loop's own instructions
    assert [counts[name] for name in names] == [4, 8, 16, 3 - hidden, 2 - hidden]


@pytest.mark.parametrize(
    ("target", "settings"),
    [
        (
            "qemu-cortex-m0",
            {
                "core.class.load.issue": 3,
                "core.class.branch_cond.taken": 4,
                "core.class.store_multiple.per_register": 2,
            },
        ),
        (
            "qemu-nucleo-l4r5zi",
            {
                "core.class.load.tail": 2,
                "core.class.div.issue": 5,
                "core.class.branch.taken": 3,
                "core.class.load_multiple.taken": 4,
                "core.class.fp_mac.issue": 4,
                "core.unaligned_target": 2,
                "core.it_folds": 0,
                "memory.region.0.fetch_wait": 4,
                "memory.region.0.read_wait": 7,
            },
        ),
    ],
)
def test_recovers_a_stand_in_board(
    tinyhil: Tinyhil, tmp_path: Path, target: str, settings: dict[str, int]
) -> None:
    board, fragment = tmp_path / "board.json", tmp_path / "fitted.toml"
    options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert tinyhil("timing", "-t", target, *options, "--out", board).code == 0
    ran = tinyhil("timing", "-t", target, "--against", board, "--fragment", fragment, "--json")
    assert ran.code == 0, ran.err
    found = ran.json()["fit"]
    changed = {p["key"]: p["after"] for p in found["parameters"] if p["after"] != p["before"]}
    assert changed == settings
    assert found["worst"] == 0.0
    status = {p["key"]: p["status"] for p in found["parameters"]}
    assert {status[key] for key in settings} == {"identified"}
    assert "confounded" not in status.values()
    assert tomllib.loads(fragment.read_text())["timing"]["rules"]


def test_errors(tinyhil: Tinyhil, tmp_path: Path) -> None:
    board = tmp_path / "board.json"
    assert tinyhil("timing", "-t", "native", "--out", board).code == 0
    for arguments, message in (
        (["-t", "qemu-cortex-m4", "--against", board], "is of host, qemu-cortex-m4 is cortex-m4"),
        (["-t", "qemu-cortex-m4", "--against", tmp_path / "none"], "No such file"),
        (["-t", "qemu-cortex-m4", "--set", "load.tail=3"], "did you mean core.class.load.tail"),
        (["-t", "qemu-cortex-m4", "--set", "it"], "must be KEY=VALUE"),
        (["-t", "native", "--set", "core.it_folds=0"], "counts without a timing model"),
        (["-t", "native", "--fragment", tmp_path / "x"], "needs --against"),
        (["-t", "native", "--repeat", "0"], "repeats must be"),
    ):
        ran = tinyhil("timing", *arguments)
        assert ran.code == 2
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1
    assert json.loads(board.read_text())["unit"] == "nanoseconds"
    ran = tinyhil("timing", "-t", "native", "--out", tmp_path / "no" / "such.json")
    assert ran.code == 8
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) == 1
