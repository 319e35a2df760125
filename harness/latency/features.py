"""From a step of the plan to the quantities that its time is a sum of: how often each loop of its kernel turns.

Every step belongs to a family, the steps that run the same code: a kernel, or one of the ways through it. A family's
features are counts (calls, rows, pixels, blocks of channels, taps inside the input, multiply-accumulates), so that
cycles are close to a sum of counts times non-negative costs, whatever the core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from harness.engines.plan.windows import taps_along
from harness.latency.features_cmsis import CMSIS
from harness.latency.features_dsp import DSP
from harness.latency.features_mve import MVE
from harness.latency.features_scalar import SCALAR
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

FEATURES_VERSION = 2
"""Counts up with every change of a family's features: older model files no longer apply."""


def features(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """Return the step's family, and its features by name.

    Args:
        step: of a plan.
        simd: vector instructions of the core: libraries choose their code by them.
    """
    of_kernel = _KERNELS.get(step.opcode)
    if of_kernel is not None:
        return of_kernel(step, simd)
    return step.opcode, _anything(step)


Kernel = Callable[[StepShape, Simd], tuple[str, Features]]


def _anything(step: StepShape) -> Features:
    """Of a kernel that nothing more is known of."""
    return {
        "call": 1.0,
        "output_bytes": step.output_bytes,
        "input_bytes": step.input_bytes,
        "constant_bytes": step.constant_bytes,
        "macs": step.macs,
    }


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    down, across = _taps(p)
    each = p["batches"] * p["output_depth"]
    taps = each * down * across
    filter_rows = each * p["output_width"] * down
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "outputs": pixels * p["output_depth"],
        "filter_rows": filter_rows,
        "taps": taps,
        "macs": taps * p["filter_depth"],
        # A loop that turns more than once ends with a branch that a predictor gets wrong.
        "rows_left": filter_rows * (p["filter_width"] > 1),
        "taps_left": taps * (p["filter_depth"] > 1),
        "outputs_left": pixels * p["output_depth"] * (p["filter_height"] > 1),
    }


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    channels = p["input_depth"] * p["depth_multiplier"]
    down, across = _taps(p)
    each = p["batches"] * channels
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "outputs": pixels * channels,
        "filter_rows": each * p["output_width"] * down,
        "taps": each * down * across,
    }


def _pool(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    down, across = _taps(p)
    each = p["batches"] * p["depth"]
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "outputs": pixels * p["depth"],
        "filter_rows": each * p["output_width"] * down,
        "taps": each * down * across,
    }


def _taps(p: Mapping[str, Any]) -> tuple[int, int]:
    """Taps inside the input, summed over the output's rows, and over its columns."""
    return taps_along(p, "height", "top"), taps_along(p, "width", "left")


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    outputs = p["batches"] * p["output_depth"]
    return step.opcode, {
        "call": 1.0,
        "batches": p["batches"],
        "outputs": outputs,
        "macs": outputs * p["input_depth"],
    }


def _lines(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """Kernels that walk one line (innermost dimension) after another."""
    dims = step.params["dims"]
    return step.opcode, {
        "call": 1.0,
        "lines": math.prod(dims[:-1]),
        "elements": math.prod(dims),
    }


def _strided_copy(step: StepShape, simd: Simd) -> tuple[str, Features]:
    dims, size = step.params["dims"], step.params["block_bytes"]
    blocks = math.prod(dims)
    features = {
        "call": 1.0,
        "lines": math.prod(dims[:-1]),
        "blocks": blocks,
    }
    if size == 1:
        return f"{step.opcode}/bytes", features
    return step.opcode, {
        **features,
        "words": blocks * (size // 4),
        "odd_bytes": blocks * (size % 4),
    }


def _pad(step: StepShape, simd: Simd) -> tuple[str, Features]:
    dims = step.params["input_dims"]
    lines = math.prod(dims[:-1])
    return step.opcode, {
        "call": 1.0,
        "output_bytes": step.output_bytes,
        "planes": math.prod(dims[:-2]),
        "lines": lines,
        "words": lines * (dims[-1] // 4),
        "odd_bytes": lines * (dims[-1] % 4),
    }


def _softmax(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    return step.opcode, {"call": 1.0, "rows": p["rows"], "elements": p["rows"] * p["depth"]}


def _lstm(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    times = p["batches"] * p["time_steps"]
    units = times * p["state_depth"]
    return step.opcode, {
        "call": 1.0,
        "times": times,
        "units": units,
        "input_macs": units * p["input_depth"],
        "state_macs": units * p["state_depth"],
    }


_KERNELS: Mapping[str, Kernel] = {
    **CMSIS,
    **DSP,
    **MVE,
    **SCALAR,
    "CONV_2D_S8": _convolution,
    "CONV_2D_S16": _convolution,
    "DEPTHWISE_CONV_2D_S8": _depthwise,
    "DEPTHWISE_CONV_2D_S16": _depthwise,
    "AVERAGE_POOL_2D_S8": _pool,
    "AVERAGE_POOL_2D_S16": _pool,
    "MAX_POOL_2D_S8": _pool,
    "MAX_POOL_2D_S16": _pool,
    "FULLY_CONNECTED_S8": _fully_connected,
    "FULLY_CONNECTED_S16": _fully_connected,
    "ADD_S8": _lines,
    "SUB_S8": _lines,
    "MUL_S8": _lines,
    "ADD_S16": _lines,
    "SUB_S16": _lines,
    "MUL_S16": _lines,
    "STRIDED_COPY": _strided_copy,
    "PAD_S8": _pad,
    "SOFTMAX_S8": _softmax,
    "LSTM_S8": _lstm,
    "LSTM_S16": _lstm,
}
