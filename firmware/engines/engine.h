/* The one interface between the application and whatever executes a model. One engine per image. */
#ifndef TINYHIL_ENGINE_H
#define TINYHIL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of docs/link.md, "Error codes". */
typedef enum {
  TH_OK = 0,
  TH_ERR_BAD_PLAN = 5,
  TH_ERR_ARENA = 6,
  TH_ERR_NOT_LOADED = 7,
  TH_ERR_KERNEL_SET = 8,
  TH_ERR_OPERATOR = 9
} th_status;

typedef struct {
  uint32_t arena_bytes;      /* of working memory, from the arena's start */
  uint32_t persistent_bytes; /* of these, what keeps its content between inferences */
  uint32_t input_bytes; /* all inputs, one after another */
  uint32_t output_bytes;
  uint16_t ops;
  uint16_t inputs;
  uint16_t outputs;
  const uint8_t *model_sha256; /* 32 bytes */
  const char *model_name;
} th_model_info;

/* Called around every operator while events are recorded. */
typedef void (*th_layer_hook)(uint16_t op_index, uint32_t cycles);

extern const char th_engine_name[];

/* Checks the blob completely (bounds of every operand, operators present) before anything of it is used. The blob stays
 * where it is and must outlive the model; its working memory is zeroed, its state, if it has any, has its initial values. On failure nothing is loaded
 * and *detail says why. */
th_status th_engine_load(const uint8_t *blob, size_t blob_bytes, uint8_t *arena, size_t arena_bytes,
                         const char **detail);
/* NULL when nothing is loaded. */
const th_model_info *th_engine_info(void);
void th_engine_unload(void);
/* Gives the model's state its initial values again; a model must be loaded. */
void th_engine_reset_state(void);
/* Copies from/to the concatenated input/output space (docs/link.md). */
void th_engine_set_inputs(const uint8_t *inputs);
void th_engine_get_outputs(uint8_t *outputs);
/* Dequantises element `index` of the concatenated outputs; false past the end. For the text language. */
bool th_engine_output_value(size_t index, float *value);
/* One inference. hook may be NULL; nothing else differs then. */
void th_engine_invoke(th_layer_hook hook);

#endif
