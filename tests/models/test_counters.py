"""Counters against published figures, and against counts by hand."""

from __future__ import annotations

import pytest

from harness.engines.plan.compile import compile_model
from models.arch.counters import count, planned_arena_bytes
from models.arch.layers import Dense, Lstm
from models.arch.randomise import random_parameters
from models.arch.spec import ArchBuilder
from models.arch.to_tflite import to_tflite
from models.zoo import ZOO

# Operations (2 per multiply-accumulate, millions) and flash (KB of 1024) as printed in MicroNets, arXiv
# 2010.11267v6, table 4; parameters and peak bytes counted for this project from its layer tables.
MICRONETS = {
    "micronet-kws-s": (16.4, 102, 60_240, 51_660),
    "micronet-kws-m": (30.6, 163, 111_984, 86_100),
    "micronet-kws-l": (129, 612, 500_328, 169_740),
    "micronet-ad-s": (37.5, 253, 194_868, 98_304),
    "micronet-ad-m": (124.7, 464, 375_064, 245_760),
    "micronet-ad-l": (129, 442, 361_316, 353_280),
}
# Operations of the same tables (millions), counted for this project.
AD_MOPS = {"micronet-ad-s": 37.48, "micronet-ad-m": 124.70, "micronet-ad-l": 128.99}
# Re-created layer lists: operations as printed in the paper, and how far ours may be off.
VWW = {
    "micronet-vww-2": (5.3, 0.19),
    "micronet-vww-3": (45.2, 0.01),
    "micronet-vww-4": (37.7, 0.01),
}
BASELINES = {"micronets-ds-cnn-s": 7.1, "micronets-ds-cnn-m": 37.3, "micronets-ds-cnn-l": 107.2}
# Bytes of the int8 files of github.com/ARM-software/ML-zoo at fec0bb5bcd48, and multiply-accumulates by
# hand: map x taps x width of the first convolution, then every block's map x width x (9 + width), then the
# classifier.
HELLO_EDGE = {
    "ds-cnn-s": (47_616, 125 * 40 * 64 + 4 * 125 * 64 * (9 + 64) + 64 * 12),
    "ds-cnn-m": (186_288, 250 * 40 * 172 + 4 * 65 * 172 * (9 + 172) + 172 * 12),
    "ds-cnn-l": (503_816, 250 * 40 * 276 + 5 * 65 * 276 * (9 + 276) + 276 * 12),
}
# Multiply-accumulates and bytes of the files of github.com/mlcommons/tiny at 1afd2c9820f7.
MLPERF = {
    "kws01": (2_656_768, 53_936),
    "vww01": (7_489_664, 333_288),
    "ic01": (12_501_632, 98_496),
    "ad01": (264_192, 276_976),
    "sww01": (826_368, 74_520),
}


@pytest.mark.parametrize("name", MICRONETS)
def test_micronets(name: str) -> None:
    mops, flash_kb, parameters, peak_bytes = MICRONETS[name]
    counts = count(ZOO[name].build())
    assert counts.ops / 1e6 == pytest.approx(mops, rel=0.025)
    assert counts.parameters == parameters
    assert counts.peak_bytes == peak_bytes
    assert counts.flash_estimate_bytes / 1024 == pytest.approx(flash_kb, rel=0.03)


@pytest.mark.parametrize("name", AD_MOPS)
def test_micronets_ad(name: str) -> None:
    assert count(ZOO[name].build()).ops / 1e6 == pytest.approx(AD_MOPS[name], rel=1e-3)


@pytest.mark.parametrize("name", VWW)
def test_micronets_vww(name: str) -> None:
    mops, tolerance = VWW[name]
    assert count(ZOO[name].build()).ops / 1e6 == pytest.approx(mops, rel=tolerance)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_of_micronets(name: str) -> None:
    assert count(ZOO[name].build()).ops / 1e6 == pytest.approx(BASELINES[name], rel=0.025)


@pytest.mark.parametrize("name", HELLO_EDGE)
def test_ds_cnn(name: str) -> None:
    file_bytes, macs = HELLO_EDGE[name]
    counts = count(ZOO[name].build())
    assert counts.macs == macs
    assert counts.flash_estimate_bytes == pytest.approx(file_bytes, rel=0.05)


@pytest.mark.parametrize("name", MLPERF)
def test_mlperf_tiny(name: str) -> None:
    macs, file_bytes = MLPERF[name]
    counts = count(ZOO[name].build())
    assert counts.macs == macs
    assert counts.flash_estimate_bytes == pytest.approx(file_bytes, rel=0.08)


def test_zoo_is_covered() -> None:
    assert set(ZOO) == {*MICRONETS, *VWW, *BASELINES, *HELLO_EDGE, *MLPERF}


def test_the_plan_counts_the_same() -> None:
    for name in ("kws01", "ad01", "sww01", "micronet-vww-2"):
        arch = ZOO[name].build()
        data = to_tflite(arch, random_parameters(arch))
        plan = compile_model(data, name)
        assert plan.macs == count(arch).macs
        assert planned_arena_bytes(data) == plan.arena_bytes


def test_planned_memory_holds_residual_tensors() -> None:
    """One waits while the layers beside it run; MicroNets' count sees those layers alone."""
    b = ArchBuilder("residual", (1, 8, 8, 8))
    x = b.conv(8)
    b.conv(32)
    b.conv(32)
    b.residual(x, b.conv(8))
    arch = b.build()
    assert count(arch).peak_bytes == 2 * 8 * 8 * 32
    data = to_tflite(arch, random_parameters(arch))
    assert planned_arena_bytes(data) >= 2 * 8 * 8 * 32 + 8 * 8 * 8


def test_by_hand() -> None:
    b = ArchBuilder("hand", (1, 5, 4, 3))
    x = b.conv(2, (3, 2), (2, 1), padding="VALID")  # 2 x 3 x 2 outputs of 18 products
    b.depthwise((2, 2))  # 2 x 3 x 2 outputs of 4 products
    b.residual(x, b.last)
    b.classifier(7)
    counts = count(b.build())
    assert counts.macs == 12 * 18 + 12 * 4 + 2 * 7
    assert counts.ops == 2 * counts.macs
    assert counts.parameters == 2 * 19 + 2 * 5 + 7 * 3
    assert counts.peak_bytes == 60 + 12


def test_shared_weights_count_once() -> None:
    b = ArchBuilder("shared", (1, 6))
    first = b.add(Dense(6, bias=False))
    b.add(Dense(6, bias=False), shares=first)
    counts = count(b.build())
    assert (counts.macs, counts.parameters) == (72, 36)


def test_lstm() -> None:
    b = ArchBuilder("lstm", (1, 9, 5))
    b.add(Lstm(4))
    counts = count(b.build())
    assert (counts.macs, counts.parameters) == (9 * 4 * 4 * (5 + 4), 4 * 4 * (5 + 4 + 1))
