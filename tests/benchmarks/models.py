"""The models that benchmarks try: the example, and the shared ones where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

from models.example import example_model

ROOT = Path(__file__).resolve().parents[2]


def models() -> dict[str, bytes]:
    """Name -> .tflite."""
    found = {"example": example_model()}
    folder = Path(os.environ.get("TINYHIL_SHARED", ROOT.parent / "shared")) / "models"
    for path in sorted(folder.glob("*.tflite")):
        found[path.stem] = path.read_bytes()
    return found
