"""Checkpoints of a training: written whole or not at all, read without running anything in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.files import write_atomic


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers, texts, lists and dictionaries.

    Raises:
        StoreError: the file cannot be written.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def load_state(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Read what `save_state` wrote, tensors onto `device`.

    Raises:
        StoreError: it cannot be read, or is something else.
    """
    import torch

    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # whatever unpickling of a broken file raises
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"checkpoint {path} cannot be read: {reason}; delete it") from None
    if not isinstance(state, dict):
        raise StoreError(f"checkpoint {path} is of something else; delete it")
    return state
