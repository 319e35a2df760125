/* Every kernel's number and the order of its operands (outputs first; [x] may be absent).
 * harness/engines/plan/opcodes.py mirrors this file; tests/unit/test_opcodes.py compares the two.
 * A number, once given, never changes its meaning. */
#ifndef TINYHIL_OPCODES_H
#define TINYHIL_OPCODES_H

enum th_opcode {
  TH_OP_CONV_2D_S8 = 1,           /* output, input, filter OHWI, [bias], multipliers, shifts */
  TH_OP_DEPTHWISE_CONV_2D_S8 = 2, /* output, input, filter 1HWO, [bias], multipliers, shifts */
  TH_OP_FULLY_CONNECTED_S8 = 3,   /* output, input, filter OI, [bias], multipliers, shifts */
  TH_OP_AVERAGE_POOL_2D_S8 = 4,   /* output, input */
  TH_OP_MAX_POOL_2D_S8 = 5,       /* output, input */
  TH_OP_ADD_S8 = 6,               /* output, input 1, input 2 */
  TH_OP_COPY = 7,                 /* output, input; any type (RESHAPE) */
  TH_OP_SOFTMAX_S8 = 8,           /* output, input */
  TH_OP_SOFTMAX_S8_S16 = 9,       /* output int16, input int8 */
  TH_OP_RELU_S8 = 10,             /* output, input (RELU, RELU6) */
  TH_OP_PAD_S8 = 11,              /* output, input */
  TH_OP_MEAN_S8 = 12,             /* output, input */
  TH_OP_QUANTIZE = 13,            /* output int8 or int16, input float32 */
  TH_OP_REQUANTIZE = 14,          /* output, input; both integers */
  TH_OP_DEQUANTIZE = 15           /* output float32, input int8/uint8/int16 */
};

#endif
