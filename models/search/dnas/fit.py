"""The search itself: weights and decisions trained in turn, under three budgets.

Loss, temperature and schedule after MicroNets (arXiv 2010.11267, section 4), which leaves the form of the penalty
and its coefficients open: cross entropy plus, for each budget, lambda x [expected / budget - 1]+. The budget shrinks to
its size from what all options alike are expected to cost: under a tenth of that from one step to the next, the penalty
would be all that decides until every layer has its least width. Expected is the mean over networks that the decisions
stand for, whatever the temperature: mixtures at a high one cost more than the network of the most likely options, and a
penalty on them would leave the smallest.
Where there are steps enough, weights are better trained on draws that are nearly single networks: on mixtures of all
options they adapt to the mixture, and no single network is good. Where there are few, single networks learn nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from models.checkpoint import load_state, save_state
from models.search.dnas.backbone import Backbone, Choice
from models.search.dnas.budget import Budget
from models.search.dnas.costs import excess, expected, limited
from models.search.dnas.decisions import Decisions, gumbel
from models.search.dnas.supernet import Supernet
from models.tasks.split import limit_examples
from models.tasks.task import Examples, Splits, Task
from models.train.recorded import RecordedStep, adamw, restore_adamw, restore_generator, set_rate

_BETAS = (0.5, 0.999)
_LIKELY = 1.0
"""Temperature at which the shares of options are their frequencies in draws of single options (arXiv 1611.00712, 2)."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class SearchRecipe:
    """How a supernet is trained.

    Attributes:
        epochs: over the training examples.
        batch: examples of a step.
        examples: at most so many training examples are used, the classes in proportion; 0 for all.
        warm_up: share of the epochs in which the weights are trained alone, all options equally likely.
        weight_lr: peak learning rate of the weights (AdamW), cosine to 1 % of it.
        weight_decay: of the weights.
        decision_lr: learning rate of the decisions (Adam).
        temperature: of the decisions in their first and last epoch, geometric between.
        weight_temperature: of the draws that weights are trained on; None for that of the decisions.
        penalty: lambda.
        shrinking: share of the epochs with decisions in which the budget shrinks, geometrically.
        sharpening: coefficient of the decisions' entropy in the last epoch; it grows linearly from the end of the
            shrinking.
        seed: of initial weights, order and noise.
    """

    epochs: int = 60
    batch: int = 128
    examples: int = 0
    warm_up: float = 0.15
    weight_lr: float = 3e-3
    weight_decay: float = 1e-3
    decision_lr: float = 0.1
    temperature: tuple[float, float] = (5.0, 0.2)
    weight_temperature: float | None = None
    penalty: float = 3.0
    shrinking: float = 0.5
    sharpening: float = 0.03
    seed: int = 0


@dataclass(frozen=True)
class Searched:
    """What a search came to.

    Attributes:
        choice: the option of the largest logit in every decision.
        expected_ops: at the last temperature, without noise.
        state: of supernet and decisions, to start the next search from.
    """

    choice: Choice
    expected_ops: float
    state: dict[str, Any]


