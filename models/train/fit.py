"""Training a network for a task: floating point first, then with quantisation in the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from models.arch.spec import ArchSpec
from models.tasks.task import Splits, Task
from models.train.checkpoint import Run, identity_of, restore, save
from models.train.evaluate import evaluate, evaluate_integer
from models.train.network import QuantisedNetwork
from models.train.recipe import Epoch, History, Recipe
from models.train.recorded import RecordedStep, adamw, set_rate

__all__ = ["Epoch", "History", "Recipe", "evaluate", "evaluate_integer", "train", "train_float"]

_CALIBRATION_BATCHES = 16


def train(
    net: QuantisedNetwork,
    task: Task,
    splits: Splits,
    recipe: Recipe,
    device: str = "cpu",
    checkpoint: Path | None = None,
    progress: Callable[[Epoch], None] | None = None,
) -> History:
    """Train in place; afterwards the network is quantised, if the recipe quantises, and can be exported.

    The last epoch's weights stay, whatever the validation score did.

    Args:
        net: to be trained; moved to the device.
        task: makes inputs and targets of the raw examples.
        splits: its examples; test examples are not looked at.
        recipe: how.
        device: "cpu", "cuda" or another of PyTorch's.
        checkpoint: written after every epoch. If it is there, the run goes on from it; on one
            machine's CPU the result is then that of a run which was not interrupted. One from before the
            quantisation may be of a run that quantises earlier or later.
        progress: called after every epoch.

    Raises:
        StoreError: the checkpoint cannot be written or read.
        UsageError: the checkpoint is of another network, recipe or training set.
        ValueError: there are no training examples.
    """
    if len(splits.train) == 0:
        raise ValueError("no training examples")
    identity = identity_of(net, recipe, repr(task), len(splits.train)) if checkpoint else ""
    net.to(device)
    groups = net.parameter_groups(recipe.weight_decay, recipe.range_rate)
    optimizer = adamw(groups, recipe.lr_max, device)
    generator = torch.Generator(device).manual_seed(recipe.seed)
    run = Run(net, optimizer, generator)
    if checkpoint:
        restore(checkpoint, run, identity, recipe, torch.device(device))
    trainer = _Trainer(run, task, splits, recipe, device)
    while len(run.history) < recipe.epochs:
        epoch = trainer.epoch()
        if checkpoint:
            save(checkpoint, run, identity, recipe)
        if progress:
            progress(epoch)
    if not net.frozen:
        trainer.freeze()
    return run.history


def train_float(
    arch: ArchSpec,
    task: Task,
    splits: Splits,
    recipe: Recipe,
    device: str = "cpu",
    checkpoint: Path | None = None,
    progress: Callable[[Epoch], None] | None = None,
) -> QuantisedNetwork:
    """Return a network that was trained in floating point, whatever the recipe says; else as `train`."""
    net = QuantisedNetwork(arch, recipe.seed)
    train(net, task, splits, replace(recipe, quantise=False), device, checkpoint, progress)
    return net


class _Trainer:
    def __init__(self, run: Run, task: Task, splits: Splits, recipe: Recipe, device: str) -> None:
        self._run = run
        self._task = task
        self._validation = splits.validation
        self._recipe = recipe
        self._device = device
        self._raw = torch.as_tensor(splits.train.x).to(device)
        self._classes = torch.as_tensor(splits.train.y).to(device)
        self._batch = min(recipe.batch, len(self._raw))
        self._steps = len(self._raw) // self._batch
        self._recorded = RecordedStep(self._step)

    def epoch(self) -> Epoch:
        """One pass, in an order of its own; the last examples that fill no batch are left out."""
        run, recipe = self._run, self._recipe
        done = len(run.history)
        if done == recipe.float_epochs:
            self.freeze()
        run.net.train()
        total = torch.zeros((), device=self._device)
        for index, chosen in enumerate(self._batches()):
            self._set_rate(done * self._steps + index)
            total += self._recorded(
                *self._task.augmented(self._raw[chosen], self._classes[chosen], run.generator)
            )
        score = evaluate(run.net, self._task, self._validation, self._device)
        epoch = Epoch(done + 1, float(total) / self._steps, score, run.net.quantising)
        run.history = (*run.history, epoch)
        return epoch

    def freeze(self) -> None:
        """Freeze the statistics by training examples; if the recipe quantises, initialise ranges and begin."""
        net = self._run.net
        chosen = [c for c, _ in zip(self._batches(), range(_CALIBRATION_BATCHES), strict=False)]
        batches = (self._task.inputs(self._raw[c]) for c in chosen)
        if self._recipe.quantise:
            net.calibrate_ranges(batches)
            net.set_quantisation(True)
        else:
            net.freeze_statistics(batches)
        self._recorded = RecordedStep(self._step)

    def _batches(self) -> Iterator[Tensor]:
        """Indices (batch,) of a new random order."""
        count = len(self._raw)
        order = torch.randperm(count, generator=self._run.generator, device=self._device)
        yield from torch.split(order[: self._steps * self._batch], self._batch)

    def _set_rate(self, step: int) -> None:
        rate = self._recipe.learning_rate(step, self._steps * self._recipe.epochs)
        for group in self._run.optimizer.param_groups:
            set_rate(group, rate * group["share"])

    def _step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss, (), on the device: reading it would wait for the device."""
        smoothing = self._recipe.label_smoothing
        loss = torch.nn.functional.cross_entropy(
            self._run.net(inputs), targets, label_smoothing=smoothing
        )
        self._run.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._run.optimizer.step()
        return loss.detach()
