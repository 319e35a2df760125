"""What a search for a network came to: the document that `tinyhil search` writes and prints (docs/search.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.documents import read_record
from harness.records import Measurement, Record

FILE = "result.json"
"""Its name in a search's folder."""


class SearchResult(Record):
    """A network that was found, trained and measured.

    Attributes:
        method: that found it.
        task: with its options, as `--task` takes it.
        seed: of everything that was drawn.
        effort: factor on the epochs of the task's recipes.
        limits: by name: latency in microseconds, ram and flash in bytes.
        uses: measured figure / limit, by name.
        metric: "accuracy" or "auc", percent.
        float_score: of a network that was trained in floating point alone, on the test examples.
        int8_score: of the exported network on the host.
        device_score: of the device's outputs.
        examples: in the test part.
        device_examples: of these, how many were sent over the link.
        device_exact: whether the device's outputs equal the host's integer simulation, byte for byte.
        exact: interpreters on the host whose outputs equal it too, for the same examples.
        training_s: that training took, both networks.
        measurement: of the trained network.
    """

    schema_version: Literal[1] = 1
    method: str
    task: str
    seed: int
    effort: float
    limits: dict[str, float]
    uses: dict[str, float]
    metric: str
    float_score: float
    int8_score: float
    device_score: float
    examples: int
    device_examples: int
    device_exact: bool
    exact: tuple[str, ...]
    training_s: float
    measurement: Measurement


def read_result(path: Path) -> SearchResult:
    """Return the result of a search from its folder, or from the file itself.

    Raises:
        StoreError: there is none, it cannot be read, or is something else.
    """
    file = path / FILE if path.is_dir() else path
    return read_record(file, SearchResult, "result of a search")
