/* Checks of STRIDED_COPY, the resizing kernels and the reductions. */
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"

/* Whether all blocks of a grid lie within `operand`; strides may be negative. */
static bool grid_inside(const th_operand *operand, const int32_t *dims, const int32_t *strides, int32_t offset,
                        int32_t block_bytes) {
  int64_t low = offset;
  int64_t high = (int64_t)offset + block_bytes;
  for (int32_t i = 0; i < TH_STRIDED_COPY_MAX_DIMS; ++i) {
    const int64_t step = (int64_t)(dims[i] - 1) * strides[i];
    if (step < 0) {
      low += step;
    } else {
      high += step;
    }
  }
  return low >= 0 && high <= operand->bytes && high <= INT32_MAX;
}

/* No byte of the output is written twice, so that the copy ends soon. */
bool th_check_strided_copy(const void *params, const th_operand *operands) {
  const th_strided_copy_params *p = params;
  return th_extents(p->dims, TH_STRIDED_COPY_MAX_DIMS, 1) && TH_EXTENTS(1, p->block_bytes) &&
         th_product(p->dims, TH_STRIDED_COPY_MAX_DIMS) * p->block_bytes <= operands[0].bytes &&
         grid_inside(&operands[0], p->dims, p->output_strides, p->output_offset, p->block_bytes) &&
         grid_inside(&operands[1], p->dims, p->input_strides, p->input_offset, p->block_bytes);
}

/* The kernel bounds the indices themselves. */
bool th_check_resize_nearest_neighbor(const void *params, const th_operand *operands) {
  const th_resize_nearest_neighbor_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->output_height, p->output_width, p->pixel_bytes) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->pixel_bytes), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->pixel_bytes), 1) &&
         th_holds(&operands[2], p->output_height, 4) && th_holds(&operands[3], p->output_width, 4);
}

/* Whether the last place, ten fractional bits, is still within the input. */
static bool scaled_inside(int32_t output_size, int32_t scale, int32_t half_pixel_centers, int32_t input_size) {
  if (scale < 0 || output_size >= 1 << 15 || input_size >= 1 << 15) return false;
  const int64_t last = (int64_t)(output_size - 1) * scale;
  return last + scale / 2 <= INT32_MAX - 1024 && (last + (half_pixel_centers ? scale / 2 - 512 : 0)) / 1024 < input_size;
}

bool th_check_resize_bilinear_s8(const void *params, const th_operand *operands) {
  const th_resize_bilinear_s8_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->depth, p->output_height, p->output_width) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->depth), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->depth), 1) &&
         scaled_inside(p->output_height, p->height_scale, p->half_pixel_centers, p->input_height) &&
         scaled_inside(p->output_width, p->width_scale, p->half_pixel_centers, p->input_width);
}

/* Kept and reduced dimensions together reach no further than the input, and meet none of its elements twice. */
static bool reduction(const int32_t *kept, const int32_t *kept_strides, const int32_t *reduced,
                      const int32_t *reduced_strides, const th_operand *operands, int64_t element_bytes) {
  int64_t last = 0;
  if (!th_extents(kept, TH_MEAN_MAX_DIMS, 1) || !th_extents(reduced, TH_MEAN_MAX_DIMS, 1) ||
      !th_extents(kept_strides, TH_MEAN_MAX_DIMS, 0) || !th_extents(reduced_strides, TH_MEAN_MAX_DIMS, 0) ||
      th_product(reduced, TH_MEAN_MAX_DIMS) > INT32_MAX) {
    return false;
  }
  for (int32_t i = 0; i < TH_MEAN_MAX_DIMS; ++i) {
    last += (int64_t)(kept[i] - 1) * kept_strides[i] + (int64_t)(reduced[i] - 1) * reduced_strides[i];
    if (last >= INT32_MAX) return false;
  }
  const int64_t outputs = th_product(kept, TH_MEAN_MAX_DIMS);
  return th_holds(&operands[0], outputs, element_bytes) && th_holds(&operands[1], last + 1, element_bytes) &&
         outputs * th_product(reduced, TH_MEAN_MAX_DIMS) * element_bytes <= operands[1].bytes;
}

static bool mean(const th_mean_params *p, const th_operand *operands, int64_t element_bytes) {
  return reduction(p->kept_dims, p->kept_strides, p->reduced_dims, p->reduced_strides, operands, element_bytes) &&
         p->output_shift >= -31 && p->output_shift <= 31;
}

bool th_check_mean_s8(const void *params, const th_operand *operands) { return mean(params, operands, 1); }

bool th_check_mean_s16(const void *params, const th_operand *operands) { return mean(params, operands, 2); }

bool th_check_reduce_max(const void *params, const th_operand *operands) {
  const th_reduce_max_params *p = params;
  const int64_t bytes = p->dtype == TH_INT8 ? 1 : p->dtype == TH_INT16 ? 2 : p->dtype == TH_INT32 ? 4 : 0;
  return bytes != 0 &&
         reduction(p->kept_dims, p->kept_strides, p->reduced_dims, p->reduced_strides, operands, bytes);
}
