"""Builds .tflite files operator by operator: for model generators and for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.tflite.schema import (
    BUILTIN_OPERATORS,
    BUILTIN_OPTIONS,
    OPERATOR_OPTIONS,
    PLACEHOLDER_CODE,
    SCHEMA_VERSION,
)
from models.tflite.encoder import encode_model

_INT8_VERSION_2 = """
ADD ARG_MAX AVERAGE_POOL_2D BATCH_MATMUL CONCATENATION DEQUANTIZE DEPTH_TO_SPACE GATHER LEAKY_RELU
LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PADV2 QUANTIZE REDUCE_MAX REDUCE_MIN RELU
RELU6 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V
STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK
"""
# Versions at which TFLite's int8 kernels appeared (tensorflow/lite/tools/versioning/op_version.cc).
_INT8_VERSIONS: Mapping[str, int] = {
    **dict.fromkeys(_INT8_VERSION_2.split(), 2),
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "SVDF": 3,
}

Scales = float | Sequence[float] | npt.NDArray[np.floating[Any]]
ZeroPoints = int | Sequence[int] | npt.NDArray[np.integer[Any]]


class ModelBuilder:
    """Collects tensors and operators of one subgraph and writes them as a .tflite file.

    Tensors are named by the index that `tensor` and `constant` return. Equal calls give equal
    bytes.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._tensors: list[dict[str, Any]] = []
        # Buffer 0 is empty by convention; tensors without data refer to it.
        self._buffers: list[dict[str, Any]] = [{}]
        self._codes: dict[tuple[str, int, str], int] = {}
        self._operators: list[dict[str, Any]] = []

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str = "INT8",
        *,
        scale: Scales | None = None,
        zero_point: ZeroPoints = 0,
        axis: int = 0,
        shape_signature: Sequence[int] | None = None,
        is_variable: bool = False,
    ) -> int:
        """Add a tensor without data and return its index.

        Args:
            name: as stored in the file.
            shape: extents; () is a scalar.
            dtype: TensorType by its schema name.
            scale: one, or one for each index of `axis`; None means not quantised.
            zero_point: one, or as many as scales.
            axis: quantised dimension.
            shape_signature: shape with -1 for unknown extents.
            is_variable: keeps its value between inferences.
        """
        return self._add(
            {
                "name": name,
                "shape": tuple(shape),
                "type": dtype,
                "quantization": _quantization(scale, zero_point, axis),
                "shape_signature": shape_signature,
                "is_variable": is_variable,
            }
        )

    def constant(
        self,
        name: str,
        data: npt.ArrayLike,
        *,
        scale: Scales | None = None,
        zero_point: ZeroPoints = 0,
        axis: int = 0,
    ) -> int:
        """Add a tensor with data and return its index; type and shape are those of the array."""
        array = np.asarray(data)
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        self._buffers.append({"data": little.tobytes()})
        return self._add(
            {
                "name": name,
                "shape": array.shape,
                "type": array.dtype.name.upper(),
                "buffer": len(self._buffers) - 1,
                "quantization": _quantization(scale, zero_point, axis),
            }
        )

    def operator(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        options: Mapping[str, Any] | None = {},
        version: int | None = None,
        custom_code: str = "",
        intermediates: Sequence[int] = (),
        **more_options: Any,
    ) -> int:
        """Append an operator and return its index.

        Args:
            kind: BuiltinOperator by its schema name; "CUSTOM" goes with `custom_code`.
            inputs: tensor indices, -1 for an optional one that is absent.
            outputs: tensor indices.
            options: builtin options by their schema names; None writes no options table at all.
            version: of the operator; by default the one that int8 kernels of this kind need.
            custom_code: name of a custom operator.
            intermediates: tensors that hold the quantisation of values inside the operator.
            **more_options: more builtin options.

        Raises:
            ValueError: no such operator or tensor.
        """
        if kind not in BUILTIN_OPERATORS:
            raise ValueError(f"no such operator: {kind}")
        for index in (*inputs, *outputs, *intermediates):
            if not -1 <= index < len(self._tensors):
                raise ValueError(f"{kind}: no tensor {index}")
        record: dict[str, Any] = {
            "opcode_index": self._code(kind, version or self._version(kind, inputs), custom_code),
            "inputs": tuple(inputs),
            "outputs": tuple(outputs),
            "intermediates": tuple(intermediates) or None,
        }
        table = OPERATOR_OPTIONS.get(kind)
        if table is None and (options or more_options):
            raise ValueError(f"{kind} has no builtin options")
        if table is not None and options is not None:
            record["builtin_options_type"] = BUILTIN_OPTIONS.index(table)
            record["builtin_options"] = {"table": table, **options, **more_options}
        self._operators.append(record)
        return len(self._operators) - 1

    def model(self, inputs: Sequence[int], outputs: Sequence[int]) -> dict[str, Any]:
        """Return the `Model` table as nested mappings, for models.tflite.encoder.encode_model."""
        return {
            "version": SCHEMA_VERSION,
            "description": self.name,
            "operator_codes": [
                {
                    "deprecated_builtin_code": min(BUILTIN_OPERATORS.index(kind), PLACEHOLDER_CODE),
                    "builtin_code": BUILTIN_OPERATORS.index(kind),
                    "version": version,
                    "custom_code": custom_code or None,
                }
                for kind, version, custom_code in self._codes
            ],
            "subgraphs": [
                {
                    "name": "main",
                    "tensors": list(self._tensors),
                    "inputs": tuple(inputs),
                    "outputs": tuple(outputs),
                    "operators": list(self._operators),
                }
            ],
            "buffers": list(self._buffers),
        }

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the .tflite file with these graph inputs and outputs.

        Raises:
            ValueError: a field that the schema does not have, or a value out of range.
        """
        return encode_model(self.model(inputs, outputs))

    def _add(self, record: dict[str, Any]) -> int:
        self._tensors.append(record)
        return len(self._tensors) - 1

    def _code(self, kind: str, version: int, custom_code: str) -> int:
        return self._codes.setdefault((kind, version, custom_code), len(self._codes))

    def _version(self, kind: str, inputs: Sequence[int]) -> int:
        int8 = any(i >= 0 and self._tensors[i]["type"] == "INT8" for i in inputs)
        return _INT8_VERSIONS.get(kind, 1) if int8 else 1


def _quantization(scale: Scales | None, zero_point: ZeroPoints, axis: int) -> dict[str, Any] | None:
    if scale is None:
        return None
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    zero_points = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape)
    return {"scale": scales, "zero_point": zero_points, "quantized_dimension": axis}
