"""The remaining time: against a simulated machine that knows the truth."""

from __future__ import annotations

import heapq
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.campaign.remaining import (
    Costs,
    Fit,
    Remaining,
    Running,
    Waiting,
    in_words,
    remaining,
    spoken,
)


def simulate(
    jobs: list[tuple[str, int, float]], workers: int, alone: frozenset[str]
) -> list[tuple[float, Remaining]]:
    """Carry out (target, size, seconds) with list scheduling; return (true, estimated) remaining time at every end."""
    costs = Costs()
    shared = [job for job in jobs if job[0] not in alone]
    queue = shared + [job for job in jobs if job[0] in alone]
    counts = {name: [0, 0.0] for name, _, _ in jobs}
    for name, size, _ in jobs:
        counts[name][0] += 1
        counts[name][1] += size
    now, started, log = 0.0, 0, []
    running: list[tuple[float, int]] = []
    begun: dict[int, float] = {}
    finished = 0
    while finished < len(queue):
        while started < len(queue):
            lonely = queue[started][0] in alone
            if len(running) >= (1 if lonely else workers):
                break
            begun[started] = now
            heapq.heappush(running, (now + queue[started][2], started))
            started += 1
        now, index = heapq.heappop(running)
        name, size, seconds = queue[index]
        finished += 1
        counts[name][0] -= 1
        counts[name][1] -= size
        costs = costs.with_sample(name, size, seconds, alone=name in alone)
        waiting = {n: Waiting(int(c), s, n in alone) for n, (c, s) in counts.items()}
        under_way = [Running(queue[i][0], queue[i][1], now - begun[i]) for _, i in running]
        log.append((now, remaining(costs, waiting, under_way, workers)))
    return [(now - moment, estimate) for moment, estimate in log]


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("seed", range(4))
def test_estimates_are_near_the_truth_after_a_tenth(seed: int, workers: int) -> None:
    rng = random.Random(seed)
    cost = {"m4": (0.4, 2e-5), "m7": (0.3, 1.2e-5), "native": (0.2, 1e-6)}
    jobs = []
    for _ in range(400):
        name, size = rng.choice(sorted(cost)), rng.randrange(5_000, 500_000)
        offset, slope = cost[name]
        jobs.append((name, size, (offset + slope * size) * rng.uniform(0.85, 1.15)))
    log = simulate(jobs, workers, frozenset({"native"}))
    natives = [seconds for name, _, seconds in jobs if name == "native"]
    errors = []
    for true_s, left in log[40:-20]:
        # What nothing is known about is left out, and counted.
        assert left.unknown in (0, len(natives))
        known_s = true_s - (sum(natives) if left.unknown else 0.0)
        if known_s > 5:
            errors.append(abs(left.seconds / known_s - 1))
    assert statistics.median(errors) < 0.1
    assert sorted(errors)[len(errors) * 9 // 10] < 0.2
    assert log[-1][1] == Remaining(0.0, 0)


def test_a_slow_first_build_is_forgotten() -> None:
    jobs = [("m4", 20_000, 60.0)] + [("m4", 20_000, 1.0)] * 199
    log = simulate(jobs, 1, frozenset())
    true_s, left = log[150]
    assert left.seconds == pytest.approx(true_s, rel=0.05)


def test_nothing_is_said_before_the_first_measurement() -> None:
    left = remaining(Costs(), {"m4": Waiting(3, 100.0)}, [], 2)
    assert left == Remaining(0.0, 3)
    assert in_words(left) == ""


def test_an_unmeasured_target_borrows_from_its_kind_only() -> None:
    costs = Costs().with_sample("m4", 1000, 2.0, alone=False)
    waiting = {"m7": Waiting(4, 4000.0), "native": Waiting(5, 5000.0, alone=True)}
    left = remaining(costs, waiting, [], 2)
    assert left == Remaining(pytest.approx(4.0), 5)
    assert in_words(left) == "about 4 s left and 5 more"
    costs = costs.with_sample("native", 1000, 1.0, alone=True)
    assert remaining(costs, waiting, [], 2) == Remaining(pytest.approx(9.0), 0)


def test_what_runs_is_not_counted_twice() -> None:
    costs = Costs().with_sample("m4", 1000, 10.0, alone=False)
    waiting = {"m4": Waiting(1, 1000.0)}
    assert remaining(costs, waiting, [Running("m4", 1000, 4.0)], 1).seconds == pytest.approx(6.0)
    assert 0 < remaining(costs, waiting, [Running("m4", 1000, 400.0)], 1).seconds < 1


samples = st.lists(
    st.tuples(st.floats(0, 1e8), st.floats(0, 1e5, allow_subnormal=False)), min_size=1, max_size=30
)


@given(samples, st.integers(0, 50), st.floats(0, 1e8), st.integers(1, 64))
def test_no_history_gives_a_negative_or_endless_time(
    history: list[tuple[float, float]], count: int, size: float, workers: int
) -> None:
    costs = Costs()
    for size_bytes, wall_s in history:
        costs = costs.with_sample("m4", size_bytes, wall_s, alone=False)
    left = remaining(costs, {"m4": Waiting(count, count * size)}, [], workers)
    assert left.unknown == 0
    assert 0.0 <= left.seconds < float("inf")
    if count == 0:
        assert left.seconds == 0.0


@given(st.floats(0, 1e3), st.floats(0, 1e-2), st.lists(st.integers(0, 10**7), min_size=2))
def test_an_exact_line_is_found(offset: float, slope: float, sizes: list[int]) -> None:
    fit = Fit()
    for size in sizes:
        fit = fit.with_sample(size, offset + slope * size)
    a, b = fit.line()
    middle = sum(size * 0.97 ** (len(sizes) - 1 - i) for i, size in enumerate(sizes))
    middle /= sum(0.97 ** (len(sizes) - 1 - i) for i in range(len(sizes)))
    assert a + b * middle == pytest.approx(offset + slope * middle, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (3.4, "3 s"), (42, "40 s"), (99, "100 s"), (150, "2 min"), (5000, "83 min"),
     (7200, "2 h"), (12_345, "3 h 30 min"), (86_400, "24 h")],
)  # fmt: skip
def test_words(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
