"""Kernel set `fast` on every kind of core: random layers against the oracle, bit for bit.

More of them by hand: TINYHIL_KERNEL_CASES=500 .venv/bin/pytest tests/kernels/test_fast.py -k "m4 and ADD"
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.kernels.bench import Bench, started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench

pytestmark = pytest.mark.emulator
NUMBER = int(os.environ.get("TINYHIL_KERNEL_CASES", "40"))
WEIGHTED = tuple(kind for kind in CASES if "POOL" not in kind and kind != "ADD")


@dataclass(frozen=True)
class Fast:
    """The set on one kind of core.

    Attributes:
        prefix: of its kernels' names.
        seed: of its layers.
        kinds: of layers for which it has kernels.
        own: names of reference kernels in whose place it has its own.
    """

    prefix: str
    seed: int
    kinds: tuple[str, ...]
    own: frozenset[str] = frozenset()


SCALAR = Fast("SCALAR_", 60, WEIGHTED)
DSP = Fast(
    "DSP_",
    470,
    tuple(CASES),
    frozenset({"ADD_S8", "AVERAGE_POOL_2D_S8", "MAX_POOL_2D_S8"}),
)
MVE = Fast("MVE_", 550, tuple(CASES))
ON = {
    "native": SCALAR,
    "qemu-cortex-m3": SCALAR,
    "qemu-rp2040": SCALAR,
    "qemu-riscv32": SCALAR,
    "qemu-cortex-m4": DSP,
    "qemu-cortex-m7": DSP,
    "qemu-cortex-m33": DSP,
    "qemu-cortex-m55": MVE,
}


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with started_bench(request.param, "fast") as running:
        yield running


@pytest.mark.parametrize(
    ("bench", "kind"),
    [(target, kind) for target, fast in ON.items() for kind in fast.kinds],
    indirect=["bench"],
)
def test_bit_exact(kind: str, bench: Bench) -> None:
    fast = ON[bench.target.name]
    ran = check_on_bench(bench, CASES[kind], fast.seed, NUMBER)
    own = {kernel for kernel in ran if kernel.startswith(fast.prefix) or kernel in fast.own}
    operator = kind.partition(" ")[0]
    assert set(ran) - own <= {f"{operator}_S8", "PAD_S8"}, ran
    assert sum(ran[kernel] for kernel in own) > ran.total() / 4, ran
