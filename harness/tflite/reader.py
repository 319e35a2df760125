"""Reads a .tflite file into typed records.

Says what the file holds; whether that can run is the importer's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import ModelFileError, UnsupportedModelError
from harness.tflite.flatbuffer import FlatBuffer, Table, default_values
from harness.tflite.schema import (
    BUILTIN_OPERATORS,
    BUILTIN_OPTIONS,
    FILE_IDENTIFIER,
    OPERATOR_OPTIONS,
    SCHEMA_VERSION,
)

OptionValue = bool | int | float | str | tuple[int, ...]


@dataclass(frozen=True)
class QuantizationRecord:
    """Quantisation as stored.

    Attributes:
        scale: float32, shape (n,).
        zero_point: int64, shape (m,); converters leave it out where it is 0.
        quantized_dimension: axis of several scales.
        details: whether the file uses a scheme beyond scale and zero point (blockwise, custom).
    """

    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[np.int64]
    quantized_dimension: int
    details: bool


@dataclass(frozen=True)
class TensorRecord:
    """A tensor as stored.

    Attributes:
        name: printable, at most 512 characters.
        type: TensorType's name.
        shape: extents; () is a scalar.
        shape_signature: the shape with -1 where an extent is unknown; () when all are known.
        buffer: index of the buffer with its data.
        quantization: None when the file has none.
        is_variable: keeps its value between inferences.
        is_sparse: the data is stored sparsely.
        external_buffer: not 0 when the data lies in another file.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    shape_signature: tuple[int, ...]
    buffer: int
    quantization: QuantizationRecord | None
    is_variable: bool
    is_sparse: bool
    external_buffer: int


@dataclass(frozen=True)
class OperatorRecord:
    """An operator as stored.

    Attributes:
        kind: BuiltinOperator's name; "CUSTOM" for a custom one, "BUILTIN_n" for one newer than
            this schema.
        custom_code: name of a custom operator.
        version: of the operator.
        inputs: tensor indices, -1 where an optional one is absent.
        outputs: tensor indices.
        options: builtin options by name, defaults filled in.
        has_options: whether the file had an options table at all.
    """

    kind: str
    custom_code: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue]
    has_options: bool


@dataclass(frozen=True)
class SubgraphRecord:
    """A subgraph as stored."""

    name: str
    tensors: tuple[TensorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[OperatorRecord, ...]


@dataclass(frozen=True)
class ModelRecord:
    """A whole file.

    Attributes:
        version: of the schema.
        description: free text.
        subgraphs: the first is the main one.
        buffers: data of constants, None where a buffer is empty; views of the file's bytes.
        metadata: name -> buffer index.
    """

    version: int
    description: str
    subgraphs: tuple[SubgraphRecord, ...]
    buffers: tuple[memoryview | None, ...]
    metadata: Mapping[str, int]


def read_model(data: bytes) -> ModelRecord:
    """Read a .tflite file.

    Args:
        data: the whole file.

    Raises:
        ModelFileError: not a .tflite file, or corrupt.
        UnsupportedModelError: a version of the schema other than 3.
    """
    if len(data) < 8 or data[4:8] != FILE_IDENTIFIER:
        raise ModelFileError("not a .tflite file (no TFL3 mark at byte 4)")
    root = FlatBuffer(data).root("Model")
    version = root.integer("version")
    if version != SCHEMA_VERSION:
        raise UnsupportedModelError(f"schema version {version}; only {SCHEMA_VERSION} is known")
    codes = [_operator_code(t) for t in root.tables("operator_codes")]
    return ModelRecord(
        version=version,
        description=root.text("description"),
        subgraphs=tuple(_subgraph(t, codes) for t in root.tables("subgraphs")),
        buffers=tuple(_buffer(t, data) for t in root.tables("buffers")),
        metadata={t.text("name"): t.integer("buffer") for t in root.tables("metadata")},
    )


@dataclass(frozen=True)
class _Code:
    kind: str
    custom_code: str
    version: int


def _operator_code(table: Table) -> _Code:
    # Codes below 127 are in both fields in new files, only in the old one in old files (rev. 3a).
    code = max(table.integer("deprecated_builtin_code"), table.integer("builtin_code"))
    if code < 0:
        raise ModelFileError(f"corrupt file: operator code {code}")
    kind = BUILTIN_OPERATORS[code] if code < len(BUILTIN_OPERATORS) else f"BUILTIN_{code}"
    return _Code(kind, table.text("custom_code"), table.integer("version"))


def _buffer(table: Table, data: bytes) -> memoryview | None:
    inside = table.blob("data")
    if inside:
        return inside
    offset, size = table.integer("offset"), table.integer("size")
    # Offsets 0 and 1 mean "not used" (schema.fbs, table Buffer).
    if offset <= 1 or size == 0:
        return None
    if offset + size > len(data):
        raise ModelFileError(f"corrupt file: buffer at {offset} with {size} bytes is outside it")
    return memoryview(data)[offset : offset + size]


def _subgraph(table: Table, codes: list[_Code]) -> SubgraphRecord:
    return SubgraphRecord(
        name=table.text("name"),
        tensors=tuple(_tensor(t) for t in table.tables("tensors")),
        inputs=table.numbers("inputs") or (),
        outputs=table.numbers("outputs") or (),
        operators=tuple(_operator(t, codes) for t in table.tables("operators")),
    )


def _tensor(table: Table) -> TensorRecord:
    return TensorRecord(
        name=table.text("name"),
        type=str(table.scalar("type")),
        shape=table.numbers("shape") or (),
        shape_signature=table.numbers("shape_signature") or (),
        buffer=table.integer("buffer"),
        quantization=_quantization(table.table("quantization")),
        is_variable=bool(table.scalar("is_variable")),
        is_sparse=table.has("sparsity"),
        external_buffer=table.integer("external_buffer"),
    )


def _quantization(table: Table | None) -> QuantizationRecord | None:
    if table is None:
        return None
    scale = table.array("scale")
    zero_point = table.array("zero_point")
    return QuantizationRecord(
        scale=np.zeros(0, np.float32) if scale is None else scale.astype(np.float32),
        zero_point=np.zeros(0, np.int64) if zero_point is None else zero_point.astype(np.int64),
        quantized_dimension=table.integer("quantized_dimension"),
        details=table.integer("details_type") != 0,
    )


def _operator(table: Table, codes: list[_Code]) -> OperatorRecord:
    index = table.integer("opcode_index")
    if index >= len(codes):
        raise ModelFileError(f"corrupt file: operator code {index} of {len(codes)}")
    code = codes[index]
    has_options, options = _options(table, code.kind)
    return OperatorRecord(
        kind=code.kind,
        custom_code=code.custom_code,
        version=code.version,
        inputs=table.numbers("inputs") or (),
        outputs=table.numbers("outputs") or (),
        options=options,
        has_options=has_options,
    )


def _options(table: Table, kind: str) -> tuple[bool, Mapping[str, OptionValue]]:
    expected = OPERATOR_OPTIONS.get(kind)
    if expected is None:
        return False, {}
    stored = table.integer("builtin_options_type")
    found = table.table("builtin_options", expected) if stored else None
    if found is None:
        return False, default_values(expected)
    if stored != BUILTIN_OPTIONS.index(expected):
        raise ModelFileError(f"corrupt file: {kind} carries options of type {stored}")
    return True, found.values()
