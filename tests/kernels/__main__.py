"""Compare many random layers of every kind, and tell how many ran on which kernel (docs/kernel-sets.md).

python -m tests.kernels SET COUNT TARGET...      (COUNT layers of each kind; ends at the first difference)
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.kernels.bench import started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench

SEED = 2026


def main(arguments: list[str]) -> int:
    if len(arguments) < 3 or not arguments[1].isdigit():
        print(__doc__)
        return 2
    kernels, count, *targets = arguments
    for target in targets:
        ran: Counter[str] = Counter()
        with started_bench(target, kernels) as bench:
            for make_case in CASES.values():
                ran += check_on_bench(bench, make_case, SEED, int(count))
        for kernel, layers in sorted(ran.items()):
            print(f"  {target:16} {kernels:10} {kernel:28} {layers:7,}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
