"""Integer steps that explain a difference best in a linear picture of the model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Loss = Callable[[Vector], Vector]

_PAIR_STEPS = (-3, -2, -1, 1, 2, 3)
_CHANGE = 1e-4
"""Cost of each change by one: of solutions that explain as much, the nearest to the start is taken."""
_MOST_PASSES = 500


@dataclass(frozen=True)
class Linear:
    """wanted = matrix @ steps, in standard deviations; least <= steps <= most.

    Attributes:
        origin: how far the parameters are from the start already.
    """

    matrix: Vector
    wanted: Vector
    least: Steps
    most: Steps
    origin: Steps


def search(linear: Linear, loss: Loss) -> Iterator[Steps]:
    """Yield steps to be tried, the best in the linear picture first; every one changes something."""
    columns = linear.matrix.shape[1]
    starts = [np.zeros(columns, dtype=np.int64), _rounded_least_squares(linear)]
    found = [_descend(linear, loss, start) for start in starts]
    found.sort(key=lambda steps: _cost(linear, loss, steps))
    halves = [np.trunc(steps / 2).astype(np.int64) for steps in found]
    seen = set()
    for steps in [*found, *halves, *_singles(linear, loss)]:
        if np.any(steps) and steps.tobytes() not in seen:
            seen.add(steps.tobytes())
            yield steps


def _cost(linear: Linear, loss: Loss, steps: Steps) -> float:
    left = linear.wanted - linear.matrix @ steps
    return float(np.sum(loss(left))) + _CHANGE * float(np.sum(np.abs(linear.origin + steps)))


def _rounded_least_squares(linear: Linear) -> Steps:
    solution, *_ = np.linalg.lstsq(linear.matrix, linear.wanted, rcond=1e-9)
    rounded: Steps = np.rint(solution).astype(np.int64)
    return np.minimum(np.maximum(rounded, linear.least), linear.most)


def _descend(linear: Linear, loss: Loss, start: Steps) -> Steps:
    """Coordinate descent by the best single change, then by the best change of two, until neither helps."""
    steps: Steps = start.copy()
    for _ in range(_MOST_PASSES):
        better = _best_single(linear, loss, steps)
        if better is None:
            better = _best_pair(linear, loss, steps)
        if better is None:
            break
        steps = better
    return steps


def _best_single(linear: Linear, loss: Loss, steps: Steps) -> Steps | None:
    best, best_cost = None, _cost(linear, loss, steps) - 1e-9
    for trial in _neighbours(linear, loss, steps):
        cost = _cost(linear, loss, trial)
        if cost < best_cost:
            best, best_cost = trial, cost
    return best


def _neighbours(linear: Linear, loss: Loss, steps: Steps) -> Iterator[Steps]:
    """For each coordinate the steps around the least-squares one, and the nearest ones."""
    left = linear.wanted - linear.matrix @ steps
    for j in range(len(steps)):
        column = linear.matrix[:, j]
        ideal = float(column @ left / (column @ column))
        for change in {int(np.floor(ideal)), int(np.ceil(ideal)), -1, 1}:
            value = int(np.clip(steps[j] + change, linear.least[j], linear.most[j]))
            if value != steps[j]:
                trial = steps.copy()
                trial[j] = value
                yield trial


def _best_pair(linear: Linear, loss: Loss, steps: Steps) -> Steps | None:
    """The best change of two coordinates that share a benchmark."""
    touched = linear.matrix != 0.0
    left = linear.wanted - linear.matrix @ steps
    have = float(np.sum(loss(left)))
    distance = linear.origin + steps
    best, best_gain = None, 1e-9
    for j in range(len(steps)):
        partners = [k for k in range(j + 1, len(steps)) if np.any(touched[:, j] & touched[:, k])]
        for a in _PAIR_STEPS:
            if not linear.least[j] <= steps[j] + a <= linear.most[j]:
                continue
            after_a = left - a * linear.matrix[:, j]
            for k in partners:
                for b in _PAIR_STEPS:
                    if not linear.least[k] <= steps[k] + b <= linear.most[k]:
                        continue
                    change = abs(distance[j] + a) + abs(distance[k] + b)
                    change -= abs(distance[j]) + abs(distance[k])
                    cost = float(np.sum(loss(after_a - b * linear.matrix[:, k])))
                    gain = have - cost - _CHANGE * float(change)
                    if gain > best_gain:
                        best, best_gain = steps.copy(), gain
                        best[j] += a
                        best[k] += b
    return best


def _singles(linear: Linear, loss: Loss) -> list[Steps]:
    """Single changes that help by themselves, the best first: where the linear picture misleads, one at a time."""
    zero = np.zeros(linear.matrix.shape[1], dtype=np.int64)
    have = _cost(linear, loss, zero)
    trials = [(_cost(linear, loss, trial), trial) for trial in _neighbours(linear, loss, zero)]
    return [trial for cost, trial in sorted(trials, key=lambda one: one[0]) if cost < have]
