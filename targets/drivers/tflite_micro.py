"""The Python package tflite-micro as a target: TensorFlow Lite Micro's interpreter, without any build.

There is no image and no serial line: the harness calls the interpreter itself (harness/measure/wheel.py).
"""

from __future__ import annotations

from importlib import metadata, util
from pathlib import Path

from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Device, Finding
from targets.errors import DeviceStartError
from targets.schema import Target

PACKAGE = "tflite-micro"
WAY_OUT = "pip install --pre tflite-micro (there are wheels for Linux on x86-64)"


class TfliteMicroDriver:
    """Implements protocol.Driver for targets with driver.kind = "tflite_micro"."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def capabilities(self) -> Capability:
        """See protocol.Driver."""
        return Capability.NONE

    def findings(self) -> list[Finding]:
        """See protocol.Driver."""
        found = util.find_spec("tflite_micro") is not None
        detail = self.version() if found else "not installed"
        return [Finding(f"Python package {PACKAGE}", found, detail, "" if found else WAY_OUT)]

    def version(self) -> str:
        """See protocol.Driver."""
        try:
            return f"{PACKAGE} {metadata.version(PACKAGE)}"
        except metadata.PackageNotFoundError:
            return PACKAGE

    def start(self, image: Path, slot: bytes | None, deadline: Deadline) -> Device:
        """Raises DeviceStartError: there is nothing that an image could run on."""
        raise DeviceStartError(
            "runs no image; `tinyhil run` measures it", target=self._target.name, phase="start"
        )
