"""How long and with what rates each task is searched and trained."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.search.contest import Rules
from models.search.dnas.fit import SearchRecipe
from models.train.recipe import Recipe

_SEARCH = {
    "digits": SearchRecipe(epochs=60, batch=64, weight_temperature=0.2),
    "kws": SearchRecipe(epochs=80, batch=128, warm_up=0.25, decision_lr=0.03),
    "anomaly": SearchRecipe(epochs=40, batch=128),
    "image": SearchRecipe(epochs=60, batch=256, examples=10_000),
    "image-grey": SearchRecipe(epochs=60, batch=256, examples=10_000),
}
_TRAIN = {
    "digits": Recipe(epochs=60, batch=64),
    "kws": Recipe(epochs=100, batch=64, label_smoothing=0.1, quantise_from=0.75),
    "anomaly": Recipe(epochs=50, batch=128),
    "image": Recipe(
        epochs=150, batch=256, weight_decay=0.02, label_smoothing=0.1, quantise_from=0.8
    ),
    "image-grey": Recipe(epochs=120, batch=256, weight_decay=0.02, label_smoothing=0.1),
}
_CONTEST = (0.1, 0.2, 0.5)
_WITHOUT_CONTEST = ("image", "image-grey")
"""Where trainings are long, and supernets found better networks than the plain shapes (docs/micronets.md)."""


@dataclass(frozen=True)
class Recipes:
    """Of the steps of one search."""

    search: SearchRecipe
    contest: Rules
    train: Recipe


def recipes_for(task: str, effort: float, seed: int) -> Recipes:
    """Return the recipes of a task, their epochs times `effort`."""
    search, train = _SEARCH[task], _TRAIN[task]
    train = replace(train, epochs=max(2, round(effort * train.epochs)), seed=seed)
    return Recipes(
        replace(search, epochs=max(2, round(effort * search.epochs)), seed=seed),
        Rules(train, () if task in _WITHOUT_CONTEST else _CONTEST),
        train,
    )
