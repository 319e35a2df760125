"""COBS against published examples and a byte-by-byte oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.link import cobs

# Examples of the algorithm's Wikipedia article (after the paper), without the delimiter.
_EXAMPLES = [
    ("", "01"),
    ("00", "01 01"),
    ("00 00", "01 01 01"),
    ("00 11 00", "01 02 11 01"),
    ("11 22 00 33", "03 11 22 02 33"),
    ("11 22 33 44", "05 11 22 33 44"),
    ("11 00 00 00", "02 11 01 01 01"),
    (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex()),
    (bytes(range(0, 255)).hex(), "01 ff" + bytes(range(1, 255)).hex()),
    (bytes(range(1, 256)).hex(), "ff" + bytes(range(1, 255)).hex() + "02 ff"),
    ((bytes(range(2, 256)) + b"\0").hex(), "ff" + bytes(range(2, 256)).hex() + "01 01"),
    ((bytes(range(3, 256)) + b"\0\1").hex(), "fe" + bytes(range(3, 256)).hex() + "02 01"),
]


def slow_decode(stuffed: bytes) -> bytes:
    """The paper's decoder, a byte at a time: every block below 255 ends in a zero, and the last zero is the phantom."""
    out: list[int] = []
    source = iter(stuffed)
    code = 0
    for code in source:
        out += [next(source) for _ in range(code - 1)]
        if code != 255:
            out.append(0)
    return bytes(out[:-1] if code != 255 else out)


@pytest.mark.parametrize(("plain", "stuffed"), _EXAMPLES)
def test_published_examples(plain: str, stuffed: str) -> None:
    assert cobs.encode(bytes.fromhex(plain)) == bytes.fromhex(stuffed)
    assert cobs.decode(bytes.fromhex(stuffed)) == bytes.fromhex(plain)


_data = st.one_of(
    st.binary(max_size=1200),
    st.lists(st.sampled_from([b"\0", b"\1" * 253, b"\2" * 254, b"\3" * 255, b"x"])).map(b"".join),
)


@given(_data)
def test_round_trip_without_zeros_within_the_limit(data: bytes) -> None:
    stuffed = cobs.encode(data)
    assert 0 not in stuffed
    assert len(stuffed) <= cobs.encoded_limit(len(data))
    assert slow_decode(stuffed) == data
    assert cobs.decode(stuffed) == data


@given(_data.filter(bool))
def test_an_empty_block_at_the_end_is_understood_too(data: bytes) -> None:
    stuffed = cobs.encode(data)
    if slow_decode(stuffed + b"\1") == data:
        assert cobs.decode(stuffed + b"\1") == data


@given(st.binary(max_size=400))
def test_any_bytes_decode_or_are_refused(raw: bytes) -> None:
    try:
        data = cobs.decode(raw)
    except cobs.CobsError:
        return
    assert cobs.decode(cobs.encode(data)) == data


@pytest.mark.parametrize("bad", ["", "00", "03 11", "02", "02 11 05 01", "02 00"])
def test_malformed_is_refused(bad: str) -> None:
    with pytest.raises(cobs.CobsError):
        cobs.decode(bytes.fromhex(bad))
