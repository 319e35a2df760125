"""The cycles of a family of steps as a sum of counts times non-negative costs, and how sure each cost is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import MissingToolError
from harness.latency.steps import Features

Array = npt.NDArray[np.float64]

PRIOR_CYCLES = 30.0
"""Standard deviation of a cost that no measurement tells anything of: a turn of a loop takes some tens of cycles."""
RIDGE = 1e-4
"""Weight of a column's contribution against the errors of the rows."""
NOISE_FLOOR = 1e-5
"""Least relative standard deviation of a step: costs are never taken for exact."""


@dataclass(frozen=True)
class FamilyFit:
    """What one family's steps cost.

    Attributes:
        names: of the features, in the order of the arrays.
        costs: cycles for one count of each.
        covariance: of the costs, len(names) squared.
        steps: how many were measured.
        noise: relative standard deviation of a measured step about its prediction.
        median_error, worst_error: relative, of the measured steps' own prediction.
        most: the greatest count of each feature that was measured.
    """

    names: tuple[str, ...]
    costs: Array
    covariance: Array
    steps: int
    noise: float
    median_error: float
    worst_error: float
    most: Array

    def vector(self, features: Features) -> Array:
        """Return the counts in the order of the costs."""
        return np.array([features[name] for name in self.names], np.float64)

    def cycles(self, features: Features) -> float:
        """Return the predicted cycles of one step."""
        return float(sum(features[n] * c for n, c in zip(self.names, self.costs, strict=True)))


def fit_family(counts: Sequence[Features], cycles: Sequence[int]) -> FamilyFit:
    """Return the costs with the least sum of squared relative errors, none of them negative.

    Their covariance is that of the Gaussian linear model with the relative noise that the residuals show and the prior
    N(0, PRIOR_CYCLES^2) for every cost: costs that the measurements do not separate keep their uncertainty.

    Args:
        counts: features of every step, all with the same names.
        cycles: measured.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    names = tuple(counts[0])
    x = np.array([[row[name] for name in names] for row in counts], np.float64)
    y = np.maximum(np.asarray(cycles, np.float64), 1.0)
    relative = x / y[:, None]
    costs = non_negative(relative, np.ones(len(y)))
    errors = relative @ costs - 1.0
    freedom = max(1, len(y) - int(np.count_nonzero(costs)))
    variance = max(float(errors @ errors) / freedom, NOISE_FLOOR**2)
    return FamilyFit(
        names=names,
        costs=costs,
        covariance=posterior(relative, variance),
        steps=len(y),
        noise=math.sqrt(variance),
        median_error=float(np.median(np.abs(errors))),
        worst_error=float(np.max(np.abs(errors))),
        most=x.max(0),
    )


def posterior(relative: Array, variance: float) -> Array:
    """Return the covariance of the costs after rows of counts over cycles, with relative noise `variance`."""
    # By singular values: the normal equations would lose what little the measurements tell of some directions.
    triangle = np.linalg.qr(relative * (PRIOR_CYCLES / np.sqrt(variance)), mode="r")
    _, singular, directions = np.linalg.svd(triangle, full_matrices=True)
    told = np.zeros(relative.shape[1])
    told[: len(singular)] = np.square(singular)
    covariance: Array = (directions.T * (PRIOR_CYCLES**2 / (1.0 + told))) @ directions
    return covariance


def non_negative(matrix: Array, values: Array) -> Array:
    """Return the non-negative solution of matrix @ x = values in the least-squares sense (Lawson and Hanson).

    Of solutions as good, the one with the least sum of squares of what each column contributes: where few rows do not
    tell columns apart, all get their share.
    """
    try:
        from sklearn.linear_model import LinearRegression
    except ImportError:
        way_out = "pip install 'tinyhil[calibrate]'"
        raise MissingToolError("scikit-learn", "fitting a latency model", way_out) from None
    scale = np.linalg.norm(matrix, axis=0)
    scale[scale == 0.0] = 1.0
    solver = LinearRegression(fit_intercept=False, positive=True)
    ridge = RIDGE * np.eye(matrix.shape[1])
    rows, right = np.vstack((matrix / scale, ridge)), np.append(values, np.zeros(len(ridge)))
    solution = np.asarray(solver.fit(rows, right).coef_, np.float64)
    costs: Array = solution / scale
    return costs


def families(
    items: Sequence[tuple[str, Features, int]],
) -> Mapping[str, tuple[list[Features], list[int]]]:
    """Return features and cycles by family, in order of appearance."""
    found: dict[str, tuple[list[Features], list[int]]] = {}
    for family, features, cycles in items:
        counts, spent = found.setdefault(family, ([], []))
        counts.append(features)
        spent.append(cycles)
    return found
