"""Fuzzing by hand (docs/fuzzing.md).

python -m tests.fuzz tflite COUNT [SEED] [MODEL.tflite...]
python -m tests.fuzz streams COUNT [SEED]
python -m tests.fuzz calls ROUNDS [SEED] [SET...]      (each sound call changed ROUNDS times)
python -m tests.fuzz plans COUNT [SEED] [SET...]
python -m tests.fuzz guided tflite|streams SECONDS     (with atheris installed)
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import asdict
from pathlib import Path


def fuzz_tflite(count: int, seed: int, models: list[Path]) -> int:
    from tests.fuzz.tflite import bases, fuzz

    extra = [(path.stem, path.read_bytes()) for path in models]
    tally = fuzz(count, seed, bases(extra))
    for name, value in asdict(tally).items():
        if name != "findings":
            print(f"  {name.replace('_', ' '):18} {value:8,}")
    for finding in tally.findings:
        print(finding[:100_000])
    print(f"  {'findings':18} {len(tally.findings):8,}")
    return min(1, len(tally.findings))


def fuzz_streams(count: int, seed: int) -> int:
    from tests.fuzz.streams import check_stream

    sound = sum(check_stream(random.Random((seed << 32) + number)) for number in range(count))
    print(f"  sound items {sound:,}; no findings")
    return 0


def fuzz_calls(rounds: int, seed: int, names: list[str]) -> int:
    from tests.fuzz.kernel_sets import HOST_SETS
    from tests.fuzz.kernels import fuzz_kernels

    findings = 0
    for name in names or HOST_SETS:
        calls = fuzz_kernels(name, rounds, seed)
        for kernel, ran in sorted(calls.ran.items()):
            print(f"  {name} {kernel:30} {ran:8,} ran")
        findings += _told(name, calls.findings)
    return min(1, findings)


def fuzz_plans(count: int, seed: int, names: list[str]) -> int:
    from tests.fuzz import hostile_plans
    from tests.fuzz.kernel_sets import HOST_SETS, TARGETS

    findings = 0
    for name in names or (*HOST_SETS, *TARGETS):
        if name in TARGETS:
            plans = hostile_plans.fuzz_on_target(*TARGETS[name], count, seed)
        else:
            plans = hostile_plans.fuzz_plans(name, count, seed)
        print(f"  {name:12} {plans.plans:8,} plans, {plans.ran:8,} ran, {plans.refused:8,} refused")
        findings += _told(name, plans.findings)
    return min(1, findings)


def _told(name: str, findings: list[str]) -> int:
    for finding in findings:
        print(f"{name}: {finding[:100_000]}")
    print(f"  {name:12} {len(findings):8,} findings")
    return len(findings)


def main(words: list[str]) -> int:
    if words[:1] == ["guided"]:
        from tests.fuzz.guided import run

        return run(words[1], int(words[2]))
    count, seed = int(words[1]), int(words[2]) if len(words) > 2 else 1
    begin_s = time.monotonic()
    if words[0] == "tflite":
        code = fuzz_tflite(count, seed, [Path(word) for word in words[3:]])
    elif words[0] == "calls":
        code = fuzz_calls(count, seed, words[3:])
    elif words[0] == "plans":
        code = fuzz_plans(count, seed, words[3:])
    else:
        code = fuzz_streams(count, seed)
    took_s = time.monotonic() - begin_s
    print(f"  {count:,} inputs in {took_s:.0f} s, {count / took_s:.0f} per second")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
