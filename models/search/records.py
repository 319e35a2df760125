"""What a search writes down: one file for each step that was done, read back when it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from harness.documents import read_record
from harness.errors import StoreError, UsageError
from harness.files import write_atomic
from harness.records import Kind, Record
from models.search.dnas.backbone import Choice
from models.search.dnas.budget import Budget
from models.search.limits import Figures, Limits

CANDIDATE = "candidate.json"
MODEL = "model.tflite"
"""The trained network in a search's folder."""
R = TypeVar("R", bound=Record)


class SearchId(Record):
    """What is searched for; a folder holds one search."""

    schema_version: Literal[1] = 1
    method: str
    task: str
    target: str
    kernels: str
    backbone: str
    limits: Limits
    seed: int
    effort: float


class Found(Record):
    """What one search of the supernet came to.

    Attributes:
        choice: of every block.
        budget: what it was held to.
        expected_ops: of the soft choice at the end.
    """

    choice: Choice
    budget: Budget
    expected_ops: float


class Design(Record):
    """A network.

    Attributes:
        backbone: by the task's name for it.
        choice: of every block.
    """

    backbone: str
    choice: Choice


class Candidate(Record):
    """A network that keeps the limits by estimate, and what the device said.

    Attributes:
        design: the network.
        raw: estimate of the network as found, before it was fitted to the limits.
        estimated: of the fitted one.
        device: its figures on the device; None where the search ran without one.
        kind: of those.
        correction: device over plain estimate, to be applied to the next ones.
    """

    design: Design
    raw: Figures
    estimated: Figures
    device: Figures | None
    kind: Kind
    correction: Figures


class Trained(Record):
    """A trained network on the host.

    Attributes:
        arch: hash of the network.
        metric: "accuracy" or "auc", percent.
        float_score, int8_score: on the test examples, of the floating-point and of the exported network.
        validation_score: of the fake-quantised network.
        examples: in the test split.
        sha256: of the .tflite file.
        seconds: that training took.
    """

    arch: str
    metric: str
    float_score: float
    int8_score: float
    validation_score: float
    examples: int
    sha256: str
    seconds: float


class Folder:
    """Where a search keeps its files.

    Args:
        path: made if need be.

    Raises:
        StoreError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make {path}: {error.strerror or error}") from error

    def claim(self, search: SearchId) -> None:
        """Make sure that the folder is of this search.

        Raises:
            UsageError: it is of another one.
        """
        known = self.read("search.json", SearchId)
        if known is None:
            self.write("search.json", search)
        elif known != search:
            changed = [
                name
                for name in SearchId.model_fields
                if getattr(known, name) != getattr(search, name)
            ]
            raise UsageError(
                f"{self.path} holds a search with another {', '.join(changed)}; give another folder"
            )

    def read(self, name: str, kind: type[R]) -> R | None:
        """Return what a file says; None where there is none.

        Raises:
            StoreError: it cannot be read, or holds something else.
        """
        path = self.path / name
        return read_record(path, kind, "file of a search") if path.exists() else None

    def write(self, name: str, record: Record) -> None:
        """Write a file, whole or not at all. Raises StoreError."""
        write_atomic(self.path / name, record.model_dump_json(indent=1).encode() + b"\n")
