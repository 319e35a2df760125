"""What a searched network is trained for: the examples, the network's inputs, the score."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Metric = Literal["accuracy", "auc"]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Examples:
    """Raw examples, before the front end.

    Attributes:
        x: float32 or uint8 (n, ...): waveforms (n, samples) in -1..1, or images (n, h, w, c).
        y: int64 (n,): class of each.
        group: int64 (n,): who or what made it (speaker, machine); None where that means nothing.
        anomalous: bool (n,): not normal; None for tasks without anomalies.
    """

    x: Array
    y: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64] | None = None
    anomalous: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: npt.NDArray[np.int64]) -> Examples:
        """Return the examples at these indices, in this order."""
        group = None if self.group is None else self.group[chosen]
        anomalous = None if self.anomalous is None else self.anomalous[chosen]
        return Examples(self.x[chosen], self.y[chosen], group, anomalous)


@dataclass(frozen=True)
class Splits:
    """Disjoint examples: to fit weights, to choose by, and to report on."""

    train: Examples
    validation: Examples
    test: Examples


class Task(Protocol):
    """One task. A frozen dataclass whose public fields are its options."""

    @property
    def name(self) -> str:
        """As in TASKS."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(1, h, w, c), as ArchSpec.input_shape."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the network's outputs."""

    @property
    def metric(self) -> Metric:
        """What `score` returns."""

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Read or make the examples.

        Args:
            folder: of the data; None for $TINYHIL_DATA or ../shared/data beside the repository.
            seed: of what is drawn: the validation examples, those that a limit keeps.

        Raises:
            DataError: the data are missing or broken.
            MissingToolError: a library that reads them is not installed.
        """

    def inputs(self, raw: torch.Tensor) -> torch.Tensor:
        """Return the network's inputs, float32 (n, h, w, c), of raw examples (n, ...), on their device."""

    def augmented(
        self, raw: torch.Tensor, y: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs (n, h, w, c) and targets float32 (n, classes), distributions, to train on.

        The same generator state gives the same result on one kind of device.
        """

    def score(self, logits: Array, examples: Examples) -> float:
        """Return the metric in percent of logits (n, classes) for these examples."""


def accuracy(logits: Array, examples: Examples) -> float:
    """Percent of the examples whose largest logit is that of their class."""
    return 100.0 * float(np.mean(np.argmax(logits, axis=1) == examples.y))


def one_hot(y: torch.Tensor, classes: int) -> torch.Tensor:
    """float32 (n, classes): all probability on the class."""
    from torch.nn.functional import one_hot as encode

    return encode(y.long(), classes).float()
