"""Bounds-checked access to the tables of a flatbuffer that nobody vouches for.

Every offset is checked before it is followed, nothing recurses, and a budget proportional to the
file's size bounds what can be read in all: offsets may point anywhere, so a small file can make
thousands of tables share one long vector.
Source: FlatBuffers, "Internals" (flatbuffers.dev).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np

from harness.errors import ModelFileError
from harness.tflite.schema import ENUMS, SCALAR_FORMATS, TABLES, Field

MAX_TABLES = 65_535
"""Tables in one vector (the plan counts operators in 16 bits)."""

_TEXT_LIMIT = 512
_TABLE_COST = 16
_BUDGET_FACTOR = 4
_BUDGET_FLOOR = 1 << 16
_STRUCTS = {kind: struct.Struct(form) for kind, form in SCALAR_FORMATS.items()}
_SOFFSET = struct.Struct("<i")
_UOFFSET = struct.Struct("<I")
_VOFFSET = struct.Struct("<H")

Scalar = bool | int | float | str
"""Enums are read as their names."""


class FlatBuffer:
    """The bytes of one file and what is left of the reading budget."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = _BUDGET_FACTOR * len(data) + _BUDGET_FLOOR

    def root(self, table: str) -> Table:
        """Return the root table, of the schema's type `table`.

        Raises:
            ModelFileError: the file is corrupt (so does every method below).
        """
        return Table(self, table, self.follow(0))

    def charge(self, size: int) -> None:
        """Take `size` bytes from the budget."""
        self._left -= size
        if self._left < 0:
            raise ModelFileError("corrupt file: its parts overlap")

    def number(self, form: struct.Struct, position: int) -> int | float:
        """Return the scalar at `position`."""
        if not 0 <= position <= len(self.data) - form.size:
            raise ModelFileError(f"corrupt file: offset {position} is outside its {len(self.data)}")
        value: int | float = form.unpack_from(self.data, position)[0]
        return value

    def follow(self, position: int) -> int:
        """Return the position that the offset at `position` points to."""
        return position + int(self.number(_UOFFSET, position))

    def span(self, position: int, item_bytes: int) -> tuple[int, int]:
        """Return (start, count) of the vector at `position`."""
        count = int(self.number(_UOFFSET, position))
        if count * item_bytes > len(self.data) - position - 4:
            raise ModelFileError(f"corrupt file: vector at {position} runs past the end")
        return position + 4, count


