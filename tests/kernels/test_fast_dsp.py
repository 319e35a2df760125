"""Kernel set `fast` on cores with the DSP extension: random layers against the oracle, bit for bit.

More of them by hand: TINYHIL_KERNEL_CASES=500 .venv/bin/pytest tests/kernels/test_fast_dsp.py
"""

from __future__ import annotations

import os

import pytest

from tests.kernels.bench import started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench
from tests.operators.test_elementwise import add_case

pytestmark = pytest.mark.emulator
NUMBER = int(os.environ.get("TINYHIL_KERNEL_CASES", "5"))
SEED = 470
LAYERS = {
    "CONV_2D": (CASES["CONV_2D"], {"DSP_CONV_2D_S8", "DSP_CONV_1X1_S8", "CONV_2D_S8"}),
    "CONV_2D 1x1": (CASES["CONV_2D 1x1"], {"DSP_CONV_1X1_S8", "CONV_2D_S8"}),
    "DEPTHWISE_CONV_2D": (
        CASES["DEPTHWISE_CONV_2D"],
        {"DSP_DEPTHWISE_CONV_2D_S8", "DSP_DEPTHWISE_3X3_S8", "DEPTHWISE_CONV_2D_S8"},
    ),
    "DEPTHWISE_CONV_2D 3x3": (
        CASES["DEPTHWISE_CONV_2D 3x3"],
        {"DSP_DEPTHWISE_CONV_2D_S8", "DSP_DEPTHWISE_3X3_S8"},
    ),
    "FULLY_CONNECTED": (
        CASES["FULLY_CONNECTED"],
        {"DSP_FULLY_CONNECTED_S8", "FULLY_CONNECTED_S8"},
    ),
    "AVERAGE_POOL_2D": (CASES["AVERAGE_POOL_2D"], {"AVERAGE_POOL_2D_S8"}),
    "MAX_POOL_2D": (CASES["MAX_POOL_2D"], {"MAX_POOL_2D_S8"}),
    "ADD": (add_case, {"ADD_S8"}),
}
OWN = {"ADD_S8", "AVERAGE_POOL_2D_S8", "MAX_POOL_2D_S8"}
"""Reference opcodes for which the set has kernels of its own."""


@pytest.mark.parametrize("target", ["qemu-cortex-m4", "qemu-cortex-m7", "qemu-cortex-m33"])
@pytest.mark.parametrize("layer", LAYERS)
def test_bit_exact(layer: str, target: str) -> None:
    make_case, possible = LAYERS[layer]
    with started_bench(target, "fast") as bench:
        ran = check_on_bench(bench, make_case, SEED, NUMBER)
    fast = sum(count for kernel, count in ran.items() if kernel.startswith("DSP_") or kernel in OWN)
    assert set(ran) <= possible, ran
    assert fast > ran.total() / 4, ran
