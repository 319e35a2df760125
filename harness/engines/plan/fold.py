"""Folds shape arithmetic: operators on constants are computed here, once, instead of on the target.

Converters leave chains like SHAPE -> STRIDED_SLICE -> PACK -> RESHAPE in the graph where the batch
was unknown; with static shapes every link of such a chain is a constant.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, Operator, Quantization, Tensor

Array = npt.NDArray[Any]

MAX_ELEMENTS = 65_536
"""Larger integer constants are data, not shapes."""

_SHAPE_TYPES = (DType.INT32, DType.INT64, DType.BOOL)


def fold_constants(
    operators: Sequence[Operator], tensors: Mapping[int, Tensor]
) -> tuple[tuple[Operator, ...], dict[int, Tensor]]:
    """Compute what depends on constants and static shapes only.

    Args:
        operators: in execution order, so that one pass follows a whole chain.
        tensors: of those operators, by index; those of types that Graph does not know are missing.

    Returns:
        The operators that remain, and the tensors that became constants.
    """
    remaining: list[Operator] = []
    folded: dict[int, Tensor] = {}
    known = ChainMap(folded, dict(tensors))
    for operator in operators:
        found = _fold(operator, known)
        if found is None:
            remaining.append(operator)
        else:
            folded.update({t.index: t for t in found})
    return tuple(remaining), folded


def _fold(operator: Operator, tensors: Mapping[int, Tensor]) -> list[Tensor] | None:
    evaluate = _EVALUATORS.get(operator.kind)
    if evaluate is None or any(i not in tensors for i in (*operator.inputs, *operator.outputs)):
        return None
    inputs = [tensors[i] for i in operator.inputs]
    outputs = [tensors[i] for i in operator.outputs]
    if not _foldable(operator.kind, inputs, outputs):
        return None
    try:
        with np.errstate(all="ignore"):
            values = evaluate(operator.options, inputs, outputs)
    except (ValueError, IndexError, OverflowError, TypeError):
        return None
    if len(values) != len(outputs):
        return None
    done: list[Tensor] = []
    for tensor, value in zip(outputs, values, strict=True):
        if value.shape != tensor.shape:
            return None
        data = np.ascontiguousarray(value, tensor.dtype.numpy).reshape(tensor.shape)
        done.append(replace(tensor, data=data))
    return done


def _foldable(kind: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> bool:
    if kind in _SHAPE_OF:
        return len(inputs) == 1 and all(t.dtype in _SHAPE_TYPES for t in outputs)
    if not inputs or any(t.data is None for t in inputs):
        return False
    if kind in _REQUANTISING:
        return True
    every = (*inputs, *outputs)
    small = sum(t.elements for t in every) <= MAX_ELEMENTS
    return small and all(t.dtype in _SHAPE_TYPES for t in every)


def _data(tensor: Tensor) -> Array:
    if tensor.data is None:
        raise ValueError("not a constant")
    return tensor.data


Evaluator = Callable[[Mapping[str, Any], Sequence[Tensor], Sequence[Tensor]], Sequence[Array]]


def _elementwise(function: Callable[..., Array]) -> Evaluator:
    def evaluate(
        options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
    ) -> Sequence[Array]:
        if options.get("fused_activation_function", "NONE") != "NONE":
            raise ValueError("an activation on a shape")
        # Checked before it is computed: broadcasting can make much out of little.
        if np.broadcast_shapes(*(t.shape for t in inputs)) != outputs[0].shape:
            raise ValueError("the output's shape is another")
        return [np.asarray(function(*(_data(t) for t in inputs)))]

    return evaluate


def _reduction(function: Callable[..., Array]) -> Evaluator:
    def evaluate(
        options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
    ) -> Sequence[Array]:
        axes = tuple(int(a) for a in _data(inputs[1]).ravel())
        return [np.asarray(function(_data(inputs[0]), axis=axes, keepdims=options["keep_dims"]))]

    return evaluate


def _shape(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return [np.array(inputs[0].shape, np.int64)]


def _rank(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return [np.array(len(inputs[0].shape), np.int64)]


def _same_elements(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the declared output shape says it all."""
    return [_data(inputs[0]).reshape(outputs[0].shape)]


