"""Finds the integer parameters of a timing model under which it shows a board's figures.

The model is asked as it is (`Measure`), and once more for every parameter with that one changed: where the figures do
not move, the parameter cannot be known from them. The differences give a linear picture, in which integer steps are
searched that explain the board best; with those the model is asked again, until nothing is left to explain or nothing
helps. Parameters whose effects cannot be told apart are named together.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.microbench.search import Linear, search

Measure = Callable[[Mapping[str, int]], Mapping[str, float]]
"""Figures of all benchmarks under these parameters; called from several threads."""

_PROBES = (1, -1, 4)
"""Changes that are tried until one moves a figure: a latency shows only above what hides it."""
_MOVES = 1e-9
_NOISE_FLOOR = 1e-3
"""Relative to a figure: what counts as no difference, were a board's counter that quiet."""
_MOST_ROUNDS = 12


class Status(enum.Enum):
    """What the benchmarks say of a parameter."""

    IDENTIFIED = "identified"
    CONFOUNDED = "confounded"
    """Together with others: a change of theirs would show the same."""
    INSENSITIVE = "not identifiable"
    """No benchmark moves with it. It keeps its value, for no better reason."""


@dataclass(frozen=True)
class Range:
    """Values that a parameter may have."""

    least: int
    most: int


@dataclass(frozen=True)
class Target:
    """What the model shall show: figure and its standard deviation."""

    count: float
    spread: float = 0.0


@dataclass(frozen=True)
class Fitted:
    """One parameter.

    Attributes:
        before: its value in the catalogue.
        after: its fitted value.
        together_with: of CONFOUNDED, the parameters that could as well be changed.
    """

    key: str
    before: int
    after: int
    status: Status
    together_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Residual:
    """One benchmark: the board's figure, and the model's before and after."""

    name: str
    board: float
    before: float
    after: float


@dataclass(frozen=True)
class Fit:
    """What came of it.

    Attributes:
        parameters: all that were to be fitted, in order of their keys.
        residuals: of all benchmarks that both have.
        rounds: how often the model was linearised.
        asked: how often it was asked.
    """

    parameters: tuple[Fitted, ...]
    residuals: tuple[Residual, ...]
    rounds: int
    asked: int

    @property
    def worst(self) -> float:
        """Greatest relative difference that is left, 0.01 for 1 %."""
        return max(
            (abs(r.after - r.board) / max(abs(r.board), 1.0) for r in self.residuals), default=0.0
        )


