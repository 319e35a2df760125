"""Where PyTorch computes, and what becomes of a GPU's failures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from harness.errors import DeviceError, UsageError

_KNOWN = re.compile(r"cpu|cuda(:\d+)?")
_LIBRARIES = re.compile(r"CUDA|cuDNN|cuBLAS", re.IGNORECASE)


def resolved(device: str) -> str:
    """Return the device that is asked for: "auto" is a GPU where there is one, and the CPU elsewhere.

    Raises:
        UsageError: no device of that name, or this machine or this PyTorch has none.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if not _KNOWN.fullmatch(device):
        raise UsageError(f"device {device}: auto, cpu, cuda or cuda:N")
    try:
        torch.zeros(1, device=device)
    except (AssertionError, RuntimeError) as error:
        raise UsageError(f"device {device}: {_first_line(error)}") from None
    return device


@contextmanager
def failures_named() -> Iterator[None]:
    """Raise what CUDA and its libraries fail with as a DeviceError; out of memory, or one of many processes' calls.

    Raises:
        DeviceError: a GPU failed; repeating may help.
    """
    try:
        yield
    except RuntimeError as error:
        if not _LIBRARIES.search(str(error)):
            raise
        raise DeviceError(f"the GPU failed: {_first_line(error)}", phase="training") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
