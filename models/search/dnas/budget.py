"""What a network may be expected to cost in a search."""

from __future__ import annotations

from harness.records import Record


class Budget(Record):
    """The most of each figure; None: no limit.

    Attributes:
        ops: operations of one inference.
        parameters: weights and biases.
        memory: bytes of a layer's inputs and outputs.
    """

    ops: float | None = None
    parameters: float | None = None
    memory: float | None = None
