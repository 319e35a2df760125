"""Prints how fast tinyhil itself is. `make benchmarks`, or `python -m tests.benchmarks [NAME...]`. Asserts nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from tests.benchmarks import arena, campaign, generate, link, predict, startup, timing

BENCHMARKS: dict[str, Callable[[Console], None]] = {
    "startup": startup.show,
    "arena": arena.show,
    "campaign": campaign.show,
    "generate": generate.show,
    "link": link.show,
    "predict": predict.show,
    "timing": timing.show,
}


def main(names: list[str]) -> None:
    console = Console(width=140)
    for name in names or list(BENCHMARKS):
        BENCHMARKS[name](console)


if __name__ == "__main__":
    main(sys.argv[1:])
