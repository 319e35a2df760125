"""The state of a training run on disk, from which it goes on as if it had not been interrupted."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from harness.errors import UsageError
from models.checkpoint import load_state, save_state
from models.train.network import QuantisedNetwork
from models.train.recipe import Epoch, History, Recipe


@dataclass
class Run:
    """What changes while a network is trained."""

    net: QuantisedNetwork
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    history: History = ()


def save(path: Path, run: Run, identity: str) -> None:
    """Write the run's state; the old file is there until the new one is complete.

    Raises:
        StoreError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "identity": identity,
        "net": run.net.state_dict(),
        "quantising": run.net.quantising,
        "optimizer": run.optimizer.state_dict(),
        "generator": run.generator.get_state(),
        "history": [asdict(epoch) for epoch in run.history],
    }
    save_state(path, state)


def restore(path: Path, run: Run, identity: str, device: torch.device) -> None:
    """Bring a run to the state on disk, if there is one.

    Raises:
        StoreError: the file cannot be read.
        UsageError: it is of another network, recipe or training set.
    """
    if not path.exists():
        return
    state = load_state(path, str(device))
    if state.get("identity") != identity:
        raise UsageError(
            f"checkpoint {path} is of another network, recipe or training set: delete it, or name another"
        )
    run.net.load_state_dict(state["net"])
    run.net.set_quantisation(state["quantising"])
    run.optimizer.load_state_dict(state["optimizer"])
    generator_state: Tensor = state["generator"].cpu()
    run.generator.set_state(generator_state)
    run.history = tuple(Epoch(**epoch) for epoch in state["history"])


def identity_of(net: QuantisedNetwork, recipe: Recipe, task: str, examples: int) -> str:
    """Return what tells one run from another: network with its first weights, recipe, task, examples."""
    digest = hashlib.sha256(repr((net.arch, recipe, task, examples)).encode())
    for value in net.state_dict().values():
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()
