"""Operators that move data, against the oracle: every element is told apart from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest

from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from harness.errors import UnsupportedModelError
from models.tflite.writer import ModelBuilder
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison

Shape = tuple[int, ...]


def _shape(rng: np.random.Generator, low: int, high: int, size: int = 6) -> Shape:
    """low ... high - 1 dimensions."""
    return tuple(int(n) for n in rng.integers(1, size, rng.integers(low, high)))


def _array(rng: np.random.Generator, shape: Shape, dtype: str) -> np.ndarray:
    info = np.iinfo(dtype.lower())
    return rng.integers(info.min, info.max, shape, dtype.lower(), endpoint=True)


def _case(
    rng: np.random.Generator,
    kind: str,
    dtype: str,
    inputs: Sequence[Shape],
    outputs: Sequence[Shape],
    constants: Sequence[np.ndarray] = (),
    *,
    data_first: bool = True,
    scales: Sequence[float] = (),
    **options: object,
) -> Case:
    """All tensors of one type, and of one scale unless `scales` tells those of inputs and outputs;
    `constants` are the operator's other inputs.
    """
    count = len(inputs) + len(outputs)
    quants: list[dict[str, object]] = [{} if dtype == "INT32" else {"scale": 0.5}] * count
    if len(scales):
        quants = [{"scale": float(scale)} for scale in scales]
    b = ModelBuilder(kind.lower())
    x = [b.tensor(f"x{i}", shape, dtype, **quants[i]) for i, shape in enumerate(inputs)]
    c = [b.constant(f"c{i}", array) for i, array in enumerate(constants)]
    y = [
        b.tensor(f"y{i}", shape, dtype, **quants[len(inputs) + i])
        for i, shape in enumerate(outputs)
    ]
    b.operator(kind, x + c if data_first else c + x, y, **options)
    return b.build(x, y), [[_array(rng, shape, dtype) for shape in inputs] for _ in range(2)]


def _axis(rng: np.random.Generator, rank: int) -> tuple[int, int]:
    """A dimension, as a model may write it (from the front or the end) and from the front."""
    axis = int(rng.integers(rank))
    return int(rng.choice([axis, axis - rank])), axis


def _with(shape: Shape, axis: int, extent: int) -> Shape:
    return (*shape[:axis], extent, *shape[axis + 1 :])


def squeeze_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = tuple(int(n) for n in rng.choice([1, 1, 2, 3, 4], rng.integers(1, 6)))
    ones = [i for i, n in enumerate(shape) if n == 1]
    dims = [i for i in ones if rng.integers(2)]
    gone = dims or ones
    written = tuple(int(rng.choice([i, i - len(shape)])) for i in dims)
    out = tuple(n for i, n in enumerate(shape) if i not in gone)
    return _case(rng, "SQUEEZE", dtype, [shape], [out], squeeze_dims=written)


def expand_dims_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 5)
    written, axis = _axis(rng, len(shape) + 1)
    out = (*shape[:axis], 1, *shape[axis:])
    return _case(rng, "EXPAND_DIMS", dtype, [shape], [out], [np.array(written, np.int32)])


def concatenation_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 6)
    written, axis = _axis(rng, len(shape))
    extents = [int(n) for n in rng.integers(1, 5, rng.integers(1, 8))]
    inputs = [_with(shape, axis, n) for n in extents]
    out = _with(shape, axis, sum(extents))
    scales = rng.uniform(0.1, 1, len(inputs) + 1) if dtype == "INT16" and rng.integers(2) else ()
    return _case(rng, "CONCATENATION", dtype, inputs, [out], scales=scales, axis=written)


def pack_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 5)
    written, axis = _axis(rng, len(shape) + 1)
    count = int(rng.integers(1, 6))
    out = (*shape[:axis], count, *shape[axis:])
    return _case(rng, "PACK", dtype, [shape] * count, [out], values_count=count, axis=written)


def unpack_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 2, 6)
    written, axis = _axis(rng, len(shape))
    out = (*shape[:axis], *shape[axis + 1 :])
    return _case(rng, "UNPACK", dtype, [shape], [out] * shape[axis], num=shape[axis], axis=written)


def split_case(rng: np.random.Generator, dtype: str) -> Case:
    part = _shape(rng, 1, 6)
    written, axis = _axis(rng, len(part))
    count = int(rng.integers(1, 6))
    return _case(
        rng,
        "SPLIT",
        dtype,
        [_with(part, axis, part[axis] * count)],
        [part] * count,
        [np.array(written, np.int32)],
        data_first=False,
        num_splits=count,
    )


def split_v_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 6)
    written, axis = _axis(rng, len(shape))
    sizes = rng.integers(1, 5, rng.integers(1, 6)).astype(np.int32)
    listed = sizes.copy()
    if rng.integers(2):
        listed[rng.integers(len(sizes))] = -1
    return _case(
        rng,
        "SPLIT_V",
        dtype,
        [_with(shape, axis, int(sizes.sum()))],
        [_with(shape, axis, int(n)) for n in sizes],
        [listed, np.array(written, np.int32)],
        num_splits=len(sizes),
    )


def slice_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 6, 8)
    begins = [int(rng.integers(n)) for n in shape]
    extents = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begins, strict=True)]
    sizes = [
        -1 if b + e == n and rng.integers(2) else e
        for n, b, e in zip(shape, begins, extents, strict=True)
    ]
    kind = np.int64 if rng.integers(4) == 0 else np.int32
    constants = [np.array(begins, kind), np.array(sizes, kind)]
    return _case(rng, "SLICE", dtype, [shape], [tuple(extents)], constants)


def strided_slice_case(rng: np.random.Generator, dtype: str) -> Case:
    """NumPy's own slicing tells the shape of the output."""
    while True:
        shape = _shape(rng, 1, 5, 9)
        begins, ends, steps = (
            [int(rng.integers(-n - 2, n + 3)) for n in shape],
            [int(rng.integers(-n - 2, n + 3)) for n in shape],
            [int(rng.choice([1, 1, 2, 3, -1, -2])) for _ in shape],
        )
        open_begins, open_ends, shrunk = (rng.integers(0, 2, len(shape)) for _ in range(3))
        index: list[int | slice] = []
        for axis, n in enumerate(shape):
            if shrunk[axis]:
                steps[axis], open_begins[axis] = 1, 0
                begins[axis] = int(rng.integers(-n, n))
                index.append(begins[axis])
                continue
            first = None if open_begins[axis] else begins[axis]
            last = None if open_ends[axis] else ends[axis]
            index.append(slice(first, last, steps[axis]))
        out = np.empty(shape)[tuple(index)].shape
        if 0 not in out:
            break
    masks = {
        f"{name}_mask": int(sum(1 << i for i, bit in enumerate(bits) if bit))
        for name, bits in (
            ("begin", open_begins),
            ("end", open_ends),
            ("shrink_axis", shrunk),
        )
    }
    constants = [np.array(values, np.int32) for values in (begins, ends, steps)]
    return _case(rng, "STRIDED_SLICE", dtype, [shape], [out], constants, **masks)


