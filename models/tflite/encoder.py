"""Nested mappings, named as in the schema, to a flatbuffer. Knows the schema, nothing of models."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np

from harness.tflite.schema import ENUMS, FILE_IDENTIFIER, SCALAR_FORMATS, TABLES, Field

BUFFER_ALIGN = 16
"""Alignment of a buffer's data in the file (schema.fbs, table Buffer)."""

_SLOT_WRITERS = {
    "bool": "PrependBoolSlot",
    "byte": "PrependInt8Slot",
    "ubyte": "PrependUint8Slot",
    "int": "PrependInt32Slot",
    "uint": "PrependUint32Slot",
    "long": "PrependInt64Slot",
    "ulong": "PrependUint64Slot",
    "float": "PrependFloat32Slot",
}
_UNION_TABLE = "table"


def encode_model(model: Mapping[str, Any]) -> bytes:
    """Return the .tflite file of a `Model` table; equal input gives equal bytes.

    A table is a mapping by the schema's field names, a vector a sequence or a bytes-like object,
    an enum its name or number. A union's value is a mapping with an extra key "table" that names
    the table. Absent fields and None mean the default.

    Raises:
        ValueError: a name that the schema does not have, or a value out of its field's range.
    """
    size = sum(len(b.get("data") or b"") for b in model.get("buffers") or ())
    builder = flatbuffers.Builder(size + 4096)
    root = _write_table(builder, "Model", model)
    builder.Finish(root, file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def enum_value(enum: str, value: str | int) -> int:
    """Return the number of an enum's name; numbers pass through.

    Raises:
        ValueError: no such name.
    """
    if isinstance(value, int):
        return value
    if value not in ENUMS[enum]:
        raise ValueError(f"{value!r} is not one of {enum}: {', '.join(ENUMS[enum])}")
    return ENUMS[enum].index(value)


def _write_table(builder: Any, table: str, values: Mapping[str, Any]) -> int:
    fields = TABLES[table]
    unknown = sorted(set(values) - set(fields) - {_UNION_TABLE})
    if unknown:
        raise ValueError(f"{table} has no field {', '.join(unknown)}")
    given = [(fields[n], values[n]) for n in fields if values.get(n) is not None]
    children = {f.name: _write_child(builder, f, v) for f, v in given if not f.scalar}
    builder.StartObject(len(fields))
    for field, value in given:
        if not field.scalar:
            builder.PrependUOffsetTRelativeSlot(field.slot, children[field.name], 0)
            continue
        number = enum_value(field.type, value) if field.type in ENUMS else value
        try:
            getattr(builder, _SLOT_WRITERS[field.scalar])(field.slot, number, field.default)
        except (TypeError, struct.error) as error:
            raise ValueError(f"{table}.{field.name}: {value!r} is not a {field.type}") from error
    return int(builder.EndObject())


def _write_child(builder: Any, field: Field, value: Any) -> int:
    if field.type == "string":
        return int(builder.CreateString(value))
    if field.type == "union":
        return _write_table(builder, value[_UNION_TABLE], value)
    if not field.type.startswith("["):
        return _write_table(builder, field.type, value)
    element = field.type[1:-1]
    if element in TABLES:
        return _write_offsets(builder, [_write_table(builder, element, v) for v in value])
    if element == "ubyte":
        return _write_bytes(builder, bytes(value), 1, BUFFER_ALIGN)
    item = np.dtype(SCALAR_FORMATS[element])
    try:
        data = np.asarray(value, item).tobytes()
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{field.name}: {value!r} is not a {field.type}") from error
    return _write_bytes(builder, data, item.itemsize, item.itemsize)


def _write_offsets(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _write_bytes(builder: Any, data: bytes, item_bytes: int, align: int) -> int:
    """A vector copied in one go, where the library's own functions go element by element."""
    builder.StartVector(item_bytes, len(data) // item_bytes, align)
    head = builder.Head() - len(data)
    builder.Bytes[head : head + len(data)] = data
    builder.head = head
    return int(builder.EndVector())
