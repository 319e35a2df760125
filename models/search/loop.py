"""The loop of a search: find a network within a budget, fit it to the limits, ask the device, correct, again.

After MicroNets (arXiv 2010.11267): operations stand in for latency in the search, and the device is asked whether the
found network keeps its limits. Here the latency model of single layers is asked in between, and a network is fitted to
the limits exactly before it is measured, so that few rounds are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.errors import UsageError
from harness.records import Kind
from models.arch.counters import Counts, count
from models.arch.spec import ArchSpec
from models.search.backbones import uniform_choice
from models.search.dnas.backbone import Backbone, Choice
from models.search.dnas.budget import Budget
from models.search.limits import SAME, Figures, Limits
from models.search.repair import Fits, fitted, largest_scaled

LEAST_USE = 0.8
"""Of the limit that binds: a network that uses less leaves too much."""
_NEAR = (0.8, 1.25)
"""Uses of a network as found within which it is fitted; others are searched again with a corrected budget."""
_MOST_CORRECTION = 4.0
_WEIGHTS = 0.01
"""By which every round aims lower: networks are measured before they are trained, and with trained weights 54 of them
took from 0.4 % less to 0.6 % more."""
_MARGIN = 0.02
"""By which every further round aims lower: a device's clock has noise."""

Figure = Callable[[ArchSpec], Figures]


