"""Random encodings: the decoder's classes against those of other disassemblers.

`python -m tests.timing.decode_random COUNT [SEED]` compares COUNT encodings of 32 bits for each
instruction set (default 1,000,000), and all of 16 bits; it prints how many were compared with each
disassembler, the exceptions made, and what differs.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.timing.canonical import canonical
from tests.timing.decoder import Decoder
from tests.timing.known import Known
from tests.timing.oracles import RV32, THUMB, Oracle


@dataclass
class Comparison:
    """What came of comparing with one disassembler.

    Attributes:
        compared, defined: encodings, and those of them that both call an instruction.
        exceptions: how often each was made.
        differences: encoding, the decoder's class, the expected class, the text.
    """

    oracle: str
    compared: int = 0
    defined: int = 0
    exceptions: Counter[Known] = field(default_factory=Counter)
    differences: list[tuple[int, str, str, str]] = field(default_factory=list)


def compare(
    oracle: Oracle,
    words: Sequence[int],
    canonicals: Sequence[int],
    decode: Callable[[int], str],
    folder: Path,
) -> Comparison:
    """The decoder on `words` against `oracle` on `canonicals`, which stand for them."""
    result = Comparison(oracle.name)
    pairs = [
        (word, as_is) for word, as_is in zip(words, canonicals, strict=True) if oracle.asked(as_is)
    ]
    expected = oracle.classes([as_is for _, as_is in pairs], folder)
    for (word, _), (class_, text, known) in zip(pairs, expected, strict=True):
        got = decode(word)
        result.compared += 1
        if known is not None:
            result.exceptions[known] += 1
        if got != class_:
            result.differences.append((word, got, class_, " ".join(text or ("undefined",))))
        elif got != "undefined":
            result.defined += 1
    return result


def thumb_words(count: int, seed: int) -> list[int]:
    """`count` 32-bit encodings, the first half on top, spread evenly over the 24 leading bytes."""
    rng = random.Random(seed)
    return [(0xE8 + i % 24) << 24 | rng.getrandbits(24) for i in range(count)]


def rv32_words(count: int, seed: int) -> list[int]:
    """`count` 32-bit encodings, spread evenly over the major opcodes but those of longer instructions."""
    rng = random.Random(seed)
    opcodes = [opcode << 2 | 3 for opcode in range(32) if opcode & 7 != 7]
    return [opcodes[i % len(opcodes)] | rng.getrandbits(25) << 7 for i in range(count)]


def neighbours(
    words: Sequence[int], decode: Callable[[int], str], count: int, seed: int
) -> list[int]:
    """`count` encodings of 32 bits that differ in one to five bits from one of `words`, every class being as frequent.

    Rare instructions and the reserved encodings beside them are found so, where even spreading finds few.
    """
    rng = random.Random(seed)
    of_class: dict[str, list[int]] = {}
    for word in words:
        of_class.setdefault(decode(word), []).append(word)
    classes = [of_class[name] for name in sorted(of_class)]
    found: list[int] = []
    while len(found) < count:
        word = rng.choice(rng.choice(classes))
        for bit in rng.choices(range(28), k=rng.randint(1, 5)):
            word ^= 1 << bit
        if word >> 24 >= 0xE8:
            found.append(word)
    return found


def compare_thumb(decoder: Decoder, count: int, seed: int, folder: Path) -> list[Comparison]:
    """All 16-bit encodings and `count` 32-bit ones against every disassembler that is there.

    Half of these are spread evenly, half are neighbours of those.
    """

    def decode(word: int) -> str:
        if word < 0x10000:
            return decoder.thumb_class(word, 0)
        return decoder.thumb_class(word >> 16, word & 0xFFFF)

    even = thumb_words(count - count // 2, seed)
    words = [*range(0xE800), *even, *neighbours(even, decode, count // 2, seed)]
    canonicals = [word if word < 0x10000 else canonical(word) for word in words]
    return [compare(oracle, words, canonicals, decode, folder) for oracle in THUMB if there(oracle)]


def compare_rv32(decoder: Decoder, count: int, seed: int, folder: Path) -> list[Comparison]:
    """All compressed encodings and `count` 32-bit ones against every disassembler that is there."""
    words = [word for word in range(0x10000) if word & 3 != 3] + rv32_words(count, seed)
    return [
        compare(oracle, words, words, decoder.rv32_class, folder)
        for oracle in RV32
        if there(oracle)
    ]


def there(oracle: Oracle) -> bool:
    """Whether this machine has it; objdump comes with the compilers, llvm-mc may."""
    return oracle.name != "llvm-mc" or shutil.which("llvm-mc") is not None


def main(arguments: Sequence[str]) -> int:
    count = int(arguments[0]) if arguments else 1_000_000
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decoder = Decoder.build(folder)
        for isa, compare_isa in (("thumb", compare_thumb), ("rv32", compare_rv32)):
            for result in compare_isa(decoder, count, seed, folder):
                print(
                    f"{isa} {result.oracle}: {result.compared} compared, {result.defined} instructions in both, "
                    f"{sum(result.exceptions.values())} by {len(result.exceptions)} exceptions, "
                    f"{len(result.differences)} differ"
                )
                for known, times in sorted(result.exceptions.items(), key=lambda item: -item[1]):
                    print(
                        f"  {times:7} {known.value:08x}/{known.mask:08x} {known.text!r} -> {known.class_}: {known.why}"
                    )
                kinds = Counter(
                    (got, want, text.split()[0]) for _, got, want, text in result.differences
                )
                for (got, want, mnemonic), times in kinds.most_common():
                    some = [
                        f"{word:08x} {text!r}"
                        for word, g, w, text in result.differences
                        if (g, w, text.split()[0]) == (got, want, mnemonic)
                    ]
                    print(f"  DIFFER {times:7} {got}, not {want} {mnemonic}: {', '.join(some[:2])}")
                failed = failed or bool(result.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
