"""Every error of tinyhil, drawn as one tree, with the exit code each maps to.

    TinyhilError                      1  (targets/errors.py: the root, because targets import nothing of harness)
    ├── UsageError                    2  an argument makes no sense, or contradicts another
    ├── CatalogueError                3  a target's or core's TOML file is wrong
    ├── UnknownTargetError            3  no such target (with suggestions)
    ├── MissingToolError              4  QEMU, the compiler, an engine's library is not installed
    ├── ModelError                    5  the user's model cannot be measured
    │   ├── ModelFileError            5     not a .tflite, or corrupt
    │   ├── UnsupportedModelError     5     float, dynamic shapes, several subgraphs, unsupported operator
    │   └── (MemoryLimitError)        5  too large for slot or RAM (targets/errors.py)
    ├── DeviceError        retryable  6  the device failed
    │   ├── DeviceStartError          6
    │   ├── DeviceGoneError           6
    │   ├── DeadlineExceededError     6
    │   ├── LinkError                 6     the conversation failed although bytes flow
    │   ├── DeviceFaultError   fatal  6     the firmware reported a processor fault
    │   └── DeviceRefusedError fatal  6     the firmware answered with an error of its own
    ├── BuildError                    7  the firmware did not build
    ├── StoreError                    8  results could not be written or read (disk full, schema, no permission)
    └── DataError                     9  the data of a task are missing or broken

Every class carries data, not only text; `retryable` says whether repeating may help.
"""

from __future__ import annotations

from targets.errors import (
    CatalogueError,
    DeadlineExceededError,
    DeviceError,
    DeviceGoneError,
    DeviceStartError,
    MemoryLimitError,
    MissingToolError,
    TinyhilError,
    UnknownTargetError,
)

__all__ = [
    "BuildError",
    "CatalogueError",
    "DataError",
    "DeadlineExceededError",
    "DeviceError",
    "DeviceFaultError",
    "DeviceGoneError",
    "DeviceRefusedError",
    "DeviceStartError",
    "LinkError",
    "MemoryLimitError",
    "MissingToolError",
    "ModelError",
    "ModelFileError",
    "StoreError",
    "TinyhilError",
    "UnknownTargetError",
    "UnsupportedModelError",
    "UsageError",
]


class UsageError(TinyhilError):
    """An argument makes no sense, or contradicts another."""

    exit_code = 2


class ModelError(TinyhilError):
    """The user's model cannot be measured.

    Attributes:
        model: name of the model or its file.
        where: the tensor or operator concerned, "" when the whole file is.
    """

    exit_code = 5

    def __init__(self, message: str, *, model: str = "", where: str = "") -> None:
        self.model = model
        self.where = where
        self.message = message
        parts = [p for p in (model, where) if p]
        super().__init__(": ".join([*parts, message]))

    def named(self, model: str) -> ModelError:
        """Return the same error with the model's name in front."""
        return type(self)(self.message, model=model, where=self.where)


class ModelFileError(ModelError):
    """The file is not a .tflite, or is corrupt."""


class UnsupportedModelError(ModelError):
    """The model is valid, but nothing here can run it."""


class LinkError(DeviceError):
    """Bytes flow, but the conversation failed (no valid reply after every resend)."""


class DeviceFaultError(DeviceError):
    """The firmware reported a processor fault; `registers` holds what it sent."""

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        registers: dict[str, int],
        target: str = "",
        phase: str = "",
        detail: str = "",
    ) -> None:
        self.registers = dict(registers)
        super().__init__(message, target=target, phase=phase, detail=detail)


class DeviceRefusedError(DeviceError):
    """The firmware answered a request with an error of its own (`code`, see docs/link.md)."""

    retryable = False

    def __init__(self, message: str, *, code: int, target: str = "", phase: str = "") -> None:
        self.code = code
        super().__init__(message, target=target, phase=phase)


class BuildError(TinyhilError):
    """The firmware did not build; `log` is the tail of the compiler's output."""

    exit_code = 7

    def __init__(self, message: str, *, log: str = "") -> None:
        self.log = log
        super().__init__(message)


class StoreError(TinyhilError):
    """Results could not be written or read."""

    exit_code = 8


class DataError(TinyhilError):
    """The data of a task are missing or broken; `path` is the file or folder concerned."""

    exit_code = 9

    def __init__(self, message: str, *, path: str = "") -> None:
        self.path = path
        super().__init__(message)
