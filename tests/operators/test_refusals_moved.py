"""Hostile axes, masks, sizes and scales of the operators that move, compare or look up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.lower import lower
from tests.operators.test_refusals import _graph, _quant, _refused, _with_options, _with_tensor


def _with_constant(graph: Graph, position: int, values: Any, dtype: type = np.int32) -> Graph:
    """The constant input there holds other values."""
    data = np.array(values, dtype)
    index = graph.operators[0].inputs[position]
    kind = DType(data.dtype.name.upper())
    return _with_tensor(graph, index, data=data, shape=data.shape, dtype=kind)


def _operator(kind: str, shapes: list[tuple[int, ...]], outputs: int = 1, **options: Any) -> Graph:
    """One operator on int8 tensors of these shapes, inputs first; all with the scale 0.5."""
    tensors = {
        i: Tensor(i, f"t{i}", DType.INT8, shape, _quant(0.5)) for i, shape in enumerate(shapes)
    }
    count = len(shapes) - outputs
    inputs, results = tuple(range(count)), tuple(range(count, len(shapes)))
    operator = Operator(0, kind, inputs, results, options)
    return Graph("m", bytes(32), tensors, (operator,), inputs, results)


AXIS_INPUTS = {"SPLIT": 0, "SPLIT_V": 2, "EXPAND_DIMS": 1, "ARG_MAX": 1, "ARG_MIN": 1}


@pytest.mark.parametrize("kind", sorted(AXIS_INPUTS))
@pytest.mark.parametrize("axis", [-9, 9, 2**31 - 1, -(2**31)])
def test_axis_that_is_an_input(kind: str, axis: int) -> None:
    position = AXIS_INPUTS[kind]
    _refused(_with_constant(_graph(kind), position, axis), "axis")
    _refused(_with_constant(_graph(kind), position, [0, 1]), "axes")
    index = _graph(kind).operators[0].inputs[position]
    _refused(_with_tensor(_graph(kind), index, data=None), "constant")


@pytest.mark.parametrize("kind", ["CONCATENATION", "PACK", "UNPACK"])
@pytest.mark.parametrize("axis", [-9, 9, 2**31 - 1, None, "x"])
def test_axis_that_is_an_option(kind: str, axis: Any) -> None:
    _refused(_with_options(_graph(kind), axis=axis), "axis")


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ("SPLIT", "num_splits"),
        ("SPLIT_V", "num_splits"),
        ("UNPACK", "num"),
        ("PACK", "values_count"),
    ],
)
def test_count_of_parts(kind: str, option: str) -> None:
    for count in (0, -1, 77, 2**31 - 1):
        _refused(_with_options(_graph(kind), **{option: count}), option)


def test_parts_that_do_not_add_up() -> None:
    _refused(_operator("CONCATENATION", [(2, 3), (2, 4), (2, 8)], axis=1), "8 elements")
    _refused(_operator("CONCATENATION", [(2, 3), (3, 4), (2, 7)], axis=1), "shape")
    _refused(_operator("CONCATENATION", [(2, 3), (7,), (2, 7)], axis=1), "dimensions")


def test_parts_of_another_scale() -> None:
    graph = _operator("CONCATENATION", [(2, 3), (2, 4), (2, 7)], axis=1)
    assert len(lower(graph).steps) == 2
    _refused(_with_tensor(graph, 1, quant=_quant(0.25)), "differently")
    for index in (0, 1, 2):
        graph = _with_tensor(graph, index, dtype=DType.INT16, quant=_quant(0.5 + index))
    assert len(lower(graph).steps) == 2
    for index in (0, 1, 2):
        _refused(_with_tensor(graph, index, quant=_quant(0.5, 1)), "zero point")
    _refused(_with_options(graph, fused_activation_function="RELU"), "fused")


@pytest.mark.parametrize("sizes", [[1], [-2] * 9, [0] * 9, [2**31 - 1] * 9])
def test_sizes_of_split_v(sizes: list[int]) -> None:
    _refused(_with_constant(_graph("SPLIT_V"), 1, sizes), "sizes")


@pytest.mark.parametrize("values", [[-1], [99], [2**31 - 1], [-(2**31)], [2**63 - 1], [-(2**63)]])
def test_slice_leaves_its_input(values: list[int]) -> None:
    graph = _operator("SLICE", [(4,), (1,), (1,), (2,)])
    for position, others in ((1, [2]), (2, [1])):
        hostile = _with_constant(graph, position, values, np.int64)
        other = 3 - position
        if (position, values) != (2, [-1]):  # that one means: up to the end
            _refused(_with_constant(hostile, other, others, np.int64))
    _refused(_with_constant(_with_constant(graph, 1, [0, 0]), 2, [2]), "elements")


def _strided(begin: int, end: int, stride: int, out: tuple[int, ...], **masks: int) -> Graph:
    options: dict[str, Any] = dict.fromkeys(
        ("begin_mask", "end_mask", "shrink_axis_mask", "ellipsis_mask", "new_axis_mask"), 0
    )
    graph = _operator("STRIDED_SLICE", [(4,), (1,), (1,), (1,), out], **options | masks)
    for position, value in ((1, begin), (2, end), (3, stride)):
        graph = _with_constant(graph, position, [value])
    return graph


def test_strided_slice() -> None:
    assert lower(_strided(3, -9, -1, (4,))).steps
    _refused(_strided(0, 4, 0, (4,)), "stride")
    _refused(_strided(2, 2, 1, (1,)), "empty")
    _refused(_strided(0, 4, -1, (4,)), "empty")
    _refused(_strided(4, 5, 1, (), shrink_axis_mask=1), "out of range")
    _refused(_strided(-9, 5, -1, (), shrink_axis_mask=1), "out of range")
    _refused(_strided(0, 4, 1, (1, 4), new_axis_mask=1), "0 elements for 1 dimensions")
    _refused(_with_options(_strided(0, 4, 1, (4,)), offset=True), "count from the begin")
    _refused(_strided(-(2**31), 2**31 - 1, 2**31 - 1, (2,)), "shape")
    _refused(_with_constant(_strided(0, 4, 1, (4,)), 1, [0], np.int64), "INT64")
    _refused(_with_constant(_strided(0, 4, 1, (4,)), 2, [4, 4]), "have 1, 2, 1 elements")


def test_strided_slice_with_an_ellipsis_or_a_new_axis() -> None:
    assert lower(_strided(0, 4, 1, (4,), ellipsis_mask=1)).steps
    # TFLM, to which the mask says nothing, would turn the elements round.
    _refused(_strided(3, -9, -1, (4,), ellipsis_mask=1), "TFLM ignores")
    two = _strided(0, 4, 1, (4,), ellipsis_mask=2)
    for position in (1, 2, 3):
        two = _with_constant(two, position, [1, 1])
    _refused(two, "no dimension")
    _refused(_with_options(two, ellipsis_mask=3), "2 bits")
    # An ellipsis is no new axis, even where both bits are set.
    assert lower(_strided(0, 4, 1, (4,), ellipsis_mask=1, new_axis_mask=1)).steps


@pytest.mark.parametrize("order", [[0], [0, 0, 0], [0, 1, 3], [-1, 0, 1], [0, 1, 2**31 - 1]])
def test_transpose_order(order: list[int]) -> None:
    graph = _operator("TRANSPOSE", [(2, 3, 4), (3,), (2, 3, 4)])
    _refused(_with_constant(graph, 1, order), "order")


def test_transpose_of_too_many_dimensions() -> None:
    graph = _operator("TRANSPOSE", [(2,) * 8, (8,), (2,) * 8])
    _refused(_with_constant(graph, 1, [7, 6, 5, 4, 3, 2, 1, 0]), "8 dimensions")
    assert lower(_with_constant(graph, 1, [4, 5, 6, 7, 0, 1, 2, 3])).steps


@pytest.mark.parametrize("kind", ["DEPTH_TO_SPACE", "SPACE_TO_DEPTH"])
def test_block_size(kind: str) -> None:
    for size in (0, -1, 5, 2**31 - 1):
        _refused(_with_options(_graph(kind), block_size=size))
    _refused(_operator(kind, [(2, 4), (2, 4)], block_size=1), "dimensions")


@pytest.mark.parametrize("kind", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
def test_resize(kind: str) -> None:
    for size in ([0, 0], [-1, 1], [2**31 - 1, 2**31 - 1], [2], [2, 2, 2]):
        _refused(_with_constant(_graph(kind), 1, size))
    huge = _operator(kind, [(1, 1, 1, 1), (2,), (1, 1 << 15, 1, 1)])
    _refused(_with_constant(huge, 1, [1 << 15, 1]), "too high")


def test_bilinear_enlargement_beyond_its_precision() -> None:
    graph = _operator("RESIZE_BILINEAR", [(1, 1, 1, 1), (2,), (1, 2048, 1, 1)])
    _refused(_with_constant(graph, 1, [2048, 1]), "precision")
    both = _with_options(_graph("RESIZE_BILINEAR"), align_corners=True, half_pixel_centers=True)
    _refused(both, "exclude")


@pytest.mark.parametrize("dims", [(9,), (-9,), (0,), (2**31 - 1,)])
def test_squeeze_dims(dims: tuple[int, ...]) -> None:
    _refused(_operator("SQUEEZE", [(2, 1, 3), (2, 3)], squeeze_dims=dims))


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
def test_scales_that_tables_cannot_serve(kind: str) -> None:
    graph = _graph(kind)
    source, output = graph.operators[0].inputs[0], graph.operators[0].outputs[0]
    _refused(_with_tensor(graph, source, quant=_quant(1e-12)), "too small")
    _refused(_with_tensor(graph, output, quant=_quant(0.5)), "instead of")
    _refused(_with_tensor(graph, output, quant=_quant(2.0**-8, 5)), "instead of")


def _int16(kind: str, **options: Any) -> Graph:
    graph = _operator(kind, [(4,), (4,)], **options)
    for index in (0, 1):
        quant = _quant(2.0**-15)
        graph = _with_tensor(graph, index, dtype=DType.INT16, quant=quant)
    return graph


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
def test_int16_sigmoids(kind: str) -> None:
    assert lower(_int16(kind)).steps
    _refused(_with_tensor(_int16(kind), 0, quant=_quant(2.0**-12, 1)), "zero point")
    _refused(_with_tensor(_int16(kind), 0, quant=_quant(8.0)), "too large")
    _refused(_with_tensor(_int16(kind), 1, quant=_quant(2.0**-14)), "instead of")


def test_other_scales_out_of_range() -> None:
    _refused(_with_tensor(_operator("HARD_SWISH", [(4,), (4,)]), 1, quant=_quant(1e-5)), "1/128")
    _refused(_with_tensor(_operator("ELU", [(4,), (4,)]), 1, quant=_quant(1e-30)), "far apart")
    leaky = _operator("LEAKY_RELU", [(4,), (4,)], alpha=float("inf"))
    _refused(leaky, "alpha")
    _refused(_with_tensor(_int16("LEAKY_RELU", alpha=0.1), 1, quant=_quant(1e-30)), "factor")


def test_what_the_reference_would_cut_off_or_run_over() -> None:
    pool = _operator("MAX_POOL_2D", [(1, 4, 4, 1), (1, 4, 4, 1)], padding="SAME")
    pool = _with_options(pool, filter_width=1, filter_height=1, stride_w=1, stride_h=1)
    assert lower(pool).steps
    for option in ("filter_width", "stride_h"):
        _refused(_with_options(pool, **{option: 0x8000}), f"{option} is 32768")
    _refused(_with_tensor(_operator("RELU", [(4,), (4,)]), 0, quant=_quant(1e-31)), "run over")


def test_int16_products_have_no_zero_points() -> None:
    graph = _operator("MUL", [(4,), (4,), (4,)], fused_activation_function="NONE")
    for index in (0, 1, 2):
        graph = _with_tensor(graph, index, dtype=DType.INT16)
    assert lower(graph).steps
    for index in (0, 1, 2):
        _refused(_with_tensor(graph, index, quant=_quant(0.5, 1)), "zero point")


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_int32_with_a_scale(kind: str) -> None:
    graph = _operator(kind, [(4,), (4,), (4,)], fused_activation_function="NONE")
    for index in (0, 1, 2):
        graph = _with_tensor(graph, index, dtype=DType.INT32)
    _refused(graph, "int32 with a scale")


@pytest.mark.parametrize("kind", ["REDUCE_MAX", "REDUCE_MIN"])
def test_comparisons_of_different_scales(kind: str) -> None:
    graph = _graph(kind)
    output = graph.operators[0].outputs[0]
    _refused(_with_tensor(graph, output, quant=_quant(123.0)), "differently")


def test_sums_that_overflow() -> None:
    for dtype, count in ((DType.INT8, 1 << 23), (DType.INT16, 1 << 15)):
        graph = _operator("SUM", [(count,), (1,), ()], keep_dims=False)
        for index in (0, 2):
            graph = _with_tensor(graph, index, dtype=dtype)
        _refused(_with_constant(graph, 1, [0]), "too long")


def test_mixed_types() -> None:
    changes: list[Callable[[Graph], Graph]] = [
        lambda graph: _with_tensor(graph, 1, dtype=DType.INT16),
        lambda graph: _with_tensor(graph, 2, dtype=DType.INT16),
    ]
    for kind in ("SUB", "MUL", "MAXIMUM", "PACK", "CONCATENATION"):
        shapes = [(4,), (4,), (2, 4) if kind == "PACK" else (8,) if "CON" in kind else (4,)]
        graph = _operator(kind, shapes, axis=0, values_count=2)
        assert lower(graph).steps
        for change in changes:
            _refused(change(graph), "type")


def test_constant_outputs() -> None:
    graph = _operator("UNPACK", [(2, 3), (3,), (3,)], outputs=2, num=2, axis=0)
    assert len(lower(graph).steps) == 2
    tensors = {**graph.tensors, 2: replace(graph.tensors[2], data=np.zeros(3, np.int8))}
    _refused(replace(graph, tensors=tensors), "constant")