class Table:
    """One table, its fields by their schema names; absent fields have the schema's defaults."""

    def __init__(self, buffer: FlatBuffer, table: str, position: int) -> None:
        self._buffer = buffer
        self._table = table
        self._fields = TABLES[table]
        self._position = position
        buffer.charge(_TABLE_COST)
        self._vtable = position - int(buffer.number(_SOFFSET, position))
        self._vtable_bytes = int(buffer.number(_VOFFSET, self._vtable))
        # Of an odd size, others take the last entry, half of which is outside, for one.
        sound = self._vtable_bytes >= 4 and self._vtable_bytes % 2 == 0
        if not sound or self._vtable + self._vtable_bytes > len(buffer.data):
            raise ModelFileError(f"corrupt file: {table} at {position} has no valid layout")

    def has(self, name: str) -> bool:
        """Whether the field is present."""
        return self._at(self._fields[name]) is not None

    def scalar(self, name: str) -> Scalar:
        """Return a scalar; an enum by its name."""
        field = self._fields[name]
        at = self._at(field)
        form = _STRUCTS[field.scalar]
        value = field.default if at is None else self._buffer.number(form, at)
        if field.type in ENUMS:
            return self._enum_name(field, int(value))
        if field.type == "bool":
            return bool(value)
        if field.type == "float":
            if not math.isfinite(value):
                raise ModelFileError(f"corrupt file: {self._table}.{name} is {value}")
            return float(value)
        return int(value)

    def integer(self, name: str) -> int:
        """Return an integer field."""
        return int(self.scalar(name))

    def text(self, name: str) -> str:
        """Return a string as one printable line of at most 512 bytes; "" when absent."""
        at = self._at(self._fields[name])
        if at is None:
            return ""
        start, count = self._buffer.span(self._buffer.follow(at), 1)
        ended = self._buffer.data[start + count : start + count + 1] == b"\0"
        count = min(count, _TEXT_LIMIT)
        self._buffer.charge(count)
        raw = self._buffer.data[start : start + count]
        if not ended or b"\0" in raw:
            # Others read up to the first zero byte: it would be another name for them.
            raise ModelFileError(f"corrupt file: {self._table}.{name} does not end where it says")
        text = raw.decode("utf-8", "replace")
        return "".join(c if c.isprintable() else "?" for c in text)

    def numbers(self, name: str) -> tuple[int, ...] | None:
        """Return a vector of integers; None when absent."""
        array = self.array(name)
        return None if array is None else tuple(array.tolist())

    def array(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.generic]] | None:
        """Return a vector of scalars as a read-only view; None when absent."""
        field = self._fields[name]
        at = self._at(field)
        if at is None:
            return None
        item = np.dtype(SCALAR_FORMATS[field.type[1:-1]])
        start, count = self._buffer.span(self._buffer.follow(at), item.itemsize)
        self._buffer.charge(count * item.itemsize)
        return np.frombuffer(self._buffer.data, item, count, start)

    def blob(self, name: str) -> memoryview | None:
        """Return a vector of bytes without copying or charging it; None when absent."""
        at = self._at(self._fields[name])
        if at is None:
            return None
        start, count = self._buffer.span(self._buffer.follow(at), 1)
        return memoryview(self._buffer.data)[start : start + count]

    def table(self, name: str, table: str = "") -> Table | None:
        """Return a table (of the type `table` where the field is a union); None when absent."""
        field = self._fields[name]
        at = self._at(field)
        return None if at is None else Table(self._buffer, table or field.type, self._follow(at))

    def tables(self, name: str) -> Iterator[Table]:
        """Yield the tables of a vector; nothing when it is absent."""
        field = self._fields[name]
        at = self._at(field)
        if at is None:
            return
        start, count = self._buffer.span(self._follow(at), 4)
        if count > MAX_TABLES:
            raise ModelFileError(
                f"{self._table}.{name} has {count} entries, more than {MAX_TABLES}"
            )
        for position in range(start, start + 4 * count, 4):
            yield Table(self._buffer, field.type[1:-1], self._follow(position))

    def values(self) -> dict[str, Scalar | tuple[int, ...]]:
        """Return all fields of a table that holds only scalars, strings and vectors of integers."""
        found: dict[str, Scalar | tuple[int, ...]] = {}
        for name, field in self._fields.items():
            if field.scalar:
                found[name] = self.scalar(name)
            elif field.type == "string":
                found[name] = self.text(name)
            else:
                found[name] = self.numbers(name) or ()
        return found

    def _at(self, field: Field) -> int | None:
        entry = 4 + 2 * field.slot
        if entry + 2 > self._vtable_bytes:
            return None
        offset = int(self._buffer.number(_VOFFSET, self._vtable + entry))
        return self._position + offset if offset else None

    def _follow(self, position: int) -> int:
        return self._buffer.follow(position)

    def _enum_name(self, field: Field, value: int) -> str:
        names = ENUMS[field.type]
        if not 0 <= value < len(names):
            raise ModelFileError(f"corrupt file: {value} is not a {field.type}")
        return names[value]


def default_values(table: str) -> dict[str, Scalar | tuple[int, ...]]:
    """Return what `Table.values` gives for an empty table of this type."""
    # 4 bytes of vtable with nothing in it, then a table that points back at it.
    empty = struct.pack("<IHHi", 8, 4, 4, 4)
    return FlatBuffer(empty).root(table).values()
