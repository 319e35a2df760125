"""Kernels' numbers: firmware/kernels/opcodes.h in Python (tests/unit/test_opcodes.py compares the two)."""

from __future__ import annotations

import enum


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
    LOOKUP_S8 = 16
    STRIDED_COPY = 17
    SUB_S8 = 18
    MUL_S8 = 19
    ADD_S16 = 20
    SUB_S16 = 21
    MUL_S16 = 22
    ARITHMETIC_S32 = 23
    MAXIMUM_MINIMUM = 24
    PRELU = 25
    LEAKY_RELU_S16 = 26
    LOGISTIC_S16 = 27
    TANH_S16 = 28
    RESIZE_NEAREST_NEIGHBOR = 29
    RESIZE_BILINEAR_S8 = 30
    ARG_MAX = 31
    MEAN_S16 = 32
    REDUCE_MAX = 33
    RELU_S16 = 34
    CONV_2D_S16 = 48
    DEPTHWISE_CONV_2D_S16 = 49
    FULLY_CONNECTED_S16 = 50
    AVERAGE_POOL_2D_S16 = 51
    MAX_POOL_2D_S16 = 52
    PAD_S16 = 53
    SOFTMAX_S16 = 54
    TRANSPOSE_CONV_S8 = 55
    TRANSPOSE_CONV_S16 = 56
    BATCH_MATMUL_S8 = 57
    BATCH_MATMUL_S16 = 58
    SVDF_S8 = 59
    SVDF_S16 = 60
    LSTM_S8 = 61
    LSTM_S16 = 62
    DSP_CONV_2D_S8 = 64
    DSP_CONV_1X1_S8 = 65
    DSP_FULLY_CONNECTED_S8 = 66
    DSP_DEPTHWISE_CONV_2D_S8 = 67
    DSP_DEPTHWISE_3X3_S8 = 68
    MVE_CONV_2D_S8 = 80
    MVE_CONV_1X1_S8 = 81
    MVE_FULLY_CONNECTED_S8 = 82
    MVE_DEPTHWISE_CONV_2D_S8 = 83
    MVE_ADD_S8 = 84
    MVE_DEPTHWISE_CONV_3X3_S8 = 85
    MVE_AVERAGE_POOL_2D_S8 = 86
    MVE_MAX_POOL_2D_S8 = 87
    SCALAR_CONV_2D_S8 = 96
    SCALAR_CONV_1X1_S8 = 97
    SCALAR_FULLY_CONNECTED_S8 = 98
    SCALAR_DEPTHWISE_CONV_2D_S8 = 99
    CMSIS_CONV_2D_S8 = 112
    CMSIS_DEPTHWISE_CONV_2D_S8 = 113
    CMSIS_FULLY_CONNECTED_S8 = 114
    CMSIS_AVERAGE_POOL_2D_S8 = 115
    CMSIS_MAX_POOL_2D_S8 = 116


class Arithmetic(enum.IntEnum):
    """`enum th_arithmetic`, without its prefix."""

    ADD = 0
    SUB = 1
    MUL = 2
