"""`tinyhil generate`: writes models to measure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import StoreError, UsageError
from harness.files import write_atomic
from models.example import example_model

FAMILIES: Mapping[str, Callable[[], bytes]] = {"example": example_model}
"""What can be generated, by name."""

_SUFFIX = ".tflite"


def generate(
    family: Annotated[
        str, typer.Argument(metavar="FAMILY", help=f"What to generate: {', '.join(FAMILIES)}.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Directory, or file whose name ends in .tflite."),
    ],
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a model of FAMILY.

    Raises:
        UsageError: no such family.
        StoreError: the file cannot be written.
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family '{family}'; there is: {', '.join(FAMILIES)}")
    data = FAMILIES[family]()
    path = (
        output if output.suffix == _SUFFIX and not output.is_dir() else output / f"{family}.tflite"
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make {path.parent}: {error.strerror or error}") from error
    write_atomic(path, data)
    sha256 = hashlib.sha256(data).hexdigest()
    if json_output:
        record = {"path": str(path), "size_bytes": len(data), "sha256": sha256}
        typer.echo(json.dumps({"schema": 1, "models": [{"family": family, **record}]}))
    else:
        typer.echo(f"{path}: {len(data):,} bytes, sha256 {sha256}")
