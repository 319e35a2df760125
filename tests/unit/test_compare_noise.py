"""The statistics of `tinyhil compare`: against brute force, and against their stated rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.noise import holm, least_p, notches_apart, ranges_apart, rank_sum_p

small = st.lists(st.integers(0, 6), min_size=1, max_size=5)


def brute_force_p(a: list[int], b: list[int]) -> float:
    """The same by going through every split of the pooled values, with U as Mann and Whitney define it."""
    pooled = [*a, *b]

    def u(first: list[int], second: list[int]) -> float:
        return sum((x > y) + 0.5 * (x == y) for x in first for y in second)

    observed = u(a, b)
    all_u = []
    for chosen in itertools.combinations(range(len(pooled)), len(a)):
        rest = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        all_u.append(u([pooled[i] for i in chosen], rest))
    low = sum(x <= observed for x in all_u) / len(all_u)
    high = sum(x >= observed for x in all_u) / len(all_u)
    return min(1.0, 2 * min(low, high))


@given(small, small)
def test_rank_sum_is_exact_with_and_without_ties(a: list[int], b: list[int]) -> None:
    assert rank_sum_p(a, b) == pytest.approx(brute_force_p(a, b), abs=1e-12)


def test_rank_sum_agrees_with_published_critical_values() -> None:
    # Two-sided 5 %, n1 = n2 = 8: U <= 13 is significant, 14 is not (Mann and Whitney 1947, tables).
    b = [float(i) for i in range(8)]

    def p_of(u: int) -> float:
        # The first value lies below all 8 of b, the second below u - 8 of them, the others above all.
        return rank_sum_p([-1.0, 15.5 - u, *range(10, 16)], b)

    assert p_of(13) <= 0.05 < p_of(14)


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=64),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=64),
)
@settings(max_examples=25, deadline=None)
def test_rank_sum_at_full_size_is_a_symmetric_probability(a: list[int], b: list[int]) -> None:
    p = rank_sum_p(a, b)
    assert least_p(len(a), len(b)) * (1 - 1e-9) <= p <= 1.0
    assert rank_sum_p(b, a) == pytest.approx(p)
    assert rank_sum_p([-x for x in a], [-x for x in b]) == pytest.approx(p)


@pytest.mark.parametrize("distribution", ["normal", "exponential", "two modes", "few values"])
@pytest.mark.parametrize(("n", "m"), [(30, 30), (10, 30), (5, 5)])
def test_no_more_false_alarms_than_stated(distribution: str, n: int, m: int) -> None:
    rng = np.random.default_rng(7)
    draw = {
        "normal": lambda k: rng.normal(100, 5, k),
        "exponential": lambda k: rng.exponential(5, k),
        "two modes": lambda k: rng.normal(100, 1, k) + 50 * (rng.random(k) < 0.3),
        "few values": lambda k: rng.integers(0, 3, k).astype(float),
    }[distribution]
    trials, limit = 400, 0.05
    alarms = sum(rank_sum_p(draw(n), draw(m)) <= limit for _ in range(trials))
    # Binomial(400, 0.05) exceeds 38 with a probability below 1e-4.
    assert alarms <= 38


@pytest.mark.parametrize("n", [10, 30])
def test_a_shift_of_two_standard_deviations_is_found(n: int) -> None:
    rng = np.random.default_rng(11)
    found = sum(
        rank_sum_p(rng.normal(100, 1, n), rng.normal(102, 1, n)) <= 0.01 for _ in range(200)
    )
    assert found >= (198 if n == 30 else 160)


def test_ranges_of_three_repeats_raise_fewer_false_alarms_than_stated() -> None:
    rng = np.random.default_rng(3)
    for draw in (rng.standard_normal, rng.standard_exponential):
        trials = 4000
        alarms = sum(ranges_apart(draw(3).tolist(), draw(3).tolist()) for _ in range(trials))
        assert alarms <= 0.005 * trials
    assert ranges_apart([100, 101, 101], [150, 150, 151])
    assert not ranges_apart([100, 110, 120], [125, 130, 135])


def test_notches_raise_about_five_percent_and_find_a_shift() -> None:
    rng = np.random.default_rng(5)

    def apart(shift: float) -> bool:
        a, b = rng.normal(100, 1, 30), rng.normal(100 + shift, 1, 30)
        iqr = [float(np.subtract(*np.percentile(x, (75, 25)))) for x in (a, b)]
        return notches_apart(float(np.median(a)), iqr[0], 30, float(np.median(b)), iqr[1], 30)

    assert sum(apart(0.0) for _ in range(1000)) <= 80
    assert sum(apart(2.0) for _ in range(200)) >= 195


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[i] for i in order] == sorted(adjusted)
    if len(p_values) == 1:
        assert adjusted == p_values


def test_holm_of_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
