/* Elements of a tensor whose type is a parameter: TH_INT8, TH_UINT8, TH_INT16 or TH_INT32. */
#ifndef TINYHIL_ELEMENT_H
#define TINYHIL_ELEMENT_H

#include <stdint.h>

#include "engines/plan/plan_format.h"
#include "kernels/fixed_point.h"

static inline int32_t th_load(const void *data, int32_t dtype, int32_t index) {
  switch (dtype) {
    case TH_UINT8:
      return ((const uint8_t *)data)[index];
    case TH_INT16:
      return ((const int16_t *)data)[index];
    case TH_INT32:
      return ((const int32_t *)data)[index];
    default:
      return ((const int8_t *)data)[index];
  }
}

/* Saturates to the type's range. */
static inline void th_store(void *data, int32_t dtype, int32_t index, int32_t value) {
  switch (dtype) {
    case TH_UINT8:
      ((uint8_t *)data)[index] = (uint8_t)th_clamp(value, 0, UINT8_MAX);
      break;
    case TH_INT16:
      ((int16_t *)data)[index] = (int16_t)th_clamp(value, INT16_MIN, INT16_MAX);
      break;
    case TH_INT32:
      ((int32_t *)data)[index] = value;
      break;
    default:
      ((int8_t *)data)[index] = (int8_t)th_clamp(value, INT8_MIN, INT8_MAX);
      break;
  }
}

#endif