def _cast(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return [_data(inputs[0]).astype(outputs[0].dtype.numpy)]


def _concatenation(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return [np.concatenate([_data(t) for t in inputs], axis=options["axis"])]


def _pack(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return [np.stack([_data(t) for t in inputs], axis=options["axis"])]


def _unpack(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    return list(np.moveaxis(_data(inputs[0]), options["axis"], 0))


def _gather(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    if len(inputs[0].shape) != 1 or options["batch_dims"] != 0:
        raise ValueError("not an element of a shape")
    return [np.take(_data(inputs[0]), _data(inputs[1]))]


def _slice(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    data = _data(inputs[0])
    starts, sizes = (_data(t).ravel().tolist() for t in inputs[1:3])
    if min(starts) < 0:
        raise ValueError("a slice starts before the tensor")
    # Size -1 means up to the end.
    ends = [None if n == -1 else s + n for s, n in zip(starts, sizes, strict=True)]
    return [data[tuple(slice(s, e) for s, e in zip(starts, ends, strict=True))]]


def _strided_slice(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    if options["ellipsis_mask"] or options["new_axis_mask"]:
        raise ValueError("not shape arithmetic")
    begins, ends, strides = (_data(t).ravel().tolist() for t in inputs[1:4])
    index: list[int | slice] = []
    for axis, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        bit = 1 << axis
        if options["shrink_axis_mask"] & bit:
            index.append(begin)
            continue
        last = begin + end if options["offset"] else end
        first = None if options["begin_mask"] & bit else begin
        index.append(slice(first, None if options["end_mask"] & bit else last, stride))
    return [np.asarray(_data(inputs[0])[tuple(index)])]


def _quantize(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    source, target = inputs[0], outputs[0]
    if source.dtype is not DType.FLOAT32 or target.dtype not in (DType.INT8, DType.INT16):
        raise ValueError("not a quantisation of a float constant")
    scale, zero_point = _per_tensor(target.quant)
    scaled = _data(source) / scale
    # Rounds half away from zero, as std::round in TFLite's AffineQuantize does.
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + zero_point
    limits = np.iinfo(target.dtype.value.lower())
    return [np.clip(np.nan_to_num(rounded), limits.min, limits.max)]


def _dequantize(
    options: Mapping[str, Any], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Sequence[Array]:
    if outputs[0].dtype is not DType.FLOAT32 or inputs[0].dtype is DType.FLOAT32:
        raise ValueError("not a dequantisation")
    scale, zero_point = _per_tensor(inputs[0].quant)
    return [(_data(inputs[0]).astype(np.float32) - np.float32(zero_point)) * scale]


def _per_tensor(quant: Quantization | None) -> tuple[np.float32, int]:
    if quant is None or quant.per_channel:
        raise ValueError("not quantised per tensor")
    return np.float32(quant.scales[0]), int(quant.zero_points[0])


_SHAPE_OF = ("SHAPE", "RANK")
_REQUANTISING = ("QUANTIZE", "DEQUANTIZE")
_EVALUATORS: Mapping[str, Evaluator] = {
    "SHAPE": _shape,
    "RANK": _rank,
    "RESHAPE": _same_elements,
    "SQUEEZE": _same_elements,
    "EXPAND_DIMS": _same_elements,
    "CAST": _cast,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "GATHER": _gather,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "ADD": _elementwise(np.add),
    "SUB": _elementwise(np.subtract),
    "MUL": _elementwise(np.multiply),
    "MAXIMUM": _elementwise(np.maximum),
    "MINIMUM": _elementwise(np.minimum),
    "NEG": _elementwise(np.negative),
    "REDUCE_PROD": _reduction(np.prod),
    "REDUCE_MAX": _reduction(np.max),
    "REDUCE_MIN": _reduction(np.min),
    "SUM": _reduction(np.sum),
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
}
