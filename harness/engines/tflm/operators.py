"""Which operators a TFLM has, and how its resolver is told of them: read from its own header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import MissingToolError

_HEADER = "tensorflow/lite/micro/micro_mutable_op_resolver.h"
_METHOD = re.compile(r"TfLiteStatus (Add\w+)\(")
_BUILTIN = re.compile(r"AddBuiltin\(\s*BuiltinOperator_(\w+)")


def resolver_methods(root: Path) -> Mapping[str, str]:
    """Return MicroMutableOpResolver's method ("AddConv2D") by TFLite's operator ("CONV_2D").

    Args:
        root: TFLM_DIR.

    Raises:
        MissingToolError: the header is missing or of a form that is not known.
    """
    try:
        text = (root / _HEADER).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise _unknown(root, error.strerror or str(error)) from None
    methods = parse_methods(text)
    if not methods:
        raise _unknown(root, "adds no operator that tinyhil can find")
    return methods


def parse_methods(text: str) -> dict[str, str]:
    """Read the header's text: every method's first AddBuiltin says which operator it adds."""
    found: dict[str, str] = {}
    starts = [(match.start(), match[1]) for match in _METHOD.finditer(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    for (start, method), end in zip(starts, ends, strict=True):
        builtin = _BUILTIN.search(text, start, end)
        if builtin is not None:
            found.setdefault(builtin[1], method)
    return found


def _unknown(root: Path, why: str) -> MissingToolError:
    return MissingToolError(
        f"TensorFlow Lite Micro ({_HEADER})", "engine tflm", f"{root / _HEADER}: {why}"
    )
