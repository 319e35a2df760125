"""The counts by hand, and the page made of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.microbench.expected import (
    Conditions,
    Count,
    checksums,
    cores,
    expected_counts,
    titles,
)
from harness.microbench.suite import Benchmark, Kind
from targets.catalogue import load_catalogue
from tests.unit.microbench.kernels import CHECKSUMS
from tests.unit.microbench.page import page

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "firmware" / "engines" / "timing"


def in_firmware() -> set[str]:
    """Names of all benchmarks, from the sources."""
    found = set()
    for path in SOURCES.rglob("*.inc"):
        text = path.read_text()
        found |= set(re.findall(r"^  (?:bench|stride|fp_chain|fp_free) (\w+),", text, re.MULTILINE))
    return found | set(re.findall(r'\{"(\w+)", th_kernel_', (SOURCES / "tables.c").read_text()))


def test_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "timing-benchmarks.md").read_text()
    assert written == page(), (
        "run: python -m tests.unit.microbench.page > docs/timing-benchmarks.md"
    )


def test_every_benchmark_has_a_title_and_no_other() -> None:
    assert set(titles()) == in_firmware()


@pytest.mark.parametrize("core", cores())
def test_counts_are_of_benchmarks_that_exist(core: str) -> None:
    counts = expected_counts(core)
    assert counts is not None and counts.core == core
    assert set(counts.counts) <= in_firmware() - set(checksums())
    assert all(count.cycles[0] <= count.cycles[1] for count in counts.counts.values())


def test_every_core_that_is_emulated_has_counts() -> None:
    catalogue = load_catalogue()
    emulated = {catalogue.target(n).core.name for n in catalogue.names() if n.startswith("qemu-")}
    assert emulated == set(cores())


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4"])
def test_exact_cores(core: str) -> None:
    counts = expected_counts(core)
    assert counts is not None and counts.tolerance == 0.0


def test_checksums_are_of_the_problems_stated_anew() -> None:
    assert {name: solve() for name, solve in CHECKSUMS.items()} == checksums()


def test_difference() -> None:
    chain = Benchmark("fp_add_chain", 32, Kind.MICRO)
    count = Count(cycles=2, loop=-1, why="x")
    assert count.difference(chain, 63 / 32) == 0.0
    assert count.difference(chain, 2.0) == pytest.approx(1 / 63)
    some = Count(cycles=[2, 12], why="x")
    assert [some.difference(chain, c) for c in (1, 2, 7, 12, 24)] == [-0.5, 0, 0, 0, 1.0]


def test_conditions() -> None:
    core = Conditions(zero_wait_states=True, unaligned_charged=False)
    slow = Conditions(zero_wait_states=False, unaligned_charged=True)
    for at, holds in (
        ("always", (True, True)),
        ("zero wait states", (True, False)),
        ("memory", (False, True)),
    ):
        count = Count(cycles=1, why="x", at=at)
        assert (count.applies(core), count.applies(slow)) == holds
