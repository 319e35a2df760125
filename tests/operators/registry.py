"""What is compared: the tests and the table of docs/operators.md both come from here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Case = tuple[bytes, list[list[np.ndarray]]]
"""A .tflite file and sets of inputs for it."""

CASES = 220


@dataclass(frozen=True)
class Comparison:
    """Random configurations of one operator on one type, to be bit-exact with an oracle.

    Attributes:
        operator: TFLite's name.
        dtype: of the activations: "int8", "int16", "int32", or "float bridge" (float32 on one side);
            more than one, separated by ", ", where the cases mix them.
        make_case: draws one configuration.
        seed: of the configurations.
        oracle: "TFLM", "LiteRT", or "TFLM, LiteRT" where TFLM refuses some of them.
        cases: how many configurations.
    """

    operator: str
    dtype: str
    make_case: Callable[[np.random.Generator], Case]
    seed: int
    oracle: str = "TFLM"
    cases: int = CASES

    def __str__(self) -> str:
        return f"{self.operator}-{self.dtype}"


def comparisons() -> list[Comparison]:
    """Everything that the test modules of this package list as COMPARISONS."""
    found: list[Comparison] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        # Not the modules that only use this list: importing them here would be a circle.
        if "\nCOMPARISONS = " in path.read_text():
            found += importlib.import_module(f"tests.operators.{path.stem}").COMPARISONS
    return found
