#include "engines/tflm/tflm_blob.h"

#include <string.h>

_Static_assert(sizeof(th_tflm_header) == 64, "as harness/engines/tflm/pack.py writes it");

static th_status bad(const char **detail, const char *why) {
  *detail = why;
  return TH_ERR_BAD_PLAN;
}

th_status th_tflm_check(const uint8_t *blob, size_t blob_bytes, const th_tflm_header **header, const char **detail) {
  const th_tflm_header *h = (const th_tflm_header *)(const void *)blob;
  if ((uintptr_t)blob % TH_TFLM_ALIGN != 0) {
    return bad(detail, "the slot is not aligned to 16 bytes");
  }
  if (blob_bytes < sizeof *h || h->magic != TH_TFLM_MAGIC) {
    return bad(detail, "not a model for the tflm engine");
  }
  if (h->version != TH_TFLM_VERSION) {
    return bad(detail, "another version of the tflm engine's format");
  }
  if (h->total_bytes > blob_bytes || h->total_bytes < sizeof *h) {
    return bad(detail, "the model is cut short");
  }
  if (h->model_offset % TH_TFLM_ALIGN != 0 || h->model_offset < sizeof *h || h->model_offset > h->total_bytes ||
      h->model_bytes > h->total_bytes - h->model_offset) {
    return bad(detail, "the .tflite does not lie within the blob");
  }
  if (h->name_offset < sizeof *h || h->name_offset >= h->model_offset ||
      memchr(blob + h->name_offset, 0, h->model_offset - h->name_offset) == NULL) {
    return bad(detail, "the model's name does not lie within the blob");
  }
  *header = h;
  return TH_OK;
}