def masked_strided_slice_case(rng: np.random.Generator, dtype: str) -> Case:
    """With an ellipsis, new axes or both; TFLM runs those few that read the same without the masks."""
    while True:
        drawn = _masked_index(rng)
        if drawn is not None:
            shape, out, constants, masks = drawn
            data, batch = _case(rng, "STRIDED_SLICE", dtype, [shape], [out], constants, **masks)
            try:
                lower(import_model(data, "case"))
            except UnsupportedModelError as error:
                assert "TFLM ignores" in str(error)
                continue
            return data, batch


def _masked_index(
    rng: np.random.Generator,
) -> tuple[Shape, Shape, list[np.ndarray], dict[str, int]] | None:
    """Shapes of input and output (NumPy's), begin, end and stride, and masks; None if nothing is taken."""
    shape = _shape(rng, 1, 5, 5)
    rank = len(shape)
    left = int(rng.integers(rank))
    gone = int(rng.integers(1, rank - left + 1)) if rng.integers(2) else 0
    spec: list[int | str] = [*range(left), *(["..."] if gone else []), *range(left + gone, rank)]
    for _ in range(int(rng.integers(0 if gone else 1, 6 - rank))):
        spec.insert(int(rng.integers(len(spec) + 1)), "new")
    index: list[object] = []
    rows: list[tuple[int, int, int]] = []
    masks = dict.fromkeys(_MASKS, 0)
    for position, entry in enumerate(spec):
        opened = {name: int(rng.integers(2)) << position for name in ("begin_mask", "end_mask")}
        if isinstance(entry, str):
            masks["ellipsis_mask" if entry == "..." else "new_axis_mask"] |= 1 << position
            index.append(... if entry == "..." else None)
            rows.append((0, int(rng.integers(2)), 1))
            opened = opened if rng.integers(2) else {}
        elif rng.integers(4) == 0:
            at = int(rng.integers(-shape[entry], shape[entry]))
            masks["shrink_axis_mask"] |= 1 << position
            index.append(at)
            rows.append((at, at + 1, 1))
            opened = {}
        else:
            begin, end = (int(n) for n in rng.integers(-shape[entry] - 1, shape[entry] + 2, 2))
            step = int(rng.choice([1, 1, 2, -1, -2]))
            index.append(
                slice(
                    None if opened["begin_mask"] else begin,
                    None if opened["end_mask"] else end,
                    step,
                )
            )
            rows.append((begin, end, step))
        for name, bit in opened.items():
            masks[name] |= bit
    out = np.empty(shape)[tuple(index)].shape  # type: ignore[index]
    if not rows or 0 in out or len(out) > 5:
        return None
    return shape, out, [np.array(column, np.int32) for column in zip(*rows, strict=True)], masks