def fit(
    measure: Measure,
    parameters: Mapping[str, int],
    board: Mapping[str, Target],
    ranges: Mapping[str, Range],
    workers: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> Fit:
    """Fit those of `parameters` that have a range.

    Args:
        measure: the model.
        parameters: where to begin; of several sets that explain the board alike, the nearest is taken.
        board: what to show; benchmarks that the model lacks are left out.
        ranges: of each parameter to be fitted.
        workers: threads that ask the model.
        progress: is told what is being done.

    Raises:
        ValueError: a range has no parameter, or nothing can be compared.
    """
    missing = sorted(set(ranges) - set(parameters))
    if missing:
        raise ValueError(f"no such parameter: {', '.join(missing)}")
    asker = _Asker(measure, workers)
    before = asker.one(parameters)
    names = [name for name in board if name in before]
    if not names:
        raise ValueError("the board and the model have no benchmark in common")
    solver = _Solver(asker, names, board, dict(ranges), progress)
    current = dict(parameters)
    figures = solver.vector(before)
    rounds = 0
    columns = solver.columns(current, figures)
    while rounds < _MOST_ROUNDS:
        rounds += 1
        better = solver.improve(parameters, current, figures, columns)
        if better is None:
            break
        current, figures = better
        progress(f"round {rounds}: {solver.describe(figures)}")
        columns = solver.columns(current, figures)
    return Fit(
        parameters=_judge(parameters, current, columns, sorted(ranges)),
        residuals=tuple(
            Residual(name, board[name].count, before[name], float(figures[i]))
            for i, name in enumerate(names)
        ),
        rounds=rounds,
        asked=asker.asked,
    )


class _Asker:
    """Asks the model, each set of parameters once."""

    def __init__(self, measure: Measure, workers: int) -> None:
        self._measure = measure
        self._workers = max(1, workers)
        self._known: dict[tuple[tuple[str, int], ...], Mapping[str, float]] = {}

    @property
    def asked(self) -> int:
        return len(self._known)

    def one(self, parameters: Mapping[str, int]) -> Mapping[str, float]:
        return self.many([parameters])[0]

    def many(self, sets: Iterable[Mapping[str, int]]) -> list[Mapping[str, float]]:
        keys = [tuple(sorted(each.items())) for each in sets]
        new = list(dict.fromkeys(key for key in keys if key not in self._known))
        if self._workers > 1 and len(new) > 1:
            with ThreadPoolExecutor(self._workers) as pool:
                found = list(pool.map(lambda key: self._measure(dict(key)), new))
        else:
            found = [self._measure(dict(key)) for key in new]
        self._known.update(zip(new, found, strict=True))
        return [self._known[key] for key in keys]


Vector = npt.NDArray[np.float64]
Columns = dict[str, Vector]
"""Change of all figures for each +1 of a parameter; without those that move nothing."""


class _Solver:
    def __init__(
        self,
        asker: _Asker,
        names: Sequence[str],
        board: Mapping[str, Target],
        ranges: Mapping[str, Range],
        progress: Callable[[str], None],
    ) -> None:
        self._asker = asker
        self._names = names
        self._ranges = ranges
        self._progress = progress
        self._wanted = np.array([board[name].count for name in names])
        floor = _NOISE_FLOOR * np.maximum(np.abs(self._wanted), 1.0)
        self._sigma = np.maximum(floor, np.array([board[name].spread for name in names]))

    def vector(self, figures: Mapping[str, float]) -> Vector:
        return np.array([figures[name] for name in self._names])

    def describe(self, figures: Vector) -> str:
        off = int(np.sum(np.abs(figures - self._wanted) > 3 * self._sigma))
        return f"{off} of {len(self._names)} benchmarks differ"

    def columns(self, current: Mapping[str, int], figures: Vector) -> Columns:
        """Ask for the effect of every parameter: of the first probe that has one."""
        found: Columns = {}
        open_keys = sorted(self._ranges)
        for probe in _PROBES:
            trials = [
                (key, value)
                for key in open_keys
                if self._ranges[key].least
                <= (value := current[key] + probe)
                <= self._ranges[key].most
            ]
            self._progress(f"sensitivity to {len(trials)} parameters")
            answers = self._asker.many([{**current, key: value} for key, value in trials])
            for (key, _), answer in zip(trials, answers, strict=True):
                column = (self.vector(answer) - figures) / probe
                if np.any(np.abs(column) > _MOVES):
                    found[key] = column
            open_keys = [key for key in open_keys if key not in found]
        return found

    def cost(self, figures: Vector) -> float:
        """Sum over the benchmarks of Huber's loss: one that no parameter explains does not drag the others along."""
        return float(np.sum(huber((figures - self._wanted) / self._sigma)))

    def improve(
        self,
        start: Mapping[str, int],
        current: Mapping[str, int],
        figures: Vector,
        columns: Columns,
    ) -> tuple[dict[str, int], Vector] | None:
        """Return better parameters with their figures, or None where nothing helps."""
        if np.all(np.abs(figures - self._wanted) <= 3 * self._sigma) or not columns:
            return None
        keys = sorted(columns)
        linear = Linear(
            matrix=np.stack([columns[key] for key in keys], axis=1) / self._sigma[:, None],
            wanted=(self._wanted - figures) / self._sigma,
            least=np.array([self._ranges[key].least - current[key] for key in keys]),
            most=np.array([self._ranges[key].most - current[key] for key in keys]),
            origin=np.array([current[key] - start[key] for key in keys]),
        )
        have = self.cost(figures)
        for steps in search(linear, huber):
            moved = {
                **current,
                **{k: current[k] + int(s) for k, s in zip(keys, steps, strict=True) if s},
            }
            answer = self.vector(self._asker.one(moved))
            if self.cost(answer) < have - 1e-6:
                return moved, answer
        return None


def huber(deviation: Vector) -> Vector:
    """Huber's loss (1964): square near 0, linear beyond 3 standard deviations."""
    size = np.abs(deviation)
    return np.where(size <= 3.0, size**2, 6.0 * size - 9.0)


def _judge(
    before: Mapping[str, int], after: Mapping[str, int], columns: Columns, keys: Sequence[str]
) -> tuple[Fitted, ...]:
    groups = confounded(columns)
    judged = []
    for key in keys:
        status = Status.IDENTIFIED if key in columns else Status.INSENSITIVE
        if key in groups:
            status = Status.CONFOUNDED
        judged.append(Fitted(key, before[key], after[key], status, groups.get(key, ())))
    return tuple(judged)


def confounded(columns: Columns) -> dict[str, tuple[str, ...]]:
    """For every parameter that cannot be told from others: those others.

    These are the parameters with a part in the null space of the sensitivities: along it the figures stay the same.
    """
    keys = sorted(columns)
    if not keys:
        return {}
    matrix = np.stack([columns[key] / np.linalg.norm(columns[key]) for key in keys], axis=1)
    _, values, rows = np.linalg.svd(matrix, full_matrices=True)
    rank = int(np.sum(values > 1e-6 * values[0]))
    null = rows[rank:]
    overlap = np.abs(null.T @ null) > 1e-6
    found = {}
    for i, key in enumerate(keys):
        if overlap[i, i]:
            found[key] = tuple(k for j, k in enumerate(keys) if j != i and overlap[i, j])
    return found
