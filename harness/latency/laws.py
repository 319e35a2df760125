"""The op-count law: latency of whole networks of one backbone is linear in their operations.

Source: MicroNets, arXiv 2010.11267 (0.95 < r2 < 0.99 on two boards); one multiply-accumulate is two operations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.latency.networks import Sample
from harness.records import Record


class OpLaw(Record):
    """cycles = intercept + slope * ops, by least squares.

    Attributes:
        backbone: name of the space.
        networks: how many it was fitted to.
        slope: cycles per operation.
        intercept: cycles.
        r2: share of the variance that it explains.
        median_error: relative, of its own networks.
        ops_per_s: 1 / slope at the target's clock.
        layer_r2: the same for single layers with multiply-accumulates; None without layer times.
    """

    backbone: str
    networks: int
    slope: float
    intercept: float
    r2: float
    median_error: float
    ops_per_s: float
    layer_r2: float | None


def op_law(backbone: str, samples: Sequence[Sample], clock_hz: int) -> OpLaw | None:
    """Return the law of one backbone; None for fewer than three networks, or networks of one size."""
    ops = np.array([sample.ops for sample in samples], np.float64)
    cycles = np.array([sample.latency for sample in samples], np.float64)
    if len(set(ops)) < 3:
        return None
    slope, intercept, r2 = line(ops, cycles)
    layers = [
        (2.0 * step.macs, float(spent))
        for sample in samples
        for step, spent in zip(sample.steps, sample.step_cycles, strict=False)
        if step.macs
    ]
    layer_r2 = None
    if len({ops_of for ops_of, _ in layers}) >= 3:
        columns = np.array(layers)
        layer_r2 = line(columns[:, 0], columns[:, 1])[2]
    errors = np.abs((intercept + slope * ops) / cycles - 1.0)
    return OpLaw(
        backbone=backbone,
        networks=len(samples),
        slope=slope,
        intercept=intercept,
        r2=r2,
        median_error=float(np.median(errors)),
        ops_per_s=clock_hz / slope if slope > 0 else 0.0,
        layer_r2=layer_r2,
    )


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return slope, intercept and r2 of the least-squares line."""
    slope, intercept = np.polyfit(x, y, 1)
    residual = y - (intercept + slope * x)
    spread = float(np.sum((y - y.mean()) ** 2))
    r2 = 1.0 - float(residual @ residual) / spread if spread else 1.0
    return float(slope), float(intercept), r2
