"""What proposes networks, by search method: supernets, or one width for all layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from models.checkpoint import load_state, save_state
from models.search.backbones import uniform_choice
from models.search.dnas.backbone import Choice
from models.search.dnas.budget import Budget
from models.search.dnas.fit import SearchRecipe, search
from models.search.records import Found
from models.search.wanted import Context

_WARM_EPOCHS = 0.4
"""Share of the first search's epochs that a warm-started one has."""
_WARM_TEMPERATURE = 1.0


@dataclass(frozen=True)
class Uniform:
    """The baseline: every width the same share of its layer's widest; the limits say which."""

    context: Context

    def __call__(
        self, number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        """Return the widest one, which the loop then scales to the limits."""
        return uniform_choice(self.context.backbone), None


@dataclass(frozen=True)
class Supernets:
    """MicroNets: trains the supernet of a round, or reads what it came to.

    Attributes:
        context: of the search.
        recipe: of the first round; later ones start from the round before and are shorter.
    """

    context: Context
    recipe: SearchRecipe

    def __call__(
        self, number: int, budget: Budget, start: dict[str, Any] | None
    ) -> tuple[Choice, dict[str, Any] | None]:
        """Search within a budget. Raises StoreError, and as the task's examples do."""
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
