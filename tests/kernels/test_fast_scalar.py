"""Kernel set `fast` on cores without SIMD: random layers against the oracle, bit for bit.

More of them by hand: TINYHIL_KERNEL_CASES=500 .venv/bin/pytest tests/kernels/test_fast_scalar.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.kernels.bench import Bench, started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench

pytestmark = pytest.mark.emulator
NUMBER = int(os.environ.get("TINYHIL_KERNEL_CASES", "5"))
SEED = 60
TARGETS = ("native", "qemu-cortex-m3", "qemu-rp2040", "qemu-riscv32")
LAYERS = {
    "CONV_2D": (CASES["CONV_2D"], {"SCALAR_CONV_2D_S8", "SCALAR_CONV_1X1_S8", "CONV_2D_S8"}),
    "CONV_2D 1x1": (CASES["CONV_2D 1x1"], {"SCALAR_CONV_1X1_S8", "CONV_2D_S8"}),
    "DEPTHWISE_CONV_2D": (
        CASES["DEPTHWISE_CONV_2D"],
        {"SCALAR_DEPTHWISE_CONV_2D_S8", "DEPTHWISE_CONV_2D_S8"},
    ),
    "DEPTHWISE_CONV_2D 3x3": (
        CASES["DEPTHWISE_CONV_2D 3x3"],
        {"SCALAR_DEPTHWISE_CONV_2D_S8", "DEPTHWISE_CONV_2D_S8"},
    ),
    "FULLY_CONNECTED": (
        CASES["FULLY_CONNECTED"],
        {"SCALAR_FULLY_CONNECTED_S8", "FULLY_CONNECTED_S8"},
    ),
}


@pytest.fixture(scope="module", params=TARGETS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with started_bench(request.param, "fast") as running:
        yield running


@pytest.mark.parametrize("layer", LAYERS)
def test_bit_exact(layer: str, bench: Bench) -> None:
    make_case, possible = LAYERS[layer]
    ran = check_on_bench(bench, make_case, SEED, NUMBER)
    fast = sum(count for kernel, count in ran.items() if kernel.startswith("SCALAR_"))
    assert set(ran) <= possible, ran
    assert fast > ran.total() / 4, ran
