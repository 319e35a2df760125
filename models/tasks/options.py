"""Options that tasks share: how many examples at most, and mixup."""

from __future__ import annotations

from dataclasses import dataclass, fields

from harness.errors import UsageError
from models.tasks.split import limit_examples
from models.tasks.task import Splits


@dataclass(frozen=True)
class Limits:
    """Largest numbers of examples; 0 for all.

    Attributes:
        train: examples to train on.
        validation: examples to choose by.
        test: examples to report on.

    Raises:
        UsageError: a negative number.
    """

    train: int = 0
    validation: int = 0
    test: int = 0

    def __post_init__(self) -> None:
        for each in fields(Limits):
            if (value := getattr(self, each.name)) < 0:
                raise UsageError(
                    f"task option {each.name}={value}: a number of examples, 0 for all"
                )

    def limited(self, splits: Splits, seed: int) -> Splits:
        """Return the splits within the limits, every class in proportion; of test the same for every seed."""
        return Splits(
            limit_examples(splits.train, self.train, seed),
            limit_examples(splits.validation, self.validation, seed),
            limit_examples(splits.test, self.test, 0),
        )


def check_mixup(alpha: float) -> None:
    """Check the parameter of mixup's Beta distribution.

    Raises:
        UsageError: neither 0 (no mixup) nor 0.1 to 1.
    """
    if alpha and not 0.1 <= alpha <= 1.0:
        raise UsageError(f"task option mixup={alpha}: 0.1 to 1, or 0 for none")
