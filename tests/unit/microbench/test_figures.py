"""Figures from samples."""

from __future__ import annotations

import pytest

from harness.microbench.figures import figures_of
from harness.microbench.suite import Kind
from tests.unit.microbench.samples import sample


def test_call_and_loop_are_subtracted() -> None:
    figures = figures_of(
        [
            sample("empty", 3, overhead=11),
            sample("load_chain", 67, units=32, overhead=99),
            sample("code_turn", 2057, kind=Kind.WHOLE),
            sample("kernel_crc", 30000, kind=Kind.KERNEL, checksum=5),
        ]
    )
    assert [figure.count for figure in figures] == [3, 2, 2057, 30000]
    assert [figure.spread for figure in figures] == [0, 0, 0, 0]
    assert figures[3].checksum == 5


def test_outliers_do_not_count() -> None:
    (figure,) = figures_of([sample("empty", 3, noise=(0, 0, 9000, 0, 0, -1, 1))])
    assert figure.count == 3
    assert figure.spread == 0


def test_spread_is_that_of_one_repeat() -> None:
    (figure,) = figures_of([sample("kernel", 10, kind=Kind.KERNEL, noise=range(-100, 101))])
    assert figure.count == 10
    assert figure.spread == pytest.approx(1.4826 * 0.5)


def test_without_the_empty_loop_nothing_is_subtracted() -> None:
    (figure,) = figures_of([sample("load_chain", 64, units=32)])
    assert figure.count == 2
