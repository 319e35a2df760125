"""docs/operators.md against what is compared."""

from __future__ import annotations

from pathlib import Path

from harness.engines.plan.lower import SUPPORTED
from tests.operators.compare import ENOUGH
from tests.operators.registry import comparisons
from tests.operators.table import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operators.md"


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.operators.table > docs/operators.md"


def test_every_operator_is_compared_often_enough() -> None:
    compared = {c.operator for c in comparisons()}
    assert compared == SUPPORTED
    assert min(c.cases for c in comparisons()) >= ENOUGH


def test_no_seed_is_used_twice() -> None:
    seeds = [c.seed for c in comparisons()]
    assert len(seeds) == len(set(seeds))
