"""Kernel set `fast` on the Cortex-M55: random layers against the oracle, bit for bit.

More of them by hand: TINYHIL_KERNEL_CASES=500 .venv/bin/pytest tests/kernels/test_fast_mve.py
"""

from __future__ import annotations

import os

import pytest

from tests.kernels.bench import started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench
from tests.operators.test_elementwise import add_case

pytestmark = pytest.mark.emulator
NUMBER = int(os.environ.get("TINYHIL_KERNEL_CASES", "8"))
SEED = 550
LAYERS = {
    "CONV_2D": (CASES["CONV_2D"], {"MVE_CONV_2D_S8", "MVE_CONV_1X1_S8", "CONV_2D_S8"}),
    "CONV_2D 1x1": (
        CASES["CONV_2D 1x1"],
        {"MVE_CONV_1X1_S8", "MVE_CONV_2D_S8", "CONV_2D_S8"},
    ),
    "DEPTHWISE_CONV_2D": (
        CASES["DEPTHWISE_CONV_2D"],
        {"MVE_DEPTHWISE_CONV_2D_S8", "MVE_DEPTHWISE_CONV_3X3_S8", "DEPTHWISE_CONV_2D_S8"},
    ),
    "DEPTHWISE_CONV_2D 3x3": (
        CASES["DEPTHWISE_CONV_2D 3x3"],
        {"MVE_DEPTHWISE_CONV_2D_S8", "MVE_DEPTHWISE_CONV_3X3_S8", "DEPTHWISE_CONV_2D_S8"},
    ),
    "FULLY_CONNECTED": (
        CASES["FULLY_CONNECTED"],
        {"MVE_FULLY_CONNECTED_S8", "FULLY_CONNECTED_S8"},
    ),
    "AVERAGE_POOL_2D": (
        CASES["AVERAGE_POOL_2D"],
        {"MVE_AVERAGE_POOL_2D_S8", "AVERAGE_POOL_2D_S8"},
    ),
    "MAX_POOL_2D": (CASES["MAX_POOL_2D"], {"MVE_MAX_POOL_2D_S8"}),
    "ADD": (add_case, {"MVE_ADD_S8", "ADD_S8"}),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_bit_exact(layer: str) -> None:
    make_case, possible = LAYERS[layer]
    with started_bench("qemu-cortex-m55", "fast") as bench:
        ran = check_on_bench(bench, make_case, SEED, NUMBER)
    fast = sum(count for kernel, count in ran.items() if kernel.startswith("MVE_"))
    assert set(ran) <= possible, ran
    assert fast > ran.total() / 4, ran
