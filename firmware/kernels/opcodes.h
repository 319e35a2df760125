/* Every kernel's number and the order of its operands (outputs first; [x] may be absent).
 * harness/engines/plan/opcodes.py mirrors this file; tests/unit/test_opcodes.py compares the two.
 * A number, once given, never changes its meaning. */
#ifndef TINYHIL_OPCODES_H
#define TINYHIL_OPCODES_H

enum th_opcode {
  TH_OP_CONV_2D_S8 = 1,               /* output, input, filter OHWI, [bias], multipliers, shifts */
  TH_OP_DEPTHWISE_CONV_2D_S8 = 2,     /* output, input, filter 1HWO, [bias], multipliers, shifts */
  TH_OP_FULLY_CONNECTED_S8 = 3,       /* output, input, filter OI, [bias], multipliers, shifts */
  TH_OP_AVERAGE_POOL_2D_S8 = 4,       /* output, input */
  TH_OP_MAX_POOL_2D_S8 = 5,           /* output, input */
  TH_OP_ADD_S8 = 6,                   /* output, input 1, input 2 */
  TH_OP_COPY = 7,                     /* output, input; any type (RESHAPE, SQUEEZE, EXPAND_DIMS) */
  TH_OP_SOFTMAX_S8 = 8,               /* output, input */
  TH_OP_SOFTMAX_S8_S16 = 9,           /* output int16, input int8 */
  TH_OP_RELU_S8 = 10,                 /* output, input (RELU, RELU6) */
  TH_OP_PAD_S8 = 11,                  /* output, input */
  TH_OP_MEAN_S8 = 12,                 /* output, input (MEAN, SUM) */
  TH_OP_QUANTIZE = 13,                /* output int8 or int16, input float32 */
  TH_OP_REQUANTIZE = 14,              /* output, input; both integers */
  TH_OP_DEQUANTIZE = 15,              /* output float32, input int8/uint8/int16 */
  TH_OP_LOOKUP_S8 = 16,               /* output, input, table (LOGISTIC, TANH, HARD_SWISH, ELU, LEAKY_RELU) */
  TH_OP_STRIDED_COPY = 17,            /* output, input; any type (TRANSPOSE, SPLIT, PACK, ...) */
  TH_OP_SUB_S8 = 18,                  /* output, input 1, input 2 */
  TH_OP_MUL_S8 = 19,                  /* output, input 1, input 2 */
  TH_OP_ADD_S16 = 20,                 /* output, input 1, input 2 */
  TH_OP_SUB_S16 = 21,                 /* output, input 1, input 2 */
  TH_OP_MUL_S16 = 22,                 /* output, input 1, input 2 */
  TH_OP_ARITHMETIC_S32 = 23,          /* output, input 1, input 2 (ADD, SUB, MUL) */
  TH_OP_MAXIMUM_MINIMUM = 24,         /* output, input 1, input 2; int8, int16 or int32 */
  TH_OP_PRELU = 25,                   /* output, input, slopes int8; int8 or int16 */
  TH_OP_LEAKY_RELU_S16 = 26,          /* output, input */
  TH_OP_LOGISTIC_S16 = 27,            /* output, input, table */
  TH_OP_TANH_S16 = 28,                /* output, input, table */
  TH_OP_RESIZE_NEAREST_NEIGHBOR = 29, /* output, input, rows, columns; any type */
  TH_OP_RESIZE_BILINEAR_S8 = 30,      /* output, input */
  TH_OP_ARG_MAX = 31,                 /* output int32, input; int8, int16 or int32 (ARG_MAX, ARG_MIN) */
  TH_OP_MEAN_S16 = 32,                /* output, input (MEAN, SUM) */
  TH_OP_REDUCE_MAX = 33,              /* output, input; int8, int16 or int32 (REDUCE_MAX, REDUCE_MIN) */
  TH_OP_RELU_S16 = 34,                /* output, input (RELU, RELU6) */
  TH_OP_CONV_2D_S16 = 48,             /* output, input, filter int8 OHWI, [bias], multipliers, shifts */
  TH_OP_DEPTHWISE_CONV_2D_S16 = 49,   /* output, input, filter int8 1HWO, [bias], multipliers, shifts */
  TH_OP_FULLY_CONNECTED_S16 = 50,     /* output, input, filter int8 OI, [bias], multipliers, shifts */
  TH_OP_AVERAGE_POOL_2D_S16 = 51,     /* output, input */
  TH_OP_MAX_POOL_2D_S16 = 52,         /* output, input */
  TH_OP_PAD_S16 = 53,                 /* output, input */
  TH_OP_SOFTMAX_S16 = 54,             /* output, input, table of exp, table of 1 / (1 + x) */
  TH_OP_TRANSPOSE_CONV_S8 = 55,       /* output, input, filter OHWI, [bias], multipliers, shifts */
  TH_OP_TRANSPOSE_CONV_S16 = 56,      /* output, input, filter int8 OHWI, [bias], multipliers, shifts */
  TH_OP_BATCH_MATMUL_S8 = 57,         /* output, left, right */
  TH_OP_BATCH_MATMUL_S16 = 58,        /* output, left, right */
  TH_OP_SVDF_S8 = 59,                 /* output, state int8, input, feature weights, time weights, [bias] */
  TH_OP_SVDF_S16 = 60,                /* output, state int16, input, feature weights, time weights, [bias] */
  TH_OP_LSTM_S8 = 61,                 /* output, hidden, cell, input, input weights, recurrent weights, biases, table */
  TH_OP_LSTM_S16 = 62,                /* output, hidden, cell, input, input weights, recurrent weights, biases, table */
  /* 64 to 79: kernels/fast/dsp. Packed filters: kernels/fast/dsp/rows.h, depthwise.h. */
  TH_OP_DSP_CONV_2D_S8 = 64,           /* output, scratch, input, filters */
  TH_OP_DSP_CONV_1X1_S8 = 65,          /* output, scratch, input, filters */
  TH_OP_DSP_FULLY_CONNECTED_S8 = 66,   /* output, scratch, input, filters */
  TH_OP_DSP_DEPTHWISE_CONV_2D_S8 = 67, /* output, scratch, input, weights */
  TH_OP_DSP_DEPTHWISE_3X3_S8 = 68,     /* output, scratch, input, weights */
  /* 80 to 95: kernels/fast/mve. Packed filters and constants: gemm.h, depthwise.h and depthwise_3x3.h there. */
  TH_OP_MVE_CONV_2D_S8 = 80,          /* output, scratch, input, filters, constants */
  TH_OP_MVE_CONV_1X1_S8 = 81,         /* output, input, filters, constants */
  TH_OP_MVE_FULLY_CONNECTED_S8 = 82,  /* output, input, filters, constants */
  TH_OP_MVE_DEPTHWISE_CONV_2D_S8 = 83, /* output, scratch, input, weights with constants */
  TH_OP_MVE_ADD_S8 = 84,              /* output, input 1, input 2; the same shape */
  TH_OP_MVE_DEPTHWISE_CONV_3X3_S8 = 85, /* output, scratch, input, weights with constants; up to 3x3 */
  TH_OP_MVE_AVERAGE_POOL_2D_S8 = 86,  /* output, input */
  TH_OP_MVE_MAX_POOL_2D_S8 = 87,      /* output, input */
  /* 96 to 111: kernels/fast/scalar. Packed filters: kernels/fast/scalar/filters.h, depthwise.h. */
  TH_OP_SCALAR_CONV_2D_S8 = 96,           /* output, scratch, input, filters */
  TH_OP_SCALAR_CONV_1X1_S8 = 97,          /* output, scratch, input, filters */
  TH_OP_SCALAR_FULLY_CONNECTED_S8 = 98,   /* output, scratch, input, filters */
  TH_OP_SCALAR_DEPTHWISE_CONV_2D_S8 = 99, /* output, scratch, input, weights */
  TH_OP_CMSIS_CONV_2D_S8 = 112,           /* output, input, filter OHWI, [bias], multipliers, shifts, [scratch] */
  TH_OP_CMSIS_DEPTHWISE_CONV_2D_S8 = 113, /* output, input, filter 1HWO, bias, multipliers, shifts, [scratch] */
  TH_OP_CMSIS_FULLY_CONNECTED_S8 = 114,   /* output, input, filter OI, [bias], multiplier, shift: one each */
  TH_OP_CMSIS_AVERAGE_POOL_2D_S8 = 115,   /* output, input, [scratch] */
  TH_OP_CMSIS_MAX_POOL_2D_S8 = 116        /* output, input */
};

#endif
