"""Writes docs/operators.md: python -m tests.operators.table > docs/operators.md"""

from __future__ import annotations

import sys

from tests.operators.registry import Comparison, comparisons

TYPES = ("int8", "int16", "int32", "float bridge")

_HEAD = """# Operators

What the plan engine runs (kernel set `reference`), and what each was compared with. A cell counts the random
configurations (shapes, scales, zero points, options; several inputs for each) whose outputs were equal bit for bit, in
place and not in place, and names the oracle: TFLM is the interpreter of the `tflite_micro` wheel, LiteRT the reference
kernels of `ai-edge-litert` where TFLM lacks the case. An empty cell is refused, with the reason.

int8 with a per-channel filter stands under int8, int16 activations with int8 weights under int16. "float bridge" is
float32 on one side: only QUANTIZE and DEQUANTIZE take it. Operators on constants and shapes (SHAPE, CAST, GATHER, ...)
are computed while the model is compiled and need no kernel. So are VAR_HANDLE and CALL_ONCE, which may
assign constants to variables and nothing else. An operator with several parts (CONCATENATION, SPLIT, ...)
is several steps of the plan and one layer of the profile.

Where TFLM looks at no scale, neither do we: MAXIMUM, MINIMUM, RESIZE_BILINEAR, RELU6, int16 CONCATENATION and what
only moves data take the stored values whatever the tensors' scales are; int16 PAD pads with 0; an LSTM's output has
the bytes of its hidden state. STRIDED_SLICE reads ellipsis_mask and new_axis_mask as LiteRT does; TFLM ignores both,
and runs some files without them: such a file is refused if that changes an element.

The table comes from what the tests compare (`make test`, or `pytest tests/operators`):

    python -m tests.operators.table > docs/operators.md
"""


def page() -> str:
    """The whole page."""
    rows: dict[str, dict[str, list[Comparison]]] = {}
    for comparison in comparisons():
        for dtype in comparison.dtype.split(", "):
            rows.setdefault(comparison.operator, {}).setdefault(dtype, []).append(comparison)
    lines = [_HEAD, f"| operator | {' | '.join(TYPES)} | other |", "|---" * (len(TYPES) + 2) + "|"]
    for operator, cells in sorted(rows.items()):
        columns = [_cell(cells.get(dtype, [])) for dtype in TYPES]
        others = sorted(set(cells) - set(TYPES))
        columns.append("; ".join(f"{_cell(cells[dtype])}: {dtype}" for dtype in others))
        lines.append(f"| {operator} | {' | '.join(columns)} |")
    lines += [
        "",
        "(mixed): shared between the types of that row.",
        "",
    ]
    return "\n".join(lines)


def _cell(found: list[Comparison]) -> str:
    if not found:
        return ""
    oracles = sorted({name for c in found for name in c.oracle.split(", ")}, reverse=True)
    mixed = " (mixed)" if any(", " in c.dtype for c in found) else ""
    return f"{sum(c.cases for c in found)} {', '.join(oracles)}{mixed}"


if __name__ == "__main__":
    sys.stdout.write(page())
