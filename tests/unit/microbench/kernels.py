"""The general-purpose kernels' problems and solutions, stated anew: what their checksums must be."""

from __future__ import annotations

import binascii
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware" / "engines" / "timing" / "kernels"


def numbers(seed: int) -> Iterator[int]:
    """random.h"""
    while True:
        seed = (seed * 1664525 + 1013904223) % 2**32
        yield seed >> 16


def fold(values: Iterable[int], checksum: int = 0) -> int:
    """fold.h"""
    for value in values:
        checksum = (checksum * 31 + value) % 2**32
    return checksum


def signed16(value: int) -> int:
    return (value + 0x8000) % 0x10000 - 0x8000


def crc() -> int:
    draw = numbers(1)
    data = bytes(next(draw) & 0xFF for _ in range(256))
    return zlib.crc32(data) ^ binascii.crc_hqx(data, 0xFFFF)


def fir() -> int:
    draw = numbers(2)
    taps = [(next(draw) & 0x3FFF) - 0x2000 for _ in range(16)]
    samples = [next(draw) - 0x8000 for _ in range(128 + 16)]
    sums = [sum(t * samples[n + k] for k, t in enumerate(taps)) + (1 << 14) for n in range(128)]
    assert all(abs(each) < 2**31 for each in sums)
    return fold(max(-0x8000, min(0x7FFF, each >> 15)) & 0xFFFF for each in sums)


def heap_sort() -> int:
    draw = numbers(3)
    keys = [next(draw) & 0xFF for _ in range(200)]
    return fold(sorted(range(200), key=lambda i: (keys[i], i)))


def linked_list() -> int:
    draw = numbers(4)
    values = [next(draw) & 0x3F for _ in range(64)]
    found = [values.index(v) if v in values else 64 for v in range(0, 64, 4)]
    by_value = sorted(range(64), key=lambda i: values[i])
    return fold([*found, *by_value, *reversed(by_value), *range(64)])


def matrix() -> int:
    side = range(10)
    draw = numbers(5)
    a = [[0] * 10 for _ in side]
    b = [[0] * 10 for _ in side]
    for i in side:
        for j in side:
            a[i][j] = (next(draw) & 0x1FFF) - 0x1000
            b[i][j] = (next(draw) & 0x1FFF) - 0x1000

    def product() -> list[list[int]]:
        return [[sum(a[i][k] * b[k][j] for k in side) for j in side] for i in side]

    def folded(checksum: int, c: list[list[int]]) -> int:
        flat = [each % 2**32 for row in c for each in row]
        return fold([*flat, sum((each >> 2 & 0xF) * (each >> 5 & 0x7F) for each in flat)], checksum)

    checksum = folded(0, product())
    c = [[each * 37 for each in row] for row in a]
    for i in side:
        c[i][0] = sum(a[i][j] * b[0][j] for j in side)
    checksum = folded(checksum, c)
    a = [[signed16(each + 91) for each in row] for row in a]
    return folded(checksum, product())


def search() -> int:
    draw = numbers(6)
    text = "".join(chr(ord("a") + next(draw) % 8) for _ in range(1000))
    found = []
    for p in range(12):
        start = 1000 - (p + 1) * (1000 // 24)
        pattern = list(text[start : start + 6])
        pattern[p % 6] = chr(ord(pattern[p % 6]) ^ (p & 1))
        at = text.find("".join(pattern))
        found.append(at if at >= 0 else 1000)
    return fold([*found, *(text.count(letter) for letter in "abcdefgh")])


_TOKENS = (  # in the order of the states in which they end
    ("SIGN", r"[+-]"),
    ("ZERO", r"[+-]?0"),
    ("INTEGER", r"[+-]?\d+"),
    ("POINT", r"[+-]?\."),
    ("FRACTION", r"[+-]?(\d+\.\d*|\.\d+)"),
    ("EXPONENT_SIGN", r"[+-]?(\d+\.?\d*|\.\d+)e"),
    ("EXPONENT", r"[+-]?(\d+\.?\d*|\.\d+)e([+-]?\d*)"),
    ("HEX_MARK", r"[+-]?0x"),
    ("HEX", r"[+-]?0x[0-9a-fA-F]+"),
    ("WORD", r"[A-Za-z_]\w*"),
)


def tokens() -> int:
    source = (FIRMWARE / "tokens.c").read_text()
    literal = re.search(r"static const char text\[\] =\n(.*?);", source, re.DOTALL)
    assert literal is not None
    text = "".join(re.findall(r'"(.*)"', literal[1]))
    states = ["START", *(name for name, _ in _TOKENS), "OTHER"]
    ends: Counter[str] = Counter()
    total = 0
    for token in text.split(" "):
        name = next((n for n, pattern in _TOKENS if re.fullmatch(pattern, token)), "OTHER")
        ends[name] += 1
        total += int(token.lstrip("+-")) if name == "INTEGER" else 0
    return fold((ends[name] for name in states), total)


CHECKSUMS = {
    "kernel_crc": crc,
    "kernel_fir": fir,
    "kernel_heap_sort": heap_sort,
    "kernel_list": linked_list,
    "kernel_matrix": matrix,
    "kernel_search": search,
    "kernel_tokens": tokens,
}
