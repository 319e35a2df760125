"""Records that know how their fields lie in a payload: little endian, without padding."""

from __future__ import annotations

import struct
from typing import Any, ClassVar, TypeVar

from harness.errors import LinkError

RecordT = TypeVar("RecordT", bound="Record")

REST = "rest"
"""Kind of a last field that takes all bytes left."""

TEXT = "text"
"""Kind of a string: len:u8, then ASCII."""

RESERVED = ""
"""Name of a field that is sent as zero and ignored."""


class Record:
    """Base of a dataclass whose fields are packed as `LAYOUT` says: (field, kind) in order, kind a
    `struct` code, REST or TEXT.

    `TITLE` names the message in errors.
    """

    TITLE: ClassVar[str]
    LAYOUT: ClassVar[tuple[tuple[str, str], ...]] = ()

    def pack(self) -> bytes:
        """Return the payload.

        Raises:
            LinkError: a value does not fit its field.
        """
        out = bytearray()
        for field, kind in self.LAYOUT:
            value = getattr(self, field) if field else 0
            try:
                out += _pack_field(kind, value)
            except (struct.error, UnicodeEncodeError) as error:
                raise LinkError(f"cannot send {self.TITLE}: {field} = {value!r}: {error}") from None
        return bytes(out)

    @classmethod
    def unpack(cls: type[RecordT], payload: bytes) -> RecordT:
        """Parse a payload.

        Raises:
            LinkError: malformed; names message and field.
        """
        values: dict[str, Any] = {}
        at = 0
        for field, kind in cls.LAYOUT:
            value, at = _unpack_field(cls, field or "reserved", kind, payload, at)
            if field:
                values[field] = value
        if at != len(payload):
            raise cls.malformed("end", f"{len(payload) - at} bytes too many")
        record = cls(**values)
        record.verify()
        return record

    def verify(self) -> None:
        """Check what the layout cannot say; raise `malformed(...)`. Nothing by default."""

    @classmethod
    def malformed(cls, field: str, why: str) -> LinkError:
        """Return the error for a bad field."""
        return LinkError(f"malformed {cls.TITLE}: {field}: {why}")


def _pack_field(kind: str, value: Any) -> bytes:
    if kind == REST:
        return bytes(value)
    if kind == TEXT:
        raw = str(value).encode("ascii")
        return struct.pack("<B", len(raw)) + raw
    return struct.pack("<" + kind, value)


def _unpack_field(
    record: type[Record], field: str, kind: str, payload: bytes, at: int
) -> tuple[Any, int]:
    """Return the value at byte `at` and where the next field begins."""
    if kind == REST:
        return payload[at:], len(payload)
    code = struct.Struct("<" + ("B" if kind == TEXT else kind))
    left = len(payload) - at
    if code.size > left:
        raise record.malformed(field, f"needs {code.size} bytes, {left} left")
    (value,) = code.unpack_from(payload, at)
    at += code.size
    if kind != TEXT:
        return value, at
    raw = payload[at : at + value]
    if len(raw) < value:
        raise record.malformed(field, f"needs {value} bytes, {len(raw)} left")
    if not raw.isascii():
        raise record.malformed(field, f"not ASCII: {raw!r}")
    return raw.decode("ascii"), at + value
