"""The second step of a search: rounds of supernet, estimate and device, until a network fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.latency.model_file import ModelFile
from harness.records import Kind
from models.arch.spec import ArchSpec
from models.checkpoint import load_state, save_state
from models.search.calibration import law_of
from models.search.dnas.backbone import Choice
from models.search.dnas.fit import Budget, SearchRecipe, search
from models.search.estimate import Estimator, Overhead
from models.search.limits import Figures
from models.search.loop import Proxy, Round, close_loop
from models.search.records import Candidate, Found
from models.search.wanted import Context

_WARM_EPOCHS = 0.4
"""Share of the first search's epochs that a warm-started one has."""
_WARM_TEMPERATURE = 1.0


def find(context: Context, known: ModelFile, overhead: Overhead, recipe: SearchRecipe) -> Candidate:
    """Find a network that keeps the limits; one that was found before is returned.

    What was found offline is searched on from when the device is there.

    Raises:
        UsageError: none was found.
        TinyhilError: as measuring raises.
    """
    wanted, folder = context.wanted, context.folder
    kept = folder.read("candidate.json", Candidate)
    if kept is not None and (kept.device is not None or wanted.offline):
        return kept
    estimator = Estimator(wanted.target, wanted.kernels, known, overhead)
    proxy = Proxy(
        law_of(known, context), known.identity.clock_hz, overhead.code_bytes, overhead.ram_bytes
    )
    judge = _Estimates(estimator) if wanted.offline else _Measures(context)
    found = close_loop(
        context.backbone,
        wanted.limits,
        proxy,
        _Searches(context, recipe),
        estimator.figures,
        judge,
        done=lambda number, one: context.progress(_words(context, number, one)),
    )
    candidate = Candidate(
        choice=found.choice,
        raw=found.raw,
        estimated=found.estimated,
        device=None if wanted.offline else found.figures,
        kind=found.kind,
        correction=found.correction,
    )
    folder.write("candidate.json", candidate)
    return candidate


@dataclass(frozen=True)
class _Searches:
    """Trains the supernet of a round, or reads what it came to."""

    context: Context
    recipe: SearchRecipe

    def __call__(
        self, number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        folder, device = self.context.folder, self.context.wanted.device
        name = f"round-{number}"
        state = self.context.path(f"{name}.pt")
        known = folder.read(f"{name}.json", Found)
        if known is not None and known.budget == budget and state.exists():
            return known.choice, load_state(state, device)
        found = search(
            self.context.backbone,
            self.context.wanted.task,
            self.context.splits,
            budget,
            self._recipe(start is not None),
            device=device,
            checkpoint=self.context.path(f"{name}.checkpoint.pt"),
            start=start,
            progress=self.context.progress,
        )
        save_state(state, found.state)
        folder.write(
            f"{name}.json",
            Found(choice=found.choice, budget=budget, expected_ops=found.expected_ops),
        )
        self.context.path(f"{name}.checkpoint.pt").unlink(missing_ok=True)
        return found.choice, found.state

    def _recipe(self, warm: bool) -> SearchRecipe:
        if not warm:
            return self.recipe
        first = min(_WARM_TEMPERATURE, self.recipe.temperature[0])
        return replace(
            self.recipe,
            epochs=max(1, round(_WARM_EPOCHS * self.recipe.epochs)),
            temperature=(first, self.recipe.temperature[1]),
        )


@dataclass(frozen=True)
class _Estimates:
    """Judges by the estimate, where there is no device."""

    estimator: Estimator
    kind: Kind = "estimated"

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        return self.estimator.figures(arch)


@dataclass(frozen=True)
class _Measures:
    """Judges by the device: latency and memory do not depend on the weights, so the network need not be trained."""

    context: Context

    @property
    def kind(self) -> Kind:
        return self.context.target.kind

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        self.context.progress(f"measuring the network of round {number}")
        path = self.context.write_untrained(f"round-{number}", arch)
        return self.context.target.figures(path)


def _words(context: Context, number: int, one: Round) -> str:
    uses = ", ".join(
        f"{name} {use:.0%}" for name, use in context.wanted.limits.uses(one.figures).items()
    )
    return f"round {number}: {one.kind} use of the limits: {uses}"
