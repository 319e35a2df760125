"""Which parameters are fitted, and what is written of them."""

from __future__ import annotations

import sys

import pytest

from harness.errors import UsageError
from harness.microbench.emulated import checked, ranges_of
from harness.microbench.fit import Fit, Fitted, Range, Status
from harness.microbench.fragment import toml_fragment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PARAMETERS = {
    "core.issue_width": 1,
    "core.it_folds": 1,
    "core.unaligned_target": 1,
    "core.unit.1": 2,
    "core.class.load.issue": 1,
    "core.class.load.tail": 1,
    "core.class.load.late": 0,
    "core.class.load.pairs": 5,
    "core.class.load.unit": 1,
    "core.class.branch.issue": 1,
    "core.class.branch.taken": 1,
    "core.class.branch_cond.issue": 1,
    "core.class.branch_cond.taken": 1,
    "core.class.load_double.issue": 1,
    "core.class.load_double.per_register": 1,
    "memory.region.0.fetch_wait": 5,
    "memory.region.0.width": 8,
}


def test_ranges() -> None:
    assert set(ranges_of(PARAMETERS)) == {
        "core.it_folds",
        "core.unaligned_target",
        "core.class.load.issue",
        "core.class.load.tail",
        "core.class.branch.taken",
        "core.class.branch_cond.issue",
        "core.class.branch_cond.taken",
        "core.class.load_double.issue",
        "memory.region.0.fetch_wait",
    }
    assert ranges_of(PARAMETERS)["core.it_folds"] == Range(0, 1)


def test_settings() -> None:
    assert checked(PARAMETERS, {"core.it_folds": 0})["core.it_folds"] == 0
    with pytest.raises(UsageError, match=r"did you mean core\.class\.load\.tail\?"):
        checked(PARAMETERS, {"load.tail": 3})


def test_fragment() -> None:
    changed = (
        Fitted("core.it_folds", 1, 0, Status.IDENTIFIED),
        Fitted("core.class.load.tail", 1, 3, Status.CONFOUNDED, ("core.class.load.issue",)),
        Fitted("core.class.branch.taken", 1, 1, Status.IDENTIFIED),
        Fitted("memory.region.0.fetch_wait", 5, 4, Status.IDENTIFIED),
    )
    text = toml_fragment(Fit(changed, (), 1, 1), PARAMETERS, "cortex-m4", "board, board.json")
    assert tomllib.loads(text) == {
        "timing": {
            "it_folds": False,
            "rules": [
                {
                    "classes": ["load"],
                    "issue": 1,
                    "tail": 3,
                    "unit": 1,
                    "pairs": "first",
                    "simple": True,
                    "source": "fitted to board, board.json; was tail 1",
                }
            ],
        }
    }
    assert "# core.class.load.tail cannot be told from core.class.load.issue." in text
    assert "# memory.region.0.fetch_wait = 4, was 5" in text


def test_fragment_of_nothing() -> None:
    text = toml_fragment(Fit((), (), 0, 1), PARAMETERS, "cortex-m4", "board")
    assert "# Nothing changed." in text
