"""What the fake device loads: a model that is a function from input bytes to output bytes."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from harness.link.messages import ErrorCode

_PLAN_MAGIC = b"TPLN"
_PLAN_HEADER = struct.Struct("<4sHHIIIIHHHHIIII32s")
_PLAN_IO = struct.Struct("<IIHHfi")
_PLAN_CRC_FROM = 16


@dataclass(frozen=True)
class FakeModel:
    """A loaded model.

    Attributes:
        run: inputs (input_bytes) to outputs (output_bytes).
        op_cycles: cycles of each operator; an inference takes their sum.
        sha256: 32 bytes.
        output_scale: real = scale * (int8 - zero_point), for the text language.
        noise: cycles of one inference beside those of its operators; None for none.
    """

    run: Callable[[bytes], bytes]
    input_bytes: int
    output_bytes: int
    op_cycles: tuple[int, ...]
    sha256: bytes
    name: str = "fake"
    inputs: int = 1
    outputs: int = 1
    arena_bytes: int = 1024
    output_scale: float = 1 / 128
    output_zero_point: int = 0
    noise: Callable[[], int] | None = None


class RefusedBlobError(Exception):
    """The fake device does not take this blob; `code` is what it answers."""

    def __init__(self, code: ErrorCode, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(detail)


Loader = Callable[[bytes], FakeModel]
"""Makes a model of a blob; raises RefusedBlobError."""


def load_any(blob: bytes) -> FakeModel:
    """Take any blob but an empty slot's zeros: a plan by its header's figures, anything else as 16
    bytes in, 10 out, 3 operators.

    The outputs are a hash of blob and inputs, so that a single wrong byte anywhere shows.
    """
    if blob.startswith(_PLAN_MAGIC):
        return load_plan(blob)
    if not blob.strip(b"\0"):
        raise RefusedBlobError(ErrorCode.BAD_PLAN, "not a plan")
    return FakeModel(hashed(blob, 10), 16, 10, (700, 200, 100), hashlib.sha256(blob).digest())


def hashed(blob: bytes, output_bytes: int) -> Callable[[bytes], bytes]:
    """Return the function of `load_any`: SHAKE-128 over the blob's SHA-256 and the inputs."""
    digest = hashlib.sha256(blob).digest()
    return lambda inputs: hashlib.shake_128(digest + inputs).digest(output_bytes)


def load_plan(blob: bytes) -> FakeModel:
    """Take a plan by what firmware/engines/plan/plan_format.h says of sizes and counts. Raises RefusedBlobError."""
    try:
        header = _PLAN_HEADER.unpack_from(blob)
        _, _, _, total, crc, _, arena, ops, inputs, outputs, _, io_at, _, name_at, name_len, sha = (
            header
        )
        tensors = [
            _PLAN_IO.unpack_from(blob, io_at + _PLAN_IO.size * i) for i in range(inputs + outputs)
        ]
    except struct.error as error:
        raise RefusedBlobError(ErrorCode.BAD_PLAN, f"header: {error}") from None
    if total != len(blob) or crc != zlib.crc32(blob[_PLAN_CRC_FROM:]):
        raise RefusedBlobError(ErrorCode.BAD_PLAN, "size or CRC")
    output_bytes = sum(tensor[1] for tensor in tensors[inputs:])
    scale, zero_point = tensors[inputs][4:6] if outputs else (1.0, 0)
    return FakeModel(
        run=hashed(blob, output_bytes),
        input_bytes=sum(tensor[1] for tensor in tensors[:inputs]),
        output_bytes=output_bytes,
        op_cycles=tuple(1000 + 10 * i for i in range(ops)),
        sha256=sha,
        name=blob[name_at : name_at + name_len].decode("ascii", "replace"),
        inputs=inputs,
        outputs=outputs,
        arena_bytes=arena,
        output_scale=scale or 1.0,
        output_zero_point=zero_point,
    )