def transpose_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = _shape(rng, 1, 6)
    order = rng.permutation(len(shape)).astype(np.int32)
    return _case(rng, "TRANSPOSE", dtype, [shape], [tuple(shape[i] for i in order)], [order])


def depth_to_space_case(rng: np.random.Generator, dtype: str) -> Case:
    n, h, w, c, block = (int(v) for v in rng.integers(1, (3, 5, 5, 5, 4)))
    source, out = (n, h, w, c * block**2), (n, h * block, w * block, c)
    return _case(rng, "DEPTH_TO_SPACE", dtype, [source], [out], block_size=block)


def space_to_depth_case(rng: np.random.Generator, dtype: str) -> Case:
    n, h, w, c, block = (int(v) for v in rng.integers(1, (3, 5, 5, 5, 4)))
    source, out = (n, h * block, w * block, c), (n, h, w, c * block**2)
    return _case(rng, "SPACE_TO_DEPTH", dtype, [source], [out], block_size=block)


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
Maker = Callable[[np.random.Generator, str], Case]
# The oracle of int8, int16 and int32: TFLM lacks some types that LiteRT's reference kernels have.
_OPERATORS: tuple[tuple[str, Maker, tuple[str, ...]], ...] = (
    ("SQUEEZE", squeeze_case, ("TFLM", "TFLM", "TFLM")),
    ("EXPAND_DIMS", expand_dims_case, ("TFLM", "TFLM", "LiteRT")),
    ("CONCATENATION", concatenation_case, ("TFLM", "TFLM", "TFLM")),
    ("PACK", pack_case, ("TFLM", "TFLM", "TFLM")),
    ("UNPACK", unpack_case, ("TFLM", "TFLM", "TFLM")),
    ("SPLIT", split_case, ("TFLM", "TFLM", "TFLM")),
    ("SPLIT_V", split_v_case, ("TFLM", "TFLM", "TFLM")),
    ("SLICE", slice_case, ("TFLM", "TFLM", "TFLM")),
    ("STRIDED_SLICE", strided_slice_case, ("TFLM", "TFLM", "TFLM")),
    ("TRANSPOSE", transpose_case, ("TFLM", "TFLM", "LiteRT")),
    ("DEPTH_TO_SPACE", depth_to_space_case, ("TFLM", "", "LiteRT")),
    ("SPACE_TO_DEPTH", space_to_depth_case, ("TFLM", "", "LiteRT")),
)
COMPARISONS = (
    *(
        Comparison(
            kind, dtype.lower(), partial(maker, dtype=dtype), 100 + 3 * k + d, oracle=oracles[d]
        )
        for k, (kind, maker, oracles) in enumerate(_OPERATORS)
        for d, dtype in enumerate(("INT8", "INT16", "INT32"))
        if oracles[d]
    ),
    *(
        Comparison(
            "STRIDED_SLICE",
            dtype.lower(),
            partial(masked_strided_slice_case, dtype=dtype),
            310 + d,
            oracle="TFLM, LiteRT",
        )
        for d, dtype in enumerate(("INT8", "INT16", "INT32"))
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_movement(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