def search(
    backbone: Backbone,
    task: Task,
    splits: Splits,
    budget: Budget,
    recipe: SearchRecipe,
    *,
    device: str = "cpu",
    checkpoint: Path | None = None,
    start: dict[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> Searched:
    """Train a supernet and its decisions; weights on the training examples, decisions on the validation ones.

    Args:
        backbone: what to choose from.
        task: of the examples.
        splits: its examples.
        budget: of the expected costs.
        recipe: how.
        device: where torch computes.
        checkpoint: written after every epoch; an interrupted search goes on from it. One of another search is
            overwritten.
        start: `Searched.state` of an earlier search: no warm-up then.
        progress: told of each epoch.

    Raises:
        StoreError: the checkpoint cannot be written or read.
    """
    run = _Run(backbone, task, splits, budget, recipe, device, warm=start is not None)
    if start is not None:
        run.restore_networks(start)
    run.begin()
    first = 0
    if checkpoint is not None and checkpoint.exists():
        first = run.restore(load_state(checkpoint, device))
    for epoch in range(first, recipe.epochs):
        loss = run.epoch(epoch)
        if checkpoint is not None:
            save_state(checkpoint, run.state(epoch + 1))
        progress(f"search: epoch {epoch + 1} of {recipe.epochs}, loss {loss:.3f}, {run.words()}")
    return run.result()


class _Run:
    def __init__(
        self,
        backbone: Backbone,
        task: Task,
        splits: Splits,
        budget: Budget,
        recipe: SearchRecipe,
        device: str,
        warm: bool,
    ) -> None:
        self._backbone, self._task, self._budget, self._recipe = backbone, task, budget, recipe
        self._device = device
        self._warm_up = 0 if warm else round(recipe.warm_up * recipe.epochs)
        self._supernet = Supernet(backbone, recipe.seed).to(device)
        self._decisions = Decisions(backbone).to(device)
        train = limit_examples(splits.train, recipe.examples, recipe.seed)
        self._data = [_on_device(part, device) for part in (train, splits.validation)]
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._noise = torch.Generator(device).manual_seed(recipe.seed)
        self._optimisers = (
            adamw(
                [{"params": list(self._supernet.parameters())}],
                recipe.weight_lr,
                device,
                weight_decay=recipe.weight_decay,
            ),
            adamw(
                [{"params": list(self._decisions.parameters())}],
                recipe.decision_lr,
                device,
                weight_decay=0.0,
                betas=_BETAS,
            ),
        )
        self._over = torch.ones(3, device=device)
        self._fit, self._decide = RecordedStep(self._fit_once), RecordedStep(self._decide_once)

    @torch.no_grad()
    def begin(self) -> None:
        """Take the expected costs as those that the budget shrinks from."""
        costs = expected(self._backbone, self._decisions.soft(_LIKELY))
        over = [
            1.0 if limit is None else max(1.0, float(cost) / limit)
            for cost, limit in limited(costs, self._budget)
        ]
        self._over = torch.tensor(over, device=self._device)

    def epoch(self, epoch: int) -> float:
        """Train one epoch and return the mean loss on training examples."""
        self._supernet.train()
        set_rate(self._optimisers[0].param_groups[0], self._rate(epoch))
        temperature = torch.tensor(self._temperature(epoch), device=self._device)
        fixed = self._recipe.weight_temperature
        of_weights = temperature if fixed is None else torch.full_like(temperature, fixed)
        ease = self._over ** self._left(epoch)
        sharpening = torch.tensor(self._sharpening(epoch), device=self._device)
        warming = epoch < self._warm_up
        total = torch.zeros((), device=self._device)
        count = 0
        others = self._endless(self._data[1])
        for batch in self._batches(self._data[0]):
            count += 1
            total += self._fit(*self._augmented(batch), self._gumbel(), of_weights)
            if not warming:
                self._decide(
                    *self._augmented(next(others)), self._gumbel(), temperature, ease, sharpening
                )
        return float(total / count)

    def words(self) -> str:
        """Expected operations, for the progress."""
        return f"{self._expected_ops() / 1e6:.2f} M operations expected"

    def result(self) -> Searched:
        networks = {
            "supernet": self._supernet.state_dict(),
            "decisions": self._decisions.state_dict(),
        }
        return Searched(self._decisions.chosen(), self._expected_ops(), networks)

    def state(self, epochs: int) -> dict[str, Any]:
        """Return all that the rest of the search depends on."""
        return {
            "recipe": repr((self._backbone.name, self._budget, self._recipe)),
            "epochs": epochs,
            **self.result().state,
            "optimisers": [each.state_dict() for each in self._optimisers],
            "generators": [self._order.get_state(), self._noise.get_state()],
        }

    def restore(self, state: dict[str, Any]) -> int:
        """Take up a state and return how many epochs it has seen; 0 for a state of another search."""
        if state["recipe"] != repr((self._backbone.name, self._budget, self._recipe)):
            return 0
        self.restore_networks(state)
        for optimiser, values in zip(self._optimisers, state["optimisers"], strict=True):
            restore_adamw(optimiser, values)
        for generator, values in zip((self._order, self._noise), state["generators"], strict=True):
            restore_generator(generator, values)
        return int(state["epochs"])

    def restore_networks(self, state: dict[str, Any]) -> None:
        self._supernet.load_state_dict(state["supernet"])
        self._decisions.load_state_dict(state["decisions"])

    def _fit_once(self, x: Tensor, targets: Tensor, noise: Tensor, temperature: Tensor) -> Tensor:
        """Train the weights on one batch and one draw of all decisions; returns the loss."""
        loss = self._loss(x, targets, noise, temperature)
        _descend(loss, self._optimisers[0])
        return loss.detach()

    def _decide_once(
        self,
        x: Tensor,
        targets: Tensor,
        noise: Tensor,
        temperature: Tensor,
        ease: Tensor,
        sharpening: Tensor,
    ) -> Tensor:
        """Train the decisions on one batch and one draw, and under the budget; returns the loss without penalty."""
        loss = self._loss(x, targets, noise, temperature)
        costs = expected(self._backbone, self._decisions.soft(_LIKELY))
        over = excess(self._budget, costs, ease)
        added = self._recipe.penalty * over + sharpening * self._decisions.entropy()
        _descend(loss + added, self._optimisers[1])
        return loss.detach()

    def _loss(self, x: Tensor, targets: Tensor, noise: Tensor, temperature: Tensor) -> Tensor:
        blocks = self._decisions.soft(temperature, noise)
        return functional.cross_entropy(self._supernet(x, blocks), targets)

    def _augmented(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return self._task.augmented(*batch, self._noise)

    def _gumbel(self) -> Tensor:
        return gumbel(self._decisions.options, self._noise)

    def _temperature(self, epoch: int) -> float:
        first, last = self._recipe.temperature
        done = max(0, epoch - self._warm_up) / max(self._recipe.epochs - self._warm_up - 1, 1)
        return float(first * (last / first) ** done)

    def _left(self, epoch: int) -> float:
        """Share of the budget's way that is left: 1 before the decisions' first epoch, 0 when it has its size."""
        epochs = max(self._recipe.shrinking * self._deciding, 1.0)
        return min(1.0, max(0.0, 1.0 - (epoch + 1 - self._warm_up) / epochs))

    def _sharpening(self, epoch: int) -> float:
        shrinking = self._recipe.shrinking * self._deciding
        done = (epoch + 1 - self._warm_up - shrinking) / max(self._deciding - shrinking, 1.0)
        return self._recipe.sharpening * min(1.0, max(0.0, done))

    @property
    def _deciding(self) -> int:
        """Epochs with decisions."""
        return self._recipe.epochs - self._warm_up

    def _rate(self, epoch: int) -> float:
        done = epoch / max(self._recipe.epochs - 1, 1)
        return self._recipe.weight_lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    @torch.no_grad()
    def _expected_ops(self) -> float:
        blocks = self._decisions.soft(_LIKELY)
        return float(expected(self._backbone, blocks).ops)

    def _batches(self, data: tuple[Tensor, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """All examples in a new order; a rest that fills no batch is left out."""
        raw, labels = data
        size = min(self._recipe.batch, len(labels))
        order = torch.randperm(len(labels), generator=self._order).to(self._device)
        for at in range(0, len(order) - size + 1, size):
            chosen = order[at : at + size]
            yield raw[chosen], labels[chosen]

    def _endless(self, data: tuple[Tensor, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from self._batches(data)


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _on_device(examples: Examples, device: str) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(examples.x).to(device),
        torch.from_numpy(examples.y).to(device),
    )
