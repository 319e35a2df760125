/* The plan: a compiled model as the plan engine executes it, in place, from the model slot or from flash.
 *
 * Little endian, position independent: every offset counts from the first byte of the blob, every record starts on a
 * multiple of 4, the blob itself on a multiple of 16. Written by harness/engines/plan/blob.py; the two must agree
 * (tests/unit/test_blob.py compares every structure with this header). Raise TH_PLAN_VERSION with any change.
 *
 *   header | io records (inputs, then outputs) | state records | op records | constants | name
 *
 * State is what lives in the arena from one inference to the next; nothing else shares its bytes. It gets its initial
 * values when the plan is loaded and when the host asks for it.
 */
#ifndef TINYHIL_PLAN_FORMAT_H
#define TINYHIL_PLAN_FORMAT_H

#include <stdint.h>

#define TH_PLAN_MAGIC 0x4E4C5054u /* "TPLN" */
#define TH_PLAN_VERSION 2u
#define TH_PLAN_ALIGN 16u
#define TH_PLAN_MAX_OPERANDS 10u

/* Where an operand lives: bit 31 clear, offset into the arena; set, offset into the blob. */
#define TH_REF_CONST 0x80000000u
#define TH_REF_NONE 0xFFFFFFFFu

enum th_dtype { TH_FLOAT32 = 0, TH_INT8 = 1, TH_UINT8 = 2, TH_INT16 = 3, TH_INT32 = 4, TH_BOOL = 5, TH_INT64 = 6 };

typedef struct {
  uint32_t magic;
  uint16_t version;
  uint16_t header_bytes; /* sizeof(th_plan_header) */
  uint32_t total_bytes;
  uint32_t crc32;      /* of bytes [16, total_bytes) */
  uint32_t kernel_abi; /* which kernel set's weight layout: TH_ABI_* */
  uint32_t arena_bytes;
  uint16_t op_count;
  uint16_t input_count;
  uint16_t output_count;
  uint16_t state_count;
  uint32_t io_offset;  /* input_count + output_count records of th_plan_io, then state_count of th_plan_state */
  uint32_t ops_offset; /* op_count records, one after another */
  uint32_t name_offset; /* NUL-terminated ASCII */
  uint32_t name_bytes;  /* without the NUL */
  uint8_t model_sha256[32];
} th_plan_header;

typedef struct {
  uint32_t ref; /* arena offset; an output may be a constant */
  uint32_t bytes;
  uint16_t dtype;
  uint16_t rank;
  float scale; /* 0 when the tensor is not quantised */
  int32_t zero_point;
} th_plan_io;

typedef struct {
  uint32_t ref; /* arena offset */
  uint32_t bytes;
  uint32_t initial; /* ref of as many constant bytes, or TH_REF_NONE */
  uint32_t fill;    /* without them: every byte's value */
} th_plan_state;

typedef struct {
  uint32_t ref;
  uint32_t bytes; /* 0 for TH_REF_NONE */
} th_operand;

/* An op record: this struct, then operand_count th_operand, then param_bytes of the operator's parameter struct
 * (kernels/params.h). */
typedef struct {
  uint16_t opcode; /* enum th_opcode, kernels/opcodes.h */
  uint16_t record_bytes;
  uint16_t source_index; /* operator's index in the .tflite */
  uint8_t operand_count;
  uint8_t output_count; /* the first output_count operands are written */
  uint32_t param_bytes;
} th_plan_op;

enum th_kernel_abi { TH_ABI_REFERENCE = 1, TH_ABI_CMSIS_NN = 2, TH_ABI_FAST_SCALAR = 3, TH_ABI_FAST_DSP = 4, TH_ABI_FAST_MVE = 5 };

#endif
