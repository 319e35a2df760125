"""The fit recovers the parameters of models that are known, exactly, and says what it cannot know."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from harness.microbench.fit import Fit, Range, Status, Target, fit

RANGE = Range(0, 255)
START = {
    "alu": 1,
    "load": 1,
    "tail": 1,
    "store": 1,
    "mul": 1,
    "mul_latency": 2,
    "mac_late": 0,
    "div": 7,
    "taken": 1,
    "indirect": 2,
    "folds": 1,
    "fp": 1,
    "fp_latency": 2,
    "unused": 3,
}
RANGES = {key: RANGE for key in START} | {"folds": Range(0, 1)}


def pipeline(p: Mapping[str, int]) -> dict[str, float]:
    """A closed-form core: what hides what is like in a real one."""
    mul_chain = max(p["mul"], p["mul_latency"])
    return {
        "alu": p["alu"],
        "load_run": (8 * p["load"] + p["tail"] + p["alu"]) / 9,
        "load_chain": p["load"] + p["tail"],
        "load_alu": p["load"] + p["tail"] + p["alu"],
        "load_use": p["load"] + p["tail"] + p["alu"],
        "load_store": p["load"] + p["tail"] + p["store"] + p["alu"],
        "store_run": (8 * p["store"] + p["alu"]) / 9,
        "mul_free": p["mul"],
        "mul_chain": mul_chain,
        "mac_chain": max(p["mul"], p["mul_latency"] - p["mac_late"]),
        "div": p["div"],
        "branch": p["alu"] + p["taken"],
        "call": 2 * p["alu"] + p["taken"] + p["indirect"],
        "it": 2 * p["alu"] + (0 if p["folds"] else 1),
        "fp_free": p["fp"],
        "fp_chain": (31 * max(p["fp"], p["fp_latency"]) + p["fp"]) / 32,
    }


def fitted(truth: Mapping[str, int], **options: int) -> Fit:
    board = {name: Target(count) for name, count in pipeline(truth).items()}
    return fit(pipeline, START, board, RANGES, **options)


def values(found: Fit) -> dict[str, int]:
    return {each.key: each.after for each in found.parameters}


def test_nothing_to_explain_changes_nothing() -> None:
    found = fitted(START)
    assert values(found) == START
    assert found.worst == 0.0


@pytest.mark.parametrize("workers", [1, 3])
def test_recovers_several_changes(workers: int) -> None:
    truth = START | {"load": 2, "tail": 3, "div": 11, "indirect": 5, "folds": 0, "fp_latency": 4}
    found = fitted(truth, workers=workers)
    assert values(found) == truth
    assert found.worst == 0.0


def test_recovers_what_was_hidden_at_first() -> None:
    start = START | {"mul": 3, "mul_latency": 1}
    board = {n: Target(c) for n, c in pipeline(START | {"mul": 3, "mul_latency": 6}).items()}
    found = fit(pipeline, start, board, RANGES)
    assert values(found)["mul_latency"] == 6


@pytest.mark.parametrize("seed", range(30))
def test_recovers_random_sets(seed: int) -> None:
    draw = random.Random(seed)
    truth = dict(START)
    for key in draw.sample([k for k in START if k not in ("unused", "folds", "mac_late")], 5):
        truth[key] = max(1, truth[key] + draw.choice((-1, 1, 2, 3, 5)))
    truth["mul_latency"] = max(truth["mul_latency"], truth["mul"] + 1)  # else it cannot be seen
    truth["fp_latency"] = max(truth["fp_latency"], truth["fp"] + 1)
    found = fitted(truth)
    assert found.worst == 0.0
    assert values(found) == truth


def test_what_no_benchmark_shows_is_said() -> None:
    found = fitted(START | {"unused": 9})
    judged = {each.key: each for each in found.parameters}
    assert judged["unused"].status is Status.INSENSITIVE
    assert judged["unused"].after == START["unused"]
    assert all(e.status is Status.IDENTIFIED for k, e in judged.items() if k not in ("unused",))


def test_what_cannot_be_told_apart_is_named_together() -> None:
    def measure(p: Mapping[str, int]) -> dict[str, float]:
        return {"one": p["a"] + p["b"], "two": 2 * p["a"] + 2 * p["b"], "three": p["c"]}

    start = {"a": 1, "b": 1, "c": 1}
    board = {"one": Target(5), "two": Target(10), "three": Target(2)}
    found = fit(measure, start, board, dict.fromkeys(start, RANGE))
    judged = {each.key: each for each in found.parameters}
    assert judged["a"].together_with == ("b",)
    assert judged["b"].status is Status.CONFOUNDED
    assert judged["c"].status is Status.IDENTIFIED and judged["c"].after == 2
    assert judged["a"].after + judged["b"].after == 5


@pytest.mark.parametrize("seed", range(10))
def test_noise_and_a_benchmark_that_nothing_explains(seed: int) -> None:
    draw = random.Random(seed)
    truth = START | {"load": 2, "div": 9, "taken": 3, "mul_latency": 4}
    board = {
        name: Target(count * (1 + draw.gauss(0, 0.004)), 0.004 * count)
        for name, count in pipeline(truth).items()
    }
    board["load_alu"] = Target(board["load_alu"].count + 7, 0.01)  # outvoted by its like
    found = fit(pipeline, START, board, RANGES)
    assert values(found) == truth


def test_ranges_are_kept() -> None:
    board = {name: Target(count) for name, count in pipeline(START | {"div": 12}).items()}
    found = fit(pipeline, START, board, {"div": Range(2, 10)})
    assert values(found) == {"div": 10}


def test_errors() -> None:
    with pytest.raises(ValueError, match="no such parameter: nix"):
        fit(pipeline, START, {"alu": Target(1)}, {"nix": RANGE})
    with pytest.raises(ValueError, match="in common"):
        fit(pipeline, START, {"nix": Target(1)}, RANGES)
