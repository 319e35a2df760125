"""Kernels' numbers and parameter structs: firmware/kernels/opcodes.h and params.h in Python.

Every struct consists of 4-byte little-endian fields only, so packing needs no padding rules. The
meaning of each field stands in params.h; tests/unit/test_opcodes.py compares names, order and sizes
with the headers.
"""

from __future__ import annotations

import dataclasses
import enum
import struct
from dataclasses import dataclass

ADD_MAX_DIMS = 6
PAD_MAX_DIMS = 5
MEAN_MAX_DIMS = 4


class Opcode(enum.IntEnum):
    """`enum th_opcode`, without its prefix."""

    CONV_2D_S8 = 1
    DEPTHWISE_CONV_2D_S8 = 2
    FULLY_CONNECTED_S8 = 3
    AVERAGE_POOL_2D_S8 = 4
    MAX_POOL_2D_S8 = 5
    ADD_S8 = 6
    COPY = 7
    SOFTMAX_S8 = 8
    SOFTMAX_S8_S16 = 9
    RELU_S8 = 10
    PAD_S8 = 11
    MEAN_S8 = 12
    QUANTIZE = 13
    REQUANTIZE = 14
    DEQUANTIZE = 15


class Params:
    """Base of the parameter structs: frozen dataclasses of int, float and tuples of int."""

    def pack(self) -> bytes:
        """The struct's bytes.

        Raises:
            struct.error: a field does not fit into 32 bits.
        """
        packed = b""
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, float):
                packed += struct.pack("<f", value)
            elif isinstance(value, tuple):
                packed += struct.pack(f"<{len(value)}i", *value)
            else:
                packed += struct.pack("<i", value)
        return packed


@dataclass(frozen=True)
class Conv2DParams(Params):
    """`th_conv_2d_s8_params`."""

    batches: int
    input_height: int
    input_width: int
    input_depth: int
    output_height: int
    output_width: int
    output_depth: int
    filter_height: int
    filter_width: int
    filter_depth: int
    stride_height: int
    stride_width: int
    dilation_height: int
    dilation_width: int
    pad_top: int
    pad_left: int
    input_offset: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class DepthwiseConv2DParams(Params):
    """`th_depthwise_conv_2d_s8_params`."""

    batches: int
    input_height: int
    input_width: int
    input_depth: int
    output_height: int
    output_width: int
    depth_multiplier: int
    filter_height: int
    filter_width: int
    stride_height: int
    stride_width: int
    dilation_height: int
    dilation_width: int
    pad_top: int
    pad_left: int
    input_offset: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class FullyConnectedParams(Params):
    """`th_fully_connected_s8_params`."""

    batches: int
    input_depth: int
    output_depth: int
    input_offset: int
    filter_offset: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class Pool2DParams(Params):
    """`th_pool_2d_s8_params`."""

    batches: int
    input_height: int
    input_width: int
    depth: int
    output_height: int
    output_width: int
    filter_height: int
    filter_width: int
    stride_height: int
    stride_width: int
    pad_top: int
    pad_left: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class AddParams(Params):
    """`th_add_s8_params`; the tuples have ADD_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input1_strides: tuple[int, ...]
    input2_strides: tuple[int, ...]
    left_shift: int
    input1_offset: int
    input1_multiplier: int
    input1_shift: int
    input2_offset: int
    input2_multiplier: int
    input2_shift: int
    output_offset: int
    output_multiplier: int
    output_shift: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class CopyParams(Params):
    """`th_copy_params`."""

    size_bytes: int


@dataclass(frozen=True)
class SoftmaxParams(Params):
    """`th_softmax_s8_params`."""

    rows: int
    depth: int
    input_multiplier: int
    input_left_shift: int
    diff_min: int


@dataclass(frozen=True)
class ReluParams(Params):
    """`th_relu_s8_params`."""

    elements: int
    input_offset: int
    output_multiplier: int
    output_shift: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class PadParams(Params):
    """`th_pad_s8_params`; the tuples have PAD_MAX_DIMS entries."""

    input_dims: tuple[int, ...]
    output_dims: tuple[int, ...]
    before: tuple[int, ...]
    pad_value: int


@dataclass(frozen=True)
class MeanParams(Params):
    """`th_mean_s8_params`; the tuples have MEAN_MAX_DIMS entries."""

    kept_dims: tuple[int, ...]
    kept_strides: tuple[int, ...]
    reduced_dims: tuple[int, ...]
    reduced_strides: tuple[int, ...]
    sum_offset: int
    output_multiplier: int
    output_shift: int
    output_offset: int


@dataclass(frozen=True)
class QuantizeParams(Params):
    """`th_quantize_params`."""

    elements: int
    output_dtype: int
    zero_point: int
    scale: float


@dataclass(frozen=True)
class RequantizeParams(Params):
    """`th_requantize_params`."""

    elements: int
    input_dtype: int
    output_dtype: int
    input_offset: int
    output_multiplier: int
    output_shift: int
    output_offset: int


@dataclass(frozen=True)
class DequantizeParams(Params):
    """`th_dequantize_params`."""

    elements: int
    input_dtype: int
    zero_point: int
    scale: float
