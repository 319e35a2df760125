"""The state of a training run on disk, from which it goes on as if it had not been interrupted."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from harness.errors import UsageError
from models.checkpoint import load_state, save_state
from models.train.network import QuantisedNetwork
from models.train.recipe import Epoch, History, Recipe
from models.train.recorded import restore_adamw, restore_generator


@dataclass
class Run:
    """What changes while a network is trained."""

    net: QuantisedNetwork
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    history: History = ()


def save(path: Path, run: Run, identity: str, recipe: Recipe) -> None:
    """Write the run's state; the old file is there until the new one is complete.

    Raises:
        StoreError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "identity": identity,
        "float_epochs": recipe.float_epochs,
        "quantise": recipe.quantise,
        "net": run.net.state_dict(),
        "frozen": run.net.frozen,
        "quantising": run.net.quantising,
        "optimizer": run.optimizer.state_dict(),
        "generator": run.generator.get_state(),
        "history": [asdict(epoch) for epoch in run.history],
    }
    save_state(path, state)


def restore(path: Path, run: Run, identity: str, recipe: Recipe, device: torch.device) -> None:
    """Bring a run to the state on disk, if there is one.

    A state from before the quantisation also serves runs that differ in when it begins, or whether, and one that was
    written on a GPU goes on without one, with other random numbers.

    Raises:
        StoreError: the file cannot be read.
        UsageError: it is of another network, recipe or training set.
    """
    if not path.exists():
        return
    state = load_state(path, str(device))
    if state.get("identity") != identity or not _serves(state, recipe):
        raise UsageError(
            f"checkpoint {path} is of another network, recipe or training set: delete it, or name another"
        )
    run.net.load_state_dict(state["net"])
    run.net.restore_state(state["frozen"], state["quantising"])
    restore_adamw(run.optimizer, state["optimizer"])
    restore_generator(run.generator, state["generator"])
    run.history = tuple(Epoch(**epoch) for epoch in state["history"])


def _serves(state: dict[str, Any], recipe: Recipe) -> bool:
    """Whether the run on disk quantises as the recipe does, or has not come to where the two part."""
    own, saved = (recipe.float_epochs, recipe.quantise), (state["float_epochs"], state["quantise"])
    return own == saved or len(state["history"]) <= min(own[0], saved[0])


def identity_of(net: QuantisedNetwork, recipe: Recipe, task: str, examples: int) -> str:
    """Return what tells runs apart until one of them quantises: first weights, recipe, task, examples."""
    plain = replace(recipe, quantise_from=1.0, quantise=True)
    digest = hashlib.sha256(repr((net.arch, plain, task, examples)).encode())
    for value in net.state_dict().values():
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()
