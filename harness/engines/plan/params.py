"""Kernels' parameter structs: firmware/kernels/params.h in Python.

Every struct consists of 4-byte little-endian fields only, so packing needs no padding rules. The
meaning of each field stands in params.h; tests/unit/test_opcodes.py compares names, order and sizes
with the header.
"""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass

BROADCAST_MAX_DIMS = 6
PAD_MAX_DIMS = 5
MEAN_MAX_DIMS = 4
BATCH_MATMUL_BATCH_DIMS = 3
LSTM_GATES = 4
STRIDED_COPY_MAX_DIMS = 6


@dataclass(frozen=True)
class Params:
    """Base of the parameter structs: frozen dataclasses of int, float and tuples of int."""

    def pack(self) -> bytes:
        """The struct's bytes.

        Raises:
            struct.error: a field does not fit into 32 bits.
        """
        packed = b""
        for field in dataclasses.fields(self):
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
    """`th_conv_2d_params`."""

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
    accumulator_bits: int


@dataclass(frozen=True)
class DepthwiseConv2DParams(Params):
    """`th_depthwise_conv_2d_params`."""

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
    """`th_fully_connected_params`."""

    batches: int
    input_depth: int
    output_depth: int
    input_offset: int
    filter_offset: int
    output_offset: int
    activation_min: int
    activation_max: int
    accumulator_bits: int


@dataclass(frozen=True)
class Pool2DParams(Params):
    """`th_pool_2d_params`."""

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
    """`th_add_params`; the tuples have BROADCAST_MAX_DIMS entries."""

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
    """`th_relu_params`."""

    elements: int
    input_offset: int
    output_multiplier: int
    output_shift: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class PadParams(Params):
    """`th_pad_params`; the tuples have PAD_MAX_DIMS entries."""

    input_dims: tuple[int, ...]
    output_dims: tuple[int, ...]
    before: tuple[int, ...]
    pad_value: int


@dataclass(frozen=True)
class MeanParams(Params):
    """`th_mean_params`; the tuples have MEAN_MAX_DIMS entries."""

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


@dataclass(frozen=True)
class MulParams(Params):
    """`th_mul_params`; the tuples have BROADCAST_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input1_strides: tuple[int, ...]
    input2_strides: tuple[int, ...]
    input1_offset: int
    input2_offset: int
    output_offset: int
    output_multiplier: int
    output_shift: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class ArithmeticS32Params(Params):
    """`th_arithmetic_s32_params`; the tuples have BROADCAST_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input1_strides: tuple[int, ...]
    input2_strides: tuple[int, ...]
    operation: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class MaximumMinimumParams(Params):
    """`th_maximum_minimum_params`; the tuples have BROADCAST_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input1_strides: tuple[int, ...]
    input2_strides: tuple[int, ...]
    dtype: int
    is_maximum: int


@dataclass(frozen=True)
class PreluParams(Params):
    """`th_prelu_params`; the tuples have BROADCAST_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input1_strides: tuple[int, ...]
    input2_strides: tuple[int, ...]
    dtype: int
    input_offset: int
    slope_offset: int
    output_offset: int
    identity_multiplier: int
    identity_shift: int
    slope_multiplier: int
    slope_shift: int


@dataclass(frozen=True)
class LeakyReluS16Params(Params):
    """`th_leaky_relu_s16_params`."""

    elements: int
    input_offset: int
    output_offset: int
    identity_multiplier: int
    identity_shift: int
    alpha_multiplier: int
    alpha_shift: int
    alpha_is_negative: int


@dataclass(frozen=True)
class LookupParams(Params):
    """`th_lookup_s8_params`."""

    elements: int


@dataclass(frozen=True)
class SigmoidS16Params(Params):
    """`th_sigmoid_s16_params`."""

    elements: int
    input_multiplier: int
    input_right_shift: int


@dataclass(frozen=True)
class StridedCopyParams(Params):
    """`th_strided_copy_params`; the tuples have STRIDED_COPY_MAX_DIMS entries."""

    dims: tuple[int, ...]
    input_strides: tuple[int, ...]
    output_strides: tuple[int, ...]
    input_offset: int
    output_offset: int
    block_bytes: int


@dataclass(frozen=True)
class ResizeNearestNeighborParams(Params):
    """`th_resize_nearest_neighbor_params`."""

    batches: int
    input_height: int
    input_width: int
    output_height: int
    output_width: int
    pixel_bytes: int


@dataclass(frozen=True)
class ResizeBilinearParams(Params):
    """`th_resize_bilinear_s8_params`."""

    batches: int
    input_height: int
    input_width: int
    depth: int
    output_height: int
    output_width: int
    height_scale: int
    width_scale: int
    half_pixel_centers: int


@dataclass(frozen=True)
class ArgMaxParams(Params):
    """`th_arg_max_params`."""

    outer: int
    extent: int
    inner: int
    dtype: int
    is_maximum: int


@dataclass(frozen=True)
class ReduceMaxParams(Params):
    """`th_reduce_max_params`; the tuples have MEAN_MAX_DIMS entries."""

    kept_dims: tuple[int, ...]
    kept_strides: tuple[int, ...]
    reduced_dims: tuple[int, ...]
    reduced_strides: tuple[int, ...]
    dtype: int
    is_maximum: int


@dataclass(frozen=True)
class SoftmaxS16Params(Params):
    """`th_softmax_s16_params`."""

    rows: int
    depth: int
    input_multiplier: int
    input_shift: int


@dataclass(frozen=True)
class TransposeConvParams(Params):
    """`th_transpose_conv_params`."""

    batches: int
    input_height: int
    input_width: int
    input_depth: int
    output_height: int
    output_width: int
    output_depth: int
    filter_height: int
    filter_width: int
    stride_height: int
    stride_width: int
    pad_top: int
    pad_left: int
    input_offset: int
    output_offset: int
    activation_min: int
    activation_max: int


@dataclass(frozen=True)
class BatchMatmulParams(Params):
    """`th_batch_matmul_params`; the tuples have BATCH_MATMUL_BATCH_DIMS entries."""

    batch_dims: tuple[int, ...]
    left_batch_strides: tuple[int, ...]
    right_batch_strides: tuple[int, ...]
    rows: int
    columns: int
    depth: int
    left_row_stride: int
    left_depth_stride: int
    right_depth_stride: int
    right_column_stride: int
    left_offset: int
    right_offset: int
    output_offset: int
    output_multiplier: int
    output_shift: int


@dataclass(frozen=True)
class SvdfParams(Params):
    """`th_svdf_params`."""

    batches: int
    input_depth: int
    units: int
    rank: int
    memory: int
    input_offset: int
    state_multiplier: int
    state_shift: int
    state_offset: int
    output_multiplier: int
    output_shift: int
    output_offset: int


@dataclass(frozen=True)
class LstmParams(Params):
    """`th_lstm_params`; the tuples have LSTM_GATES entries."""

    batches: int
    time_steps: int
    batch_stride: int
    time_stride: int
    input_depth: int
    state_depth: int
    input_offset: int
    hidden_offset: int
    input_multipliers: tuple[int, ...]
    input_shifts: tuple[int, ...]
    recurrent_multipliers: tuple[int, ...]
    recurrent_shifts: tuple[int, ...]
    forget_multiplier: int
    forget_shift: int
    update_multiplier: int
    update_shift: int
    hidden_multiplier: int
    hidden_shift: int
    cell_clip: int
    tanh_multiplier: int
    tanh_right_shift: int
