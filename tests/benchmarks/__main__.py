"""Prints how fast tinyhil itself is. `make benchmarks`, or `python -m tests.benchmarks [NAME...]`. Asserts nothing.

`python -m tests.benchmarks coverage LOG.jsonl`, and `curve`, judge the latency models that a log makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from harness.errors import TinyhilError
from tests.benchmarks import (
    arena,
    campaign,
    coverage,
    curve,
    generate,
    link,
    predict,
    startup,
    timing,
)

BENCHMARKS: dict[str, Callable[[Console], None]] = {
    "startup": startup.show,
    "arena": arena.show,
    "campaign": campaign.show,
    "generate": generate.show,
    "link": link.show,
    "predict": predict.show,
    "timing": timing.show,
}
OF_A_LOG: dict[str, Callable[[Console, Path], None]] = {
    "coverage": coverage.show,
    "curve": curve.show,
}


def main(words: list[str]) -> None:
    console = Console(width=140)
    if words and words[0] in OF_A_LOG:
        if len(words) != 2:
            sys.exit(f"usage: python -m tests.benchmarks {words[0]} LOG.jsonl")
        try:
            OF_A_LOG[words[0]](console, Path(words[1]))
        except TinyhilError as error:
            sys.exit(str(error))
        return
    for name in words or list(BENCHMARKS):
        BENCHMARKS[name](console)


if __name__ == "__main__":
    main(sys.argv[1:])