class Find(Protocol):
    """Proposes a network: round from 1, budget, state of the round before (None in the first)."""

    def __call__(
        self, number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        """Return the choice and the state to start the next round from; None: it would be no better."""


class Judge(Protocol):
    """Says what a fitted network costs: the device, or the estimate where there is none."""

    @property
    def kind(self) -> Kind:
        """Of the figures."""

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        """Return the figures of a round's network. Raises TinyhilError."""


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        choice: fitted to the limits by estimate.
        raw: estimate of the network as found, corrected by the judge.
        estimated: of the fitted one.
        figures: what the judge says of it.
        kind: of those.
        correction: judge over plain estimate, for the estimates of the next round.
        holds: whether every limit is kept, and the one that binds is used by LEAST_USE.
    """

    choice: Choice
    raw: Figures
    estimated: Figures
    figures: Figures
    kind: Kind
    correction: Figures
    holds: bool


def close_loop(
    backbone: Backbone,
    limits: Limits,
    find: Find,
    estimate: Figure,
    judge: Judge,
    *,
    most_rounds: int = 4,
    done: Callable[[int, Round], None] = lambda *_: None,
) -> Round:
    """Search until a network keeps the limits on the device and uses what they leave.

    Args:
        backbone: what to choose from.
        limits: on the device.
        find: searches.
        estimate: of a network's figures.
        judge: of a fitted network.
        most_rounds: searches at most.
        done: told of each round.

    Raises:
        UsageError: the smallest network breaks a limit, or none was found in the rounds.
    """
    budget = first_budget(backbone, limits, estimate)
    correction, state = SAME, None
    kept: Round | None = None
    for number in range(1, most_rounds + 1):
        found, state = find(number, budget, state)
        as_found, known = estimate(backbone.arch(found)), correction
        fits = within(backbone, aimed(limits, number), estimate, known)
        choice = fitted(backbone, found, fits)
        if choice is None:
            raise UsageError(_too_narrow(backbone, limits, estimate, correction))
        arch = backbone.arch(choice)
        plain = estimate(arch)
        figures = judge(number, arch)
        correction = figures.over(plain)
        raw = as_found.times(correction)
        widest = choice == _widest_like(backbone, choice)
        holds = keeps(limits, figures) or (widest and limits.hold(figures))
        this = Round(choice, raw, plain.times(known), figures, judge.kind, correction, holds)
        done(number, this)
        if holds:
            kept = this
        if holds and (state is None or _near(limits, raw) or number == most_rounds):
            return this
        budget = _corrected(budget, count(backbone.arch(found)).ops, limits, raw)
    if kept is None:
        raise UsageError(
            f"no network within the limits in {most_rounds} rounds; the last one used "
            + ", ".join(f"{name} {use:.0%}" for name, use in limits.uses(this.figures).items())
        )
    return kept


def first_budget(backbone: Backbone, limits: Limits, estimate: Figure) -> Budget:
    """Return what uniform networks that just keep each limit cost: what stands for the limits in the first search.

    Args:
        backbone: of the networks.
        limits: on the device.
        estimate: of a network's figures.

    Raises:
        UsageError: the smallest network breaks a limit.
    """
    ops = _just_within(backbone, Limits(latency_us=limits.latency_us), estimate)
    parameters = _just_within(backbone, Limits(flash_bytes=limits.flash_bytes), estimate)
    memory = _just_within(backbone, Limits(ram_bytes=limits.ram_bytes), estimate)
    return Budget(
        ops=ops and ops[0].ops / ops[1],
        parameters=parameters and parameters[0].parameters / parameters[1],
        memory=memory and memory[0].peak_bytes / memory[1],
    )


def _just_within(
    backbone: Backbone, limit: Limits, estimate: Figure
) -> tuple[Counts, float] | None:
    """The widest uniform network within one limit, and its use of it; None where there is no limit."""
    if not limit.named():
        return None
    fits = within(backbone, limit, estimate)
    choice = largest_scaled(backbone, uniform_choice(backbone), fits)
    if choice is None:
        raise UsageError(_too_narrow(backbone, limit, estimate, SAME))
    arch = backbone.arch(choice)
    (use,) = limit.uses(estimate(arch)).values()
    return count(arch), use


def within(
    backbone: Backbone, limits: Limits, estimate: Figure, correction: Figures = SAME
) -> Fits:
    """Return what says whether a choice of the backbone keeps limits by corrected estimate."""
    return lambda choice: limits.hold(estimate(backbone.arch(choice)).times(correction))


def aimed(limits: Limits, number: int = 1) -> Limits:
    """Return the limits that a network of a round is fitted to."""
    return limits.less(_WEIGHTS + _MARGIN * (number - 1))


def keeps(limits: Limits, figures: Figures) -> bool:
    """Whether no figure passes its limit, and the one that binds uses LEAST_USE of it."""
    return LEAST_USE <= max(limits.uses(figures).values()) <= 1


def _near(limits: Limits, raw: Figures) -> bool:
    return _NEAR[0] <= max(limits.uses(raw).values()) <= _NEAR[1]


def _corrected(budget: Budget, ops: int, limits: Limits, raw: Figures) -> Budget:
    """Return the budget by which the found network would just have kept the limits."""
    uses = limits.uses(raw)
    factor = {
        name: min(max(1 / use, 1 / _MOST_CORRECTION), _MOST_CORRECTION)
        for name, use in uses.items()
    }
    changed: dict[str, float] = {}
    if budget.ops is not None:
        changed["ops"] = ops * factor["latency"]
    if budget.parameters is not None and uses["flash"] > 1:
        changed["parameters"] = budget.parameters * factor["flash"]
    if budget.memory is not None and uses["ram"] > 1:
        changed["memory"] = budget.memory * factor["ram"]
    return budget.model_copy(update=changed)


def _widest_like(backbone: Backbone, choice: Choice) -> Choice:
    """The widest network of a choice's depth."""
    pairs = zip(backbone.widest(), choice, strict=True)
    return tuple(replace(widest, kept=taken.kept) for widest, taken in pairs)


def _too_narrow(backbone: Backbone, limits: Limits, estimate: Figure, correction: Figures) -> str:
    figures = estimate(backbone.arch(backbone.narrowest())).times(correction)
    uses = ", ".join(f"{name} {use:.0%}" for name, use in limits.uses(figures).items())
    return f"no network of {backbone.name} keeps the limits; its narrowest would use {uses} of them"
