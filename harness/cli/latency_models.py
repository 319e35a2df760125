"""What the commands that use a latency model have in common: its options, and how it is found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import StoreError
from harness.latency.model_file import default_path

ModelOption = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="latency model [default: the one of `calibrate`]"),
]
KernelsOption = Annotated[str, typer.Option(help="kernel set of the plan engine")]
TimingOption = Annotated[
    str, typer.Option(help="emulated time: auto, core, memory, none (as for calibrate)")
]


def model_path(given: Path | None, target: str, kernels: str) -> Path:
    """Return the model file's path: `given`, or where `calibrate` leaves it.

    Raises:
        StoreError: there is none.
    """
    path = given or default_path(target, kernels)
    if given is None and not path.exists():
        raise StoreError(
            f"no latency model of {target} with kernels {kernels}; make one with"
            f" `tinyhil calibrate --target {target} --kernels {kernels} --space ...`, or give --model"
        )
    return path
