"""How to train: the recipe, and what became of it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Options of a training run: AdamW (Loshchilov & Hutter, arXiv 1711.05101), cosine learning rate.

    Attributes:
        epochs: passes over the training examples.
        batch: examples in a step.
        lr_max: learning rate after the warm-up.
        lr_min: learning rate at the end.
        warmup: share of the steps in which the rate rises to lr_max.
        weight_decay: of weights; gains, biases and ranges do not decay.
        quantise_from: share of the epochs after which the normalisations' statistics are frozen and fake
            quantisation is on; 1 for neither in training.
        quantise: False for floating point to the end; statistics are frozen all the same.
        range_rate: learning rate of the activation ranges, as a share of the weights'.
        label_smoothing: probability that is spread over all classes.
        seed: of shuffling and augmentation.
    """

    epochs: int = 60
    batch: int = 128
    lr_max: float = 0.01
    lr_min: float = 1e-5
    warmup: float = 0.05
    weight_decay: float = 1e-3
    quantise_from: float = 0.7
    quantise: bool = True
    range_rate: float = 0.1
    label_smoothing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1:
            raise ValueError("a recipe has at least one epoch, and one example in a batch")
        if not 0 <= self.lr_min <= self.lr_max:
            raise ValueError(
                f"learning rates {self.lr_max} to {self.lr_min}: 0 <= lr_min <= lr_max"
            )

    @property
    def float_epochs(self) -> int:
        """How many epochs come before statistics are frozen and fake quantisation is on."""
        return min(self.epochs, round(self.quantise_from * self.epochs))

    def learning_rate(self, step: int, steps: int) -> float:
        """Rate of step 0 ... steps - 1: a linear rise, then half a cosine (arXiv 1608.03983)."""
        rise = round(self.warmup * steps)
        if step < rise:
            return self.lr_max * (step + 1) / rise
        share = (step - rise) / max(1, steps - 1 - rise)
        return self.lr_min + (self.lr_max - self.lr_min) * (1 + math.cos(math.pi * share)) / 2


@dataclass(frozen=True)
class Epoch:
    """One pass.

    Attributes:
        number: from 1.
        loss: mean cross entropy of the training batches, nats.
        score: of the validation examples, percent.
        quantised: whether fake quantisation was on.
    """

    number: int
    loss: float
    score: float
    quantised: bool


History = tuple[Epoch, ...]
"""Of all epochs, in order."""
