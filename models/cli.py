"""`tinyhil generate`: writes models to measure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import StoreError, UsageError
from harness.files import write_atomic
from models.arch.counters import count
from models.arch.from_tflite import from_tflite
from models.arch.randomise import random_parameters
from models.arch.spec import ArchSpec
from models.arch.to_tflite import to_tflite
from models.example import example_model
from models.limits import LIMITS, broken, figures, parse_limits
from models.spaces import SPACES, Space
from models.zoo import ZOO

FAMILIES = ("example", "zoo", *SPACES)
"""What can be generated."""

_SUFFIX = ".tflite"
_DRAWS_PER_MEMBER = 1000


@dataclass(frozen=True)
class _Model:
    name: str
    arch: ArchSpec
    data: bytes


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
    members: Annotated[
        int, typer.Option("-n", "--count", min=1, help="Of a search space: how many members.")
    ] = 1,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", min=0, max=2**31, help="Of a space: the first member; of the zoo: of weights."
        ),
    ] = 0,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="QUANTITY=N",
            help=f"Of a space: skip members above ({', '.join(LIMITS)}).",
        ),
    ] = None,
    dead_channels: Annotated[
        bool,
        typer.Option(
            "--dead-channels", help="Of the zoo: zero the filters that are zero in the original."
        ),
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write models of FAMILY: the example, published networks, or random members of a search space.

    Raises:
        UsageError: no such family or network, an option that does not go with the family, several
            models for one file, or limits that no member keeps.
        StoreError: the file cannot be written.
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family '{family}'; there is: {', '.join(FAMILIES)}")
    limits = parse_limits(limit or [])
    if family not in SPACES and (limits or members != 1):
        raise UsageError(f"--count and --limit are for search spaces: {', '.join(SPACES)}")
    if family != "zoo" and (names or dead_channels):
        raise UsageError("names and --dead-channels go with the family 'zoo'")
    if family == "example" and seed:
        raise UsageError("the example model has no seed")
    chosen = _chosen(names or []) if family == "zoo" else []
    single = output.suffix == _SUFFIX and not output.is_dir()
    if single and max(len(chosen), members) > 1:
        raise UsageError(f"{output}: several models do not fit into one file; give a folder")
    if family == "zoo":
        models = _zoo(chosen, seed, dead_channels)
    elif family == "example":
        models = iter([_example()])
    else:
        models = _members(SPACES[family], seed, members, limits)
    records = []
    for model in models:
        path = output if single else output / f"{model.name}{_SUFFIX}"
        record = {"family": family, **_write(path, model)}
        records.append(record)
        if not json_output:
            typer.echo(
                f"{path}: {record['size_bytes']:,} bytes, {record['macs']:,} MACs, "
                f"sha256 {record['sha256']}"
            )
    if json_output:
        typer.echo(json.dumps({"schema": 1, "models": records}))


def _write(path: Path, model: _Model) -> dict[str, str | int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make {path.parent}: {error.strerror or error}") from error
    write_atomic(path, model.data)
    counts = count(model.arch)
    return {
        "path": str(path),
        "size_bytes": len(model.data),
        "sha256": hashlib.sha256(model.data).hexdigest(),
        "macs": counts.macs,
        "parameters": counts.parameters,
        "peak_bytes": counts.peak_bytes,
    }


def _chosen(names: Sequence[str]) -> list[str]:
    unknown = [name for name in names if name not in ZOO]
    if unknown:
        raise UsageError(f"no '{unknown[0]}' in the zoo; there is: {', '.join(ZOO)}")
    return list(dict.fromkeys(names)) or list(ZOO)


def _example() -> _Model:
    data = example_model()
    return _Model("example", from_tflite(data, "example")[0], data)


def _zoo(names: Sequence[str], seed: int, dead_channels: bool) -> Iterator[_Model]:
    for name in names:
        entry = ZOO[name]
        arch = entry.build()
        dead = entry.dead_channels if dead_channels else {}
        yield _Model(name, arch, to_tflite(arch, random_parameters(arch, seed, dead)))


def _members(space: Space, first: int, wanted: int, limits: Mapping[str, int]) -> Iterator[_Model]:
    """Members in order of their seeds, from `first`, without those above a limit."""
    skipped: Counter[str] = Counter()
    written = 0
    for seed in range(first, first + wanted * _DRAWS_PER_MEMBER):
        arch = space.member(seed)
        above = broken(figures(count(arch)), limits)
        if above is None:
            data = to_tflite(arch, random_parameters(arch, seed))
            if "flash" in limits or "arena" in limits:
                above = broken(figures(count(arch), data), limits)
        if above is not None:
            skipped[above] += 1
            continue
        yield _Model(arch.name, arch, data)
        written += 1
        if written == wanted:
            return
    worst = ", ".join(f"{name} ({times}x)" for name, times in skipped.most_common())
    raise UsageError(
        f"{space.name}: {written} of {wanted} members within the limits among "
        f"{wanted * _DRAWS_PER_MEMBER:,} drawn; widen: {worst}"
    )
