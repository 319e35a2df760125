"""Compare many random layers of every kind, and tell how many ran on which kernel (docs/kernel-sets.md).

python -m tests.kernels SET COUNT TARGET... [--kind KIND]      (COUNT layers of each kind; ends at the first difference)
"""

from __future__ import annotations

import argparse
from collections import Counter

from tests.kernels.bench import started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench

SEED = 2026


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kernels")
    parser.add_argument("kernels")
    parser.add_argument("count", type=int)
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--kind", action="append", choices=CASES)
    given = parser.parse_args()
    for target in given.targets:
        ran: Counter[str] = Counter()
        with started_bench(target, given.kernels) as bench:
            for kind in given.kind or CASES:
                ran += check_on_bench(bench, CASES[kind], SEED, given.count)
        for kernel, layers in sorted(ran.items()):
            print(f"  {target:16} {given.kernels:10} {kernel:28} {layers:7,}", flush=True)


if __name__ == "__main__":
    main()
