"""`tinyhil generate`: writes models to measure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import StoreError, UsageError
from harness.files import write_atomic
from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.example import example_model
from models.zoo import ZOO

FAMILIES = ("example", "zoo")
"""What can be generated."""

_SUFFIX = ".tflite"


def generate(
    family: Annotated[
        str, typer.Argument(metavar="FAMILY", help=f"What to generate: {', '.join(FAMILIES)}.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Directory, or file whose name ends in .tflite."),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Of the zoo: which networks; all without a name."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random weights.")] = 0,
    dead_channels: Annotated[
        bool,
        typer.Option("--dead-channels", help="Zero the filters that the published weights lack."),
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write models of FAMILY.

    Raises:
        UsageError: no such family or network, or several models for one file.
        StoreError: the file cannot be written.
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family '{family}'; there is: {', '.join(FAMILIES)}")
    chosen = _chosen(family, names or [])
    single = output.suffix == _SUFFIX and not output.is_dir()
    if single and len(chosen) > 1:
        raise UsageError(f"{output}: {len(chosen)} models do not fit into one file; give a folder")
    folder = output.parent if single else output
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make {folder}: {error.strerror or error}") from error
    records = []
    for name, data in _models(family, chosen, seed, dead_channels):
        path = output if single else output / f"{name}{_SUFFIX}"
        write_atomic(path, data)
        sha256 = hashlib.sha256(data).hexdigest()
        record = {"family": family, "path": str(path), "size_bytes": len(data), "sha256": sha256}
        records.append(record)
        if not json_output:
            typer.echo(f"{path}: {len(data):,} bytes, sha256 {sha256}")
    if json_output:
        typer.echo(json.dumps({"schema": 1, "models": records}))


def _chosen(family: str, names: Sequence[str]) -> list[str]:
    if family == "example":
        if names:
            raise UsageError("the example model takes no name")
        return ["example"]
    unknown = [name for name in names if name not in ZOO]
    if unknown:
        raise UsageError(f"no '{unknown[0]}' in the zoo; there is: {', '.join(ZOO)}")
    return list(dict.fromkeys(names)) or list(ZOO)


def _models(
    family: str, names: Sequence[str], seed: int, dead_channels: bool
) -> Iterator[tuple[str, bytes]]:
    if family == "example":
        yield "example", example_model()
        return
    for name in names:
        entry = ZOO[name]
        arch = entry.build()
        dead = entry.dead_channels if dead_channels else {}
        yield name, to_tflite(arch, random_parameters(arch, seed, dead))
