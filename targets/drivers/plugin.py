"""What an emulator is told of the timing plugin it shall load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plugin:
    """A built timing plugin with its parameters (targets/timing/plugin).

    Attributes:
        library: the shared object, built for this QEMU's plugin interface.
        isa: "thumb" or "rv32".
        parameters: the text of the parameter file.
        log: where logged marks are written, or None.
    """

    library: Path
    isa: str
    parameters: str
    log: Path | None = None
