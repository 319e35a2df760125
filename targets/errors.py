"""Root of tinyhil's error tree and the errors of targets and drivers.

The whole tree is drawn in harness/errors.py; it starts here because `targets` may not import `harness`.
"""

from __future__ import annotations

from collections.abc import Sequence


class TinyhilError(Exception):
    """Base of every error tinyhil raises on purpose.

    The text is one line for a user: what is wrong, which thing it concerns, and the way out.

    Attributes:
        exit_code: exit code of the command line for this class of error.
        retryable: whether the same request may succeed when repeated.
    """

    exit_code: int = 1
    retryable: bool = False


class CatalogueError(TinyhilError):
    """A TOML file of the catalogue is wrong; `problems` holds every fault of the file with its path."""

    exit_code = 3

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__(f"{file}: " + "; ".join(self.problems))


class UnknownTargetError(TinyhilError):
    """No target of that name; `suggestions` are the nearest names of the catalogue."""

    exit_code = 3

    def __init__(self, name: str, suggestions: Sequence[str]) -> None:
        self.name = name
        self.suggestions = tuple(suggestions)
        hint = f"; did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"unknown target '{name}'{hint} (`tinyhil targets` lists them)")


class MissingToolError(TinyhilError):
    """A program that this request needs is not installed; `way_out` says how to get it."""

    exit_code = 4

    def __init__(self, tool: str, needed_for: str, way_out: str) -> None:
        self.tool = tool
        self.needed_for = needed_for
        self.way_out = way_out
        super().__init__(f"{tool} not found, needed for {needed_for}: {way_out}")


class DeviceError(TinyhilError):
    """The device (board or emulator) failed; carries what is known of it.

    Attributes:
        target: name of the target.
        phase: what was being done ("start", "load", "run", ...).
        detail: tail of the transcript or of the emulator's own messages; "" when there is none.
    """

    exit_code = 6
    retryable = True

    def __init__(
        self, message: str, *, target: str = "", phase: str = "", detail: str = ""
    ) -> None:
        self.target = target
        self.phase = phase
        self.detail = detail
        where = f"{target}: " if target else ""
        tail = f" [{detail}]" if detail else ""
        super().__init__(f"{where}{message}{tail}")


class DeviceStartError(DeviceError):
    """The device did not start (bad image, emulator refused its arguments, port gone)."""


class DeviceGoneError(DeviceError):
    """The device ended, or its port closed, in the middle of a conversation."""


class DeadlineExceededError(DeviceError):
    """A blocking call ran past its deadline."""


class MemoryLimitError(TinyhilError):
    """Something does not fit a memory region of the target; refused before anything is overwritten."""

    exit_code = 5

    def __init__(
        self, what: str, need_bytes: int, region: str, limit_bytes: int, target: str
    ) -> None:
        self.what = what
        self.need_bytes = need_bytes
        self.region = region
        self.limit_bytes = limit_bytes
        self.target = target
        super().__init__(
            f"{what} needs {need_bytes:,} bytes, but {region} of {target} holds {limit_bytes:,}"
        )
