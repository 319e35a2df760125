"""The few words of QEMU's machine protocol (QMP) that are needed here."""

from __future__ import annotations

import json
from typing import Any

from targets.deadline import Deadline
from targets.drivers.stream import FdStream
from targets.errors import DeadlineExceededError, DeviceGoneError

_CHUNK = 4096


class QmpClient:
    """One QMP conversation; requests are answered in order, events are dropped."""

    def __init__(self, stream: FdStream, target: str) -> None:
        self._stream = stream
        self._target = target
        self._pending = b""

    def negotiate(self, deadline: Deadline) -> None:
        """Read the greeting and enter command mode; QEMU has built the machine once this returns.

        Raises:
            DeviceGoneError: QEMU ended.
            DeadlineExceededError: it did not answer.
        """
        while "QMP" not in self._message(deadline):
            continue
        self.execute("qmp_capabilities", deadline)

    def execute(self, command: str, deadline: Deadline) -> None:
        """Run a command without arguments and wait for its answer.

        Raises:
            DeviceGoneError: QEMU ended, or refused.
            DeadlineExceededError: it did not answer.
        """
        request = json.dumps({"execute": command}).encode() + b"\r\n"
        self._stream.write(request, deadline)
        while True:
            message = self._message(deadline)
            if "return" in message:
                return
            if "error" in message:
                detail = str(message["error"].get("desc", message["error"]))
                raise DeviceGoneError(
                    f"QEMU refused {command}", target=self._target, phase="qmp", detail=detail
                )

    def close(self) -> None:
        """Close the conversation."""
        self._stream.close()

    def _message(self, deadline: Deadline) -> dict[str, Any]:
        while b"\n" not in self._pending:
            chunk = self._stream.read(_CHUNK, deadline)
            if not chunk:
                raise DeadlineExceededError(
                    f"QEMU does not answer within {deadline.limit_s:g} s",
                    target=self._target,
                    phase="qmp",
                )
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message
