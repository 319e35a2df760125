"""Limits of a search as texts, and what uses them."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from models.search.limits import Figures, Limits, parse_limits


def test_units() -> None:
    limits = parse_limits(["latency=1.5ms", "ram=96KiB", "flash=0.2MB"])
    assert limits == Limits(1500.0, 96 * 1024, 200_000.0)
    assert parse_limits(["latency=2s"]) == Limits(2e6)


@pytest.mark.parametrize(
    "texts",
    [
        ["latency=100"],
        ["latency=100 apples"],
        ["latency=-1ms"],
        ["latency=0ms"],
        ["ram=10KiB"],
        ["latency=1ms", "latency=2ms"],
        ["latency=1ms", "colour=3KiB"],
        ["latency=1ms", "ram=3ms"],
        ["latency 1ms"],
        [""],
        [],
    ],
)
def test_refusals_are_one_line(texts: list[str]) -> None:
    with pytest.raises(UsageError) as found:
        parse_limits(texts)
    assert "\n" not in str(found.value) and "--limit" in str(found.value)


def test_uses() -> None:
    limits = Limits(latency_us=100.0, flash_bytes=50.0)
    figures = Figures(80.0, 7.0, 60.0)
    assert limits.uses(figures) == {"latency": 0.8, "flash": 1.2}
    assert not limits.hold(figures)
    assert limits.hold(Figures(100.0, 1e9, 50.0))
    assert figures.over(Figures(40.0, 7.0, 30.0)).times(Figures(40.0, 7.0, 30.0)) == figures
