"""What the timing engine is given, and the list it gives."""

from __future__ import annotations

import contextlib
import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LinkError
from harness.microbench.suite import Benchmark, Kind, Run, pack_suite, parse_list


def test_blob() -> None:
    suite = pack_suite([Run("empty", 200), Run("load_chain", 400)])
    magic, version, runs, total, crc = struct.unpack_from("<4sHHII", suite.blob)
    assert (magic, version, runs, total) == (b"THBT", 1, 2, len(suite.blob))
    assert crc == zlib.crc32(suite.blob[16:])
    assert suite.blob[16:48] == bytes.fromhex(suite.sha256)
    assert suite.sha256 == hashlib.sha256(suite.blob[48:]).hexdigest()
    assert struct.unpack("<IIII", suite.blob[48:]) == (
        zlib.crc32(b"empty"),
        200,
        zlib.crc32(b"load_chain"),
        400,
    )
    assert suite.output_bytes == 8


def test_limits() -> None:
    with pytest.raises(ValueError, match="257 runs"):
        pack_suite([Run("empty", 1)] * 257)
    for iterations in (0, 1_000_001):
        with pytest.raises(ValueError, match="iterations of empty"):
            pack_suite([Run("empty", iterations)])


def test_list() -> None:
    assert parse_list(b"empty 1 0\nload_chain 32 0\ncode_turn 1 1\nkernel_crc 1 2\n") == (
        Benchmark("empty", 1, Kind.MICRO),
        Benchmark("load_chain", 32, Kind.MICRO),
        Benchmark("code_turn", 1, Kind.WHOLE),
        Benchmark("kernel_crc", 1, Kind.KERNEL),
    )


@pytest.mark.parametrize(
    "text",
    [b"", b"empty\n", b"empty 0 0\n", b"empty 1 7\n", b"a 1 0\na 1 0\n", b"\xff 1 0\n", b"A 1 0\n"],
)
def test_malformed_list(text: bytes) -> None:
    with pytest.raises(LinkError):
        parse_list(text)


@given(st.binary(max_size=200))
def test_any_list_is_parsed_or_refused(text: bytes) -> None:
    with contextlib.suppress(LinkError):
        parse_list(text)
