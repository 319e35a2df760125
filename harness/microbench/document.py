"""The document that `tinyhil timing --json` writes and `--against` reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.errors import UsageError
from harness.microbench.figures import Figure
from harness.microbench.suite import Kind

_WORDS = {Kind.MICRO: "micro", Kind.WHOLE: "whole", Kind.KERNEL: "kernel"}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Record):
    """One benchmark: count of one unit, in the document's unit.

    Attributes:
        kind: what a unit is (harness/microbench/suite.py).
        spread: standard deviation of a single repeat; 0 where every repeat gave the same.
        checksum: of a kernel's solution.
    """

    name: str
    kind: Literal["micro", "whole", "kernel"]
    count: float = Field(ge=-1e12, le=1e12, allow_inf_nan=False)
    spread: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    checksum: int | None = None


class Document(_Record):
    """What a target's benchmarks took.

    Attributes:
        unit: of the counts.
        timing_model: what counted, in words.
        timing_sha256: of an emulator's parameters; "" otherwise.
        repeats: how often everything ran.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    target: str
    core: str
    unit: Literal["instructions", "cycles", "nanoseconds"]
    timing_model: str
    timing_sha256: str
    clock_hz: int
    image_id: str
    compiler: str
    repeats: int
    benchmarks: tuple[Entry, ...]

    @model_validator(mode="after")
    def _once(self) -> Document:
        names = [entry.name for entry in self.benchmarks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"benchmarks: more than once: {', '.join(twice)}")
        return self

    def text(self) -> str:
        """As JSON, with a newline at its end."""
        return json.dumps(self.model_dump(by_alias=True), indent=2) + "\n"

    def counts(self) -> dict[str, float]:
        """Name -> count."""
        return {entry.name: entry.count for entry in self.benchmarks}


def entries(figures: Sequence[Figure]) -> tuple[Entry, ...]:
    """The figures as the document has them."""
    return tuple(
        Entry(
            name=figure.benchmark.name,
            kind=_WORDS[figure.benchmark.kind],  # type: ignore[arg-type]
            count=figure.count,
            spread=figure.spread,
            checksum=figure.checksum if figure.benchmark.kind is Kind.KERNEL else None,
        )
        for figure in figures
    )


def read_document(path: Path) -> Document:
    """Read a document.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        return Document.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: no text") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise UsageError(
            f"{path}: not written by `tinyhil timing`: {where}{first['msg']}"
        ) from None
