"""The loop against fake devices whose law is known, with finders that keep to the budget and that do not."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.errors import UsageError
from harness.records import Kind
from models.arch.counters import count
from models.arch.spec import ArchSpec
from models.search.backbones import backbone_for, random_choice
from models.search.dnas.backbone import Choice, decisions
from models.search.dnas.budget import Budget
from models.search.limits import Figures, Limits
from models.search.loop import LEAST_USE, Round, close_loop, first_budget
from models.search.repair import fitted, scaled
from models.spaces.choices import Choices

BACKBONE = backbone_for("kws", "ds-cnn", (1, 49, 10, 1), 12)
INTERCEPT, SLOPE, CLOCK = 200_000.0, 0.7, 100_000_000


@dataclass
class FakeDevice:
    """latency = intercept + slope x operations + noise."""

    slope: float = SLOPE
    noise: float = 0.0
    seed: int = 0
    kind: Kind = "measured"
    calls: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        self.calls += 1
        plain = figures_of(arch, self.slope)
        return Figures(
            plain.latency_us * (1 + self._random.gauss(0, self.noise)),
            plain.ram_bytes,
            plain.flash_bytes,
        )


def figures_of(arch: ArchSpec, slope: float = SLOPE) -> Figures:
    counts = count(arch)
    cycles = INTERCEPT + slope * counts.ops
    return Figures(1e6 * cycles / CLOCK, 5000 + counts.peak_bytes, 25_000 + 1.1 * counts.parameters)


@dataclass
class ToBudget:
    """Finds what a perfect search would: a random network scaled to the budget of operations."""

    seed: int = 0
    budgets: list[Budget] = field(default_factory=list)

    def __call__(
        self, number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        self.budgets.append(budget)
        drawn = random_choice(BACKBONE, Choices(self.seed))

        def fits(choice: Choice) -> bool:
            return budget.ops is None or count(BACKBONE.arch(choice)).ops <= budget.ops

        return fitted(BACKBONE, drawn, fits) or scaled(BACKBONE, drawn, 0.0), {"round": number}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("error", [0.5, 1.0, 2.0])
def test_closes_whatever_the_estimate_is_off_by(seed: int, error: float) -> None:
    """MicroNets check: after at most three refits within the limit, and at least 80 % of it."""
    device, finder = FakeDevice(slope=SLOPE * error, noise=0.01, seed=seed), ToBudget(seed)
    limits = Limits(latency_us=150_000.0)
    found = close_loop(BACKBONE, limits, finder, figures_of, device)
    assert device.calls <= 4
    assert found.holds and found.kind == "measured"
    use = limits.uses(found.figures)["latency"]
    assert LEAST_USE <= use <= 1.0


@pytest.mark.parametrize("extreme", ["widest", "narrowest"])
def test_a_finder_that_ignores_the_budget_is_corrected_by_the_repair(extreme: str) -> None:
    def stubborn(
        number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        return getattr(BACKBONE, extreme)(), None

    limits = Limits(latency_us=100_000.0, ram_bytes=60_000.0, flash_bytes=120_000.0)
    found = close_loop(BACKBONE, limits, stubborn, figures_of, FakeDevice())
    assert limits.hold(found.figures)
    assert max(limits.uses(found.figures).values()) >= 0.9


def test_rounds_start_from_the_round_before_with_a_corrected_budget() -> None:
    finder, states = ToBudget(3), []

    def find(
        number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        states.append(start)
        return finder(number, budget, start)

    rounds: list[Round] = []
    close_loop(
        BACKBONE,
        Limits(latency_us=100_000.0),
        find,
        figures_of,
        FakeDevice(slope=2 * SLOPE),
        done=lambda _, one: rounds.append(one),
    )
    assert not rounds[0].holds and rounds[-1].holds
    assert states == [None, *({"round": i + 1} for i in range(len(rounds) - 1))]
    first, second = finder.budgets[:2]
    assert first.ops is not None and second.ops is not None
    assert second.ops < 0.7 * first.ops


@pytest.mark.parametrize(
    "limits",
    [
        Limits(latency_us=2_100.0),
        Limits(latency_us=1e6, ram_bytes=4000.0),
        Limits(latency_us=1e6, flash_bytes=20_000.0),
    ],
)
def test_limits_that_nothing_keeps_are_one_line(limits: Limits) -> None:
    with pytest.raises(UsageError, match="narrowest") as found:
        close_loop(BACKBONE, limits, ToBudget(), figures_of, FakeDevice())
    assert "\n" not in str(found.value)


def test_the_first_budget_is_what_the_limits_leave_by_estimate() -> None:
    """Whatever the law between: of operations, parameters and memory each alone, also where the widest is too small."""

    def estimate(arch: ArchSpec) -> Figures:
        counts = count(arch)
        return Figures(counts.ops**0.9, counts.peak_bytes + 5000, 2 * counts.parameters)

    limits = Limits(latency_us=2e6, ram_bytes=1e9, flash_bytes=400_000.0)
    budget = first_budget(BACKBONE, limits, estimate)
    assert budget.ops == pytest.approx(2e6 ** (1 / 0.9), rel=0.05)
    assert budget.parameters == pytest.approx(200_000, rel=1e-6)
    assert budget.memory == pytest.approx(1e9, rel=0.1)
    assert first_budget(BACKBONE, Limits(latency_us=2e6), estimate).memory is None


def test_a_device_that_never_agrees_ends_in_one_line() -> None:
    @dataclass
    class Liar(FakeDevice):
        def __call__(self, number: int, arch: ArchSpec) -> Figures:
            factor = 3.0 if number % 2 else 0.3
            return figures_of(arch, SLOPE * factor)

    with pytest.raises(UsageError, match="4 rounds"):
        close_loop(BACKBONE, Limits(latency_us=100_000.0), ToBudget(), figures_of, Liar())


def test_a_loose_limit_takes_the_widest_network() -> None:
    found = close_loop(BACKBONE, Limits(latency_us=1e9), ToBudget(), figures_of, FakeDevice())
    assert all(
        getattr(taken, name) == values[-1]
        for block, taken in zip(BACKBONE.blocks, found.choice, strict=True)
        for name, values in decisions(block)
    )


@pytest.mark.parametrize("seed", range(20))
def test_repair_keeps_multiples_of_four_and_the_options_ends(seed: int) -> None:
    drawn = random_choice(BACKBONE, Choices(seed))
    limit = 10 ** (5.7 + 0.1 * seed)

    def fits(choice: Choice) -> bool:
        return count(BACKBONE.arch(choice)).ops <= limit

    found = fitted(BACKBONE, drawn, fits)
    if found is None:
        assert not fits(scaled(BACKBONE, drawn, 0.0))
        return
    assert fits(found)
    for block, taken, before in zip(BACKBONE.blocks, found, drawn, strict=True):
        assert taken.kept == before.kept
        for name, values in decisions(block):
            width = getattr(taken, name)
            assert width % 4 == 0 and values[0] <= width <= values[-1]
    # Nothing is left that one more step of a single width would have used.
    assert count(BACKBONE.arch(found)).ops > 0.5 * min(
        limit, count(BACKBONE.arch(scaled(BACKBONE, drawn, 64.0))).ops
    )
