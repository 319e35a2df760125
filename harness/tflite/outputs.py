"""The same .tflite file with other tensors of its main subgraph as outputs."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from harness.tflite.flatbuffer import FlatBuffer
from harness.tflite.schema import TABLES


def with_outputs(data: bytes, outputs: Sequence[int]) -> bytes:
    """Return `data` with the main subgraph's outputs replaced; its operators stay, read or not.

    The new vector goes behind the end, so that nothing moves and what may share the old one keeps it.

    Args:
        data: a .tflite file that the reader accepts, with at least one output.
        outputs: tensor indices.
    """
    file = bytearray(data) + bytes(-len(data) % 4)
    buffer = FlatBuffer(data)
    subgraphs = _vector(buffer, buffer.follow(0), TABLES["Model"]["subgraphs"].slot)
    main = buffer.follow(subgraphs + 4)
    at = _field(buffer, main, TABLES["SubGraph"]["outputs"].slot)
    struct.pack_into("<I", file, at, len(file) - at)
    return bytes(file + struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs))


def _vector(buffer: FlatBuffer, table: int, slot: int) -> int:
    return buffer.follow(_field(buffer, table, slot))


def _field(buffer: FlatBuffer, table: int, slot: int) -> int:
    """Position of a field that is present."""
    vtable = table - int(buffer.number(struct.Struct("<i"), table))
    return table + int(buffer.number(struct.Struct("<H"), vtable + 4 + 2 * slot))
