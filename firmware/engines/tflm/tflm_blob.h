/* What the model slot holds for the tflm engine: this header, the model's name, and the .tflite itself. Little endian. */
#ifndef TINYHIL_TFLM_BLOB_H
#define TINYHIL_TFLM_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

#define TH_TFLM_MAGIC 0x544C4654u /* "TFLT" */

enum { TH_TFLM_VERSION = 1, TH_TFLM_ALIGN = 16 };

typedef struct {
  uint32_t magic;
  uint16_t version;
  uint16_t variables;    /* resource variables that the model declares (VAR_HANDLE) */
  uint32_t total_bytes;  /* of the blob */
  uint32_t name_offset;  /* ASCII, ends with a zero byte */
  uint32_t model_offset; /* a multiple of TH_TFLM_ALIGN, as flatbuffers are aligned from their start */
  uint32_t model_bytes;
  uint32_t reserved[2];
  uint8_t model_sha256[32];
} th_tflm_header;

/* Checks the frame around the .tflite, not the .tflite: blob is aligned to TH_TFLM_ALIGN. On TH_OK, *header points into
 * the blob; else *detail says what is wrong. */
th_status th_tflm_check(const uint8_t *blob, size_t blob_bytes, const th_tflm_header **header, const char **detail);

#endif
