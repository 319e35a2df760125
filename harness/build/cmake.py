"""Runs CMake and Ninja within a deadline."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.build.cache import disk_full
from harness.build.toolchain import BuildTools
from harness.errors import BuildError
from targets.deadline import Deadline

_TAIL_CHARS = 4000
_LEAST_BYTES = 1 << 20
TARGET = "tinyhil_firmware"


def build(
    tools: BuildTools,
    source: Path,
    work: Path,
    variables: Mapping[str, str],
    deadline: Deadline,
) -> None:
    """Configure `source` with `variables` in folder `work` and build the firmware there.

    Raises:
        BuildError: it failed (`log` has the tail of the output) or ran past `deadline`.
    """
    defines = [f"-D{name}={value}" for name, value in variables.items()]
    make = [f"-DCMAKE_MAKE_PROGRAM={tools.ninja}"]
    configure = [str(tools.cmake), "-G", "Ninja", "-S", str(source), "-B", str(work)]
    _run([*configure, *make, *defines], work, deadline)
    _run([str(tools.ninja), "-C", str(work), TARGET], work, deadline)


def _run(command: Sequence[str], work: Path, deadline: Deadline) -> None:
    # A group of its own, so that compilers started further down can be ended too.
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,
    )
    try:
        log, _ = process.communicate(timeout=deadline.remaining_s())
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise BuildError(f"the build did not end within {deadline.limit_s:g} s") from None
        raise
    if process.returncode:
        # Not every tool says why it could not write.
        if "No space left on device" in log or shutil.disk_usage(work.parent).free < _LEAST_BYTES:
            raise disk_full(work.parent)
        raise BuildError(f"the firmware did not build: {_first_error(log)}", log=log[-_TAIL_CHARS:])


def _first_error(log: str) -> str:
    """The first complaint on one line; CMake puts the words of one on the lines below it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if line.startswith("CMake Error"):
            return " ".join(lines[index : index + 3])
        if "error:" in line.lower():
            return line
    return lines[-1] if lines else "no output"
