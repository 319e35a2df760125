"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def resize_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    n, h, w, c = (int(v) for v in rng.integers(1, (3, 9, 9, 5)))
    size = rng.integers(1, 18, 2).astype(np.int32)
    if rng.integers(3) == 0:  # the usual case
        size = np.array([2 * h, 2 * w], np.int32)
    mode = int(rng.integers(3))
    if kind == "RESIZE_NEAREST_NEIGHBOR" and rng.integers(4) == 0:
        mode = 3  # both, which the other operator refuses
    quant = {"scale": float(randoms.scale(rng)), "zero_point": randoms.zero_point(rng)}
    if dtype == "INT16":
        quant["zero_point"] = 0
    b = ModelBuilder("resize")
    x = b.tensor("x", (n, h, w, c), dtype, **quant)
    s = b.constant("size", size)
    if rng.integers(4) == 0:  # which changes nothing
        quant = quant | {"scale": float(randoms.scale(rng))}
    y = b.tensor("y", (n, int(size[0]), int(size[1]), c), dtype, **quant)
    options = {"align_corners": bool(mode & 1), "half_pixel_centers": bool(mode & 2)}
    if kind == "RESIZE_BILINEAR":
        options |= {"new_height": 0, "new_width": 0}
    b.operator(kind, [x, s], [y], **options)
    return b.build([x], [y]), [[a] for a in randoms.batch(rng, (n, h, w, c), dtype.lower())[:2]]


COMPARISONS = (
    *(
        Comparison(
            "RESIZE_NEAREST_NEIGHBOR",
            dtype.lower(),
            partial(resize_case, kind="RESIZE_NEAREST_NEIGHBOR", dtype=dtype),
            140 + d,
        )
        for d, dtype in enumerate(("INT8", "INT16"))
    ),
    Comparison(
        "RESIZE_BILINEAR", "int8", partial(resize_case, kind="RESIZE_BILINEAR", dtype="INT8"), 142
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_resize(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
