"""Checks one tensor of a .tflite file and makes a typed one of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, Quantization, State, Tensor
from harness.errors import ModelFileError, UnsupportedModelError
from harness.tflite.reader import QuantizationRecord, TensorRecord

MAX_RANK = 8
MAX_TENSOR_BYTES = 2**31 - 1

_QUANTISED = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64)


def typed_tensor(
    index: int, record: TensorRecord, buffers: Sequence[memoryview | None]
) -> Tensor | None:
    """Return the tensor with its data (a read-only view of the file), None for a type Graph lacks.

    Args:
        index: of the tensor in its subgraph.
        record: as read.
        buffers: of the file.

    Raises:
        ModelFileError: shape, quantisation or data contradict each other.
        UnsupportedModelError: valid, but of a form that nothing here can run.
    """
    if record.type not in DType.__members__:
        return None
    dtype = DType[record.type]
    where = f"tensor {index} ('{record.name}')"
    _check_shape(record, dtype, where)
    if record.is_sparse:
        raise UnsupportedModelError(
            "sparse tensor; convert the model without sparsity", where=where
        )
    if record.external_buffer:
        raise UnsupportedModelError("its data lies in another file", where=where)
    quant = _quantization(record, dtype, where)
    data = _data(record, dtype, buffers, where)
    if record.is_variable and data is not None:
        raise ModelFileError("corrupt file: a variable with constant data", where=where)
    return Tensor(
        index=index,
        name=record.name,
        dtype=dtype,
        shape=record.shape,
        quant=quant,
        data=data,
        # ResetTensorData looks at the zero point of int8 alone.
        state=initial_state(quant if dtype is DType.INT8 else None) if record.is_variable else None,
    )


def initial_state(quant: Quantization | None) -> State:
    """Return what TFLM gives a variable at first: every byte the zero point's lowest (ResetTensorData)."""
    return State(fill=int(quant.zero_points[0]) & 0xFF if quant is not None else 0)


def _check_shape(record: TensorRecord, dtype: DType, where: str) -> None:
    if len(record.shape) > MAX_RANK:
        raise UnsupportedModelError(
            f"{len(record.shape)} dimensions; at most {MAX_RANK} can be run", where=where
        )
    if any(extent <= 0 for extent in record.shape):
        shape = "x".join(str(e) for e in record.shape)
        raise UnsupportedModelError(f"shape {shape} is not static and positive", where=where)
    size = dtype.size_bytes
    for extent in record.shape:
        size *= extent
    if size > MAX_TENSOR_BYTES:
        raise UnsupportedModelError(f"{size:,} bytes; at most 2 GiB can be run", where=where)
    if record.shape_signature and len(record.shape_signature) != len(record.shape):
        raise ModelFileError("corrupt file: shape and shape_signature differ in rank", where=where)


def _quantization(record: TensorRecord, dtype: DType, where: str) -> Quantization | None:
    stored = record.quantization
    if stored is None or dtype not in _QUANTISED:
        return None
    if stored.details:
        raise UnsupportedModelError("blockwise or custom quantisation", where=where)
    count = len(stored.scale)
    if count == 0:
        return None
    if not np.all(np.isfinite(stored.scale) & (stored.scale > 0)):
        raise ModelFileError("corrupt file: a scale is not finite and positive", where=where)
    axis = stored.quantized_dimension if count > 1 else 0
    if len(record.shape) == 1:
        axis = 0  # converters give a bias the axis of its filter
    if count > 1 and (not 0 <= axis < len(record.shape) or record.shape[axis] != count):
        shape = "x".join(str(e) for e in record.shape)
        raise ModelFileError(
            f"corrupt file: {count} scales for axis {axis} of shape {shape}", where=where
        )
    return Quantization(stored.scale, _zero_points(stored, count, dtype, where), axis)


def _zero_points(
    stored: QuantizationRecord, count: int, dtype: DType, where: str
) -> npt.NDArray[np.int64]:
    given = stored.zero_point
    if len(given) not in (0, 1, count):
        raise ModelFileError(
            f"corrupt file: {len(given)} zero points for {count} scales", where=where
        )
    limits = np.iinfo(dtype.value.lower())
    if np.any((given < limits.min) | (given > limits.max)):
        raise ModelFileError(f"corrupt file: a zero point is outside {dtype.value}", where=where)
    if len(given) == 0:
        raise UnsupportedModelError(
            "scales without zero points, which TFLM takes for no quantisation", where=where
        )
    return np.broadcast_to(given, (count,)).astype(np.int64)


def _data(
    record: TensorRecord, dtype: DType, buffers: Sequence[memoryview | None], where: str
) -> npt.NDArray[np.generic] | None:
    if record.buffer >= len(buffers):
        raise ModelFileError(f"corrupt file: buffer {record.buffer} of {len(buffers)}", where=where)
    buffer = buffers[record.buffer]
    if buffer is None:
        return None
    need = dtype.size_bytes
    for extent in record.shape:
        need *= extent
    if len(buffer) != need:
        raise ModelFileError(
            f"corrupt file: {len(buffer)} bytes of data, the shape needs {need}", where=where
        )
    if dtype is DType.BOOL:
        # Any byte but 0 is true; NumPy's bool must hold 0 or 1.
        return np.frombuffer(buffer, np.uint8).astype(np.bool_).reshape(record.shape)
    item: npt.DTypeLike = dtype.value.lower()
    data: npt.NDArray[np.generic] = np.frombuffer(buffer, item).reshape(record.shape)
    return data
