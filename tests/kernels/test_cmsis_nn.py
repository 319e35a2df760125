"""Kernel set cmsis-nn, bit for bit, on cores of every kind. By hand: TINYHIL_KERNEL_CASES=500 pytest tests/kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.build import cmsis_nn
from harness.errors import BuildError
from tests.kernels.bench import Bench, started_bench
from tests.kernels.cases import CASES
from tests.kernels.compare import check_on_bench

pytest.importorskip("bakenn", reason="pip install 'tinyhil[cmsis-nn]'")

CASES_EACH = int(os.environ.get("TINYHIL_KERNEL_CASES", "40"))
KINDS = tuple(kind for kind in CASES if kind != "ADD")
TARGETS = (
    "native",
    "qemu-rp2040",
    "qemu-cortex-m3",
    "qemu-cortex-m4",
    "qemu-cortex-m55",
    "qemu-riscv32",
)


@pytest.fixture(scope="module", params=TARGETS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with started_bench(request.param, "cmsis-nn") as running:
        yield running


@pytest.mark.emulator
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_oracles(bench: Bench, kind: str) -> None:
    kernels = check_on_bench(bench, CASES[kind], seed=5, cases=CASES_EACH)
    assert any(kernel.startswith("CMSIS_") for kernel in kernels), kernels


def test_changed_source_is_refused(tmp_path: Path) -> None:
    root = cmsis_nn.bundle(tmp_path)
    source = next(root.rglob("arm_convolve_s8.c"))
    source.write_text(source.read_text() + "\n")
    with pytest.raises(BuildError, match=r"arm_convolve_s8\.c is not that of bakenn 1\.0\.0"):
        cmsis_nn.check(root)
