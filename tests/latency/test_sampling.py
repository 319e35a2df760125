"""Which networks are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.errors import UsageError
from harness.latency.features import features
from harness.latency.model import fit_model
from harness.latency.networks import Sample
from harness.latency.sampling import SAMPLINGS, Sampling, choose, sampling_named
from harness.latency.steps import StepShape
from tests.latency.synthetic import dense, dense_samples, sample


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_chooses_as_many_different_ones_as_are_wanted(sampling: Sampling) -> None:
    pool = [sample.steps for sample in dense_samples(30)]
    for wanted in (1, 7, 30, 50):
        chosen = choose(sampling, pool, wanted, "dsp", None)
        assert len(chosen) == len(set(chosen)) == min(wanted, 30)
        assert set(chosen) <= set(range(30))


def test_active_takes_what_tells_something_new() -> None:
    """Networks of one width only are known: the one of another width comes first, then one with another kernel."""
    known = [dense(64, 64)] * 3
    model = fit_model(same_width(12), "dsp")
    pool = [known, known, [dense(16, 256)], known, [dense(64, 64), other_kernel()]]
    assert set(choose("active", pool, 2, "dsp", model)) == {2, 4}


def same_width(count: int) -> list[Sample]:
    return [sample([dense(64, 64)] * 3, f"same-{i}") for i in range(count)]


def other_kernel() -> StepShape:
    return replace(dense(64, 64), opcode="LOGISTIC_S16")


def test_active_does_not_take_the_same_twice() -> None:
    """Two kinds of network, one of them twenty times: both kinds are among the first two."""
    pool = [[dense(64, 64)]] * 20 + [[dense(8, 300)]]
    assert 20 in choose("active", pool, 2, "dsp", None)


@pytest.mark.parametrize("seed", [2, 3, 4, 9])
def test_active_takes_the_network_that_leaves_the_least_squared_error_expected(seed: int) -> None:
    """Against the posterior by inverses, of every candidate."""
    pool = [s.steps for s in dense_samples(20, seed=seed)]
    model = fit_model(dense_samples(2, seed=50 + seed, noise=0.01), "dsp")
    (fit,) = model.fits.values()

    def left_after(at: int) -> float:
        rows = [fit.vector(features(step, "dsp")[1]) for step in pool[at]]
        told = sum(np.outer(row, row) / (row @ fit.costs * fit.noise) ** 2 for row in rows)
        costs = np.linalg.inv(np.linalg.inv(fit.covariance) + told)
        summed = [sum(fit.vector(features(step, "dsp")[1]) for step in steps) for steps in pool]
        return float(sum(s @ costs @ s / (s @ fit.costs) ** 2 for s in summed))

    left = [left_after(at) for at in range(len(pool))]
    (chosen,) = choose("active", pool, 1, "dsp", model)
    assert left[chosen] == pytest.approx(min(left), rel=1e-6)
    assert min(left) < 0.99 * float(np.median(left))


def test_active_needs_fewer_measurements_than_random_for_rare_shapes() -> None:
    """One network in ten has a width of its own; eight are measured. Mean error over all, five draws."""
    rare = dense_samples(6, seed=5)
    samples = [*same_width(54), *rare]
    errors: dict[str, list[float]] = {"active": [], "random": []}
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(samples))
        drawn = [samples[i] for i in order]
        for sampling in ("active", "random"):
            picked = choose(sampling, [s.steps for s in drawn], 8, "dsp", None, seed)
            model = fit_model([drawn[i] for i in picked], "dsp")
            errors[sampling].append(
                float(np.mean([abs(model.estimate(s.steps).cycles / s.latency - 1) for s in drawn]))
            )
    assert np.mean(errors["active"]) < 0.5 * np.mean(errors["random"])


def test_sobol_spreads_over_small_and_large() -> None:
    samples = dense_samples(64)
    chosen = choose("sobol", [s.steps for s in samples], 16, "dsp", None, seed=1)
    ranks = np.argsort(np.argsort([s.macs for s in samples]))[chosen]
    assert set(ranks // 16) == {0, 1, 2, 3}


def test_words() -> None:
    assert sampling_named("sobol") == "sobol"
    with pytest.raises(UsageError, match="active, random, sobol"):
        sampling_named("best")
