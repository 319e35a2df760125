"""Fitting, intervals and predictions on measurements of known cost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.latency import conformal
from harness.latency.fit import fit, out_of_fold, outliers, split
from harness.latency.laws import op_law
from harness.latency.model import fit_model
from harness.latency.regression import PRIOR_CYCLES, posterior
from harness.latency.validation import kendall_tau, validate
from tests.latency.synthetic import dense, dense_cost, dense_samples, sample


def test_known_costs_are_found() -> None:
    model = fit_model(dense_samples(30), "dsp")
    fitted = model.fits["FULLY_CONNECTED_S8"]
    costs = dict(zip(fitted.names, fitted.costs, strict=True))
    assert costs["outputs"] == pytest.approx(40.0, rel=1e-3)
    assert costs["macs"] == pytest.approx(7.0, rel=1e-4)
    # A call and a batch are the same thing here: their sum is what is known.
    assert costs["call"] + costs["batches"] == pytest.approx(100.0, rel=0.01)
    assert sum(model.overhead) == pytest.approx(500.0, rel=0.01)
    unseen = sample([dense(1000, 1000)], "large")
    assert model.estimate(unseen.steps).cycles == pytest.approx(unseen.latency, rel=1e-4)


def test_few_measurements_are_shared_among_costs() -> None:
    """One step tells of three costs only what they come to: another one of half its size takes about half as long."""
    model = fit_model([sample([dense(64, 64)] * 2, "one"), sample([dense(64, 64)], "two")], "dsp")
    cycles = model.estimate([dense(64, 32)]).steps[0]
    assert 0.3 < cycles / dense_cost(dense(64, 64)) < 0.9


def test_covariance_is_that_of_the_bayesian_linear_model() -> None:
    rows = np.random.default_rng(1).normal(size=(12, 4))
    expected = np.linalg.inv(rows.T @ rows / 0.25 + np.eye(4) / PRIOR_CYCLES**2)
    np.testing.assert_allclose(posterior(rows, 0.25), expected, rtol=1e-9)


def test_what_was_never_varied_stays_unsure() -> None:
    """All networks have one width: its parts' costs cannot be told apart, and another width shows it."""
    same = [sample([dense(64, 64)] * n, f"same-{n}") for n in range(2, 12)]
    model = fit_model(same, "dsp")
    assert model.estimate([dense(64, 64)] * 5).deviation < 1e-4
    assert model.estimate([dense(640, 8)] * 5).deviation > 0.01


def test_a_kernel_that_was_never_measured_is_named_and_makes_the_interval_wide() -> None:
    model = fit_model(dense_samples(20), "dsp")
    other = dense(100, 100)
    other = type(other)(**{**vars(other), "opcode": "SOMETHING_ELSE"})
    estimate = model.estimate([dense(100, 100), other])
    assert estimate.unknown == ("SOMETHING_ELSE",)
    assert 0.0 < estimate.unknown_cycles < estimate.cycles
    assert estimate.deviation >= estimate.unknown_cycles / estimate.cycles * 0.99


def test_quantile_is_the_rank_that_the_theorem_names() -> None:
    scores = [float(i) for i in range(1, 20)]  # 19: the rank of 90 % is ceil(20 * 0.9) = 18
    assert conformal.quantile(scores) == 18.0
    assert math.isinf(conformal.quantile(scores[:8]))
    assert conformal.quantile(scores[:9]) == 9.0


def test_intervals_cover_nine_tenths_of_new_networks() -> None:
    """Heavy-tailed, multiplicative noise: the mean coverage over 12 calibrations of 60 networks, 100 new ones each."""
    covered = []
    for seed in range(12):
        fitted = fit(dense_samples(60, seed, noise=0.03), "dsp")
        check = validate(fitted.model, fitted.factor, dense_samples(100, 1000 + seed, noise=0.03))
        assert check is not None and check.covered is not None
        covered.append(check.covered)
    assert 0.87 <= np.mean(covered) <= 0.94


def test_out_of_fold_errors_are_larger_than_fitted_ones() -> None:
    samples = dense_samples(12, noise=0.05)
    fitted = fit_model(samples, "dsp")
    own = [abs(s.latency / fitted.estimate(s.steps).cycles - 1) for s in samples]
    folds = [abs(fold.error) for fold in out_of_fold(samples, "dsp")]
    assert np.mean(folds) > np.mean(own)


def test_networks_without_step_times_leave_every_fold_something_to_fit() -> None:
    """Only the first and the sixth of ten have step times: as many apart as there are folds."""
    samples = [
        s if at % 5 == 0 else replace(s, step_cycles=()) for at, s in enumerate(dense_samples(10))
    ]
    folds = out_of_fold(samples, "dsp")
    assert len(folds) == 10 and all(fold.known for fold in folds)
    assert fit(samples, "dsp").networks == 10


def test_outliers_are_those_that_were_spoilt() -> None:
    samples = dense_samples(40, noise=0.002)
    samples[7] = sample(list(samples[7].steps), "spoilt", factor=1.4)
    assert [odd.name for odd in outliers(samples, "dsp")] == ["spoilt"]
    assert not outliers(dense_samples(40, noise=0.002), "dsp")


def test_split_never_checks_with_what_was_chosen_on_purpose() -> None:
    drawn = dense_samples(20)
    chosen = [sample([dense(8, 8)], f"chosen-{i}", chosen="active") for i in range(10)]
    both = split([*drawn, *chosen], 3)
    assert {s.chosen for s in both.fitted} == {"active"}
    assert {s.chosen for s in (*both.apart, *both.held_out)} == {"random"}
    assert len(both.apart) == len(both.held_out) == 10
    alone = split(drawn, 3)
    assert (len(alone.fitted), len(alone.apart), len(alone.held_out)) == (16, 0, 4)
    assert not {s.name for s in alone.fitted} & {s.name for s in alone.held_out}


def test_op_law_is_the_least_squares_line() -> None:
    samples = dense_samples(30)
    law = op_law("dense", samples, 25_000_000)
    assert law is not None
    ops = np.array([s.ops for s in samples])
    cycles = np.array([s.latency for s in samples])
    slope, intercept = np.polyfit(ops, cycles, 1)
    assert law.slope == pytest.approx(slope)
    assert law.intercept == pytest.approx(intercept)
    assert law.r2 == pytest.approx(np.corrcoef(ops, cycles)[0, 1] ** 2)
    assert op_law("dense", samples[:2], 1) is None


def test_kendall_tau_counts_pairs() -> None:
    assert kendall_tau([1, 2, 3, 4], [10, 20, 30, 40]) == 1.0
    assert kendall_tau([1, 2, 3, 4], [4, 3, 2, 1]) == -1.0
    assert kendall_tau([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(4 / 6)
    assert kendall_tau([1, 1], [1, 2]) is None
