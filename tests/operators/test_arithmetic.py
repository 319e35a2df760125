"""ADD, SUB, MUL, MAXIMUM and MINIMUM against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _shapes(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Of output and inputs, which often broadcast: extents of 1, or leading ones missing."""
    out = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 6)))
    if not rng.integers(3):
        return out, out, out
    broadcast = rng.integers(0, 3, len(out))
    shapes = [
        tuple(1 if broadcast[i] == which else n for i, n in enumerate(out)) for which in (1, 2)
    ]
    which = int(rng.integers(2))
    while len(shapes[which]) > 1 and shapes[which][0] == 1 and rng.integers(2):
        shapes[which] = shapes[which][1:]
    return out, shapes[0], shapes[1]


def _case(
    rng: np.random.Generator,
    kind: str,
    dtype: str,
    quants: list[dict[str, object]],
    **options: object,
) -> Case:
    """`quants`: of the inputs and the output."""
    out, *shapes = _shapes(rng)
    b = ModelBuilder(kind.lower())
    x = [b.tensor(f"x{i}", shapes[i], dtype, **quants[i]) for i in range(2)]
    y = b.tensor("y", out, dtype, **quants[2])
    b.operator(kind, x, [y], **options)
    first, second = (randoms.batch(rng, shape, dtype.lower()) for shape in shapes)
    order = rng.permutation(len(first))[:3]
    return b.build(x, [y]), [[first[i], second[j]] for i, j in enumerate(order)]


def add_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    """ADD and SUB with a scale."""
    scales = [randoms.scale(rng), randoms.scale(rng)]
    if rng.integers(4) == 0:
        scales[1] = np.float32(scales[0] * np.float32(2.0 ** rng.uniform(-40, -20)))
    # Factors of 2^20 (int8) or 2^15 (int16) and more are beyond the operator's fixed point.
    scales.append(np.float32(float(max(scales)) / 2.0 ** rng.uniform(-12, 12)))
    quants = [
        {"scale": float(s), "zero_point": randoms.zero_point(rng, dtype.lower())} for s in scales
    ]
    activation = str(rng.choice(randoms.ACTIVATIONS))
    return _case(rng, kind, dtype, quants, fused_activation_function=activation)


def mul_case(rng: np.random.Generator, dtype: str) -> Case:
    first, second = randoms.scale(rng), randoms.scale(rng)
    ratio = randoms.ratio(rng)
    if dtype == "INT16":  # products of 31 bits leave no room for factors above one
        ratio = min(ratio, 1.0)
    output = np.float32(float(first) * float(second) / ratio)
    quants = [
        {
            "scale": float(scale),
            "zero_point": randoms.zero_point(rng) if dtype == "INT8" else 0,
        }
        for scale in (first, second, max(output, np.float32(1e-8)))
    ]
    activation = str(rng.choice(randoms.ACTIVATIONS))
    return _case(rng, "MUL", dtype, quants, fused_activation_function=activation)


def int32_case(rng: np.random.Generator, kind: str) -> Case:
    activation = str(rng.choice(randoms.ACTIVATIONS))
    return _case(rng, kind, "INT32", [{}] * 3, fused_activation_function=activation)


def extremum_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    """Half the time of three scales, which nobody looks at, or of none."""
    quants: list[dict[str, object]] = [
        {"scale": float(randoms.scale(rng)), "zero_point": randoms.zero_point(rng, dtype.lower())}
        for _ in range(3)
    ]
    if rng.integers(2):
        quants = [{} if dtype == "INT32" or not rng.integers(4) else quants[0]] * 3
    return _case(rng, kind, dtype, quants)


COMPARISONS = (
    Comparison("ADD", "int16", partial(add_case, kind="ADD", dtype="INT16"), 40),
    Comparison("ADD", "int32", partial(int32_case, kind="ADD"), 41),
    Comparison("SUB", "int8", partial(add_case, kind="SUB", dtype="INT8"), 42),
    Comparison("SUB", "int16", partial(add_case, kind="SUB", dtype="INT16"), 43),
    Comparison("SUB", "int32", partial(int32_case, kind="SUB"), 44),
    Comparison("MUL", "int8", partial(mul_case, dtype="INT8"), 45),
    Comparison("MUL", "int16", partial(mul_case, dtype="INT16"), 46),
    Comparison("MUL", "int32", partial(int32_case, kind="MUL"), 47),
    *(
        Comparison(
            kind, dtype.lower(), partial(extremum_case, kind=kind, dtype=dtype), 48 + 3 * k + d
        )
        for k, kind in enumerate(("MAXIMUM", "MINIMUM"))
        for d, dtype in enumerate(("INT8", "INT16", "INT32"))
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_arithmetic(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
