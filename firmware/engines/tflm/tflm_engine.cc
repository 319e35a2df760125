// Executes a .tflite in place with TensorFlow Lite for Microcontrollers, through its public interface.
#include <cstring>
#include <new>

extern "C" {
#include "board/board.h"
#include "engines/engine.h"
#include "engines/tflm/tflm_blob.h"
#include "engines/tflm/tflm_log.h"
extern const char th_kernel_set_name[];
}
#include "engines/tflm/tflm_profiler.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/micro/recording_micro_allocator.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tflm_ops.h"

const char th_engine_name[] = "tflm";
const char th_kernel_set_name[] = TH_TFLM_KERNELS;

namespace {

using Resolver = tflite::MicroMutableOpResolver<TH_TFLM_OP_COUNT>;

// Nothing here is destroyed at exit, so that no list of destructors is linked in.
template <typename T>
class Place {
 public:
  template <typename... Args>
  T *Make(Args &&...args) {
    Clear();
    made_ = new (bytes_) T(static_cast<Args &&>(args)...);
    return made_;
  }
  void Clear() {
    if (made_ != nullptr) {
      made_->~T();
      made_ = nullptr;
    }
  }
  T *get() { return made_; }

 private:
  alignas(T) uint8_t bytes_[sizeof(T)];
  T *made_;
};

struct {
  Place<tflite::MicroInterpreter> interpreter;
  Place<Resolver> resolver;
  Place<tinyhil::LayerProfiler> profiler;
  const th_tflm_header *header;
  const tflite::Model *model;
  th_model_info info;
} loaded;

bool SaysNoRoom(const char *text) {
  return std::strstr(text, "rena") != nullptr || std::strstr(text, "lloc") != nullptr ||
         std::strstr(text, "vailable") != nullptr;
}

// The allocator lives in the arena it is given. True when the model was set up there.
bool SetUp(tflite::MicroAllocator *allocator) {
  th_tflm_log_clear();
  tflite::MicroResourceVariables *variables = nullptr;
  if (allocator == nullptr) {
    return false;
  }
  if (loaded.header->variables > 0) {
    variables = tflite::MicroResourceVariables::Create(allocator, loaded.header->variables);
    if (variables == nullptr) {
      return false;
    }
  }
  tflite::MicroInterpreter *interpreter = loaded.interpreter.Make(loaded.model, *loaded.resolver.get(), allocator,
                                                                  variables, loaded.profiler.get());
  return interpreter->initialization_status() == kTfLiteOk && interpreter->AllocateTensors() == kTfLiteOk;
}

bool SetUpIn(uint8_t *arena, size_t arena_bytes) {
  loaded.interpreter.Clear();
  std::memset(arena, 0, arena_bytes);
  return SetUp(tflite::MicroAllocator::Create(arena, arena_bytes));
}

th_status Refused(const char **detail) {
  const char *text = th_tflm_log_text();
  *detail = *text != '\0' ? text : "TFLite Micro refuses the model without a word";
  return SaysNoRoom(text) ? TH_ERR_ARENA : TH_ERR_BAD_PLAN;
}

#ifdef TH_DEPLOY

// The bench image found out what it takes: harness/measure.
th_status Allocate(uint8_t *arena, size_t, const char **detail) {
  loaded.info.arena_bytes = TH_DEPLOY_ARENA_BYTES;
  return SetUpIn(arena, TH_DEPLOY_ARENA_BYTES) ? TH_OK : Refused(detail);
}

bool IsModel(const uint8_t *, size_t) { return true; }

#else

constexpr size_t kStep = TH_TFLM_ALIGN;

size_t RoundedUp(size_t bytes) { return (bytes + kStep - 1) / kStep * kStep; }

// Finds the smallest arena that TFLite Micro takes for the model: no less than what it keeps, and room for what it needs
// while setting up.
th_status Allocate(uint8_t *arena, size_t arena_bytes, const char **detail) {
  const size_t whole = arena_bytes / kStep * kStep;
  const size_t own = tflite::RecordingMicroAllocator::GetDefaultTailUsage();
  if (whole < own + kStep) {
    *detail = "no room for TFLite Micro's allocator";
    return TH_ERR_ARENA;
  }
  loaded.interpreter.Clear();
  tflite::RecordingMicroAllocator *recorder = tflite::RecordingMicroAllocator::Create(arena, whole);
  if (!SetUp(recorder)) {
    return Refused(detail);
  }
  const size_t recording = own - tflite::MicroAllocator::GetDefaultTailUsage(false);
  const size_t persistent = recorder->GetSimpleMemoryAllocator()->GetPersistentUsedBytes() - recording;
  const size_t activations = recorder->GetSimpleMemoryAllocator()->GetNonPersistentUsedBytes();
  loaded.info.persistent_bytes = static_cast<uint32_t>(persistent);
  size_t least = RoundedUp(activations + persistent);
  size_t enough = whole;
  if (least < whole && SetUpIn(arena, least)) {
    enough = least;
  }
  while (least < enough) {
    const size_t middle = (least + (enough - least) / 2) / kStep * kStep;
    if (SetUpIn(arena, middle)) {
      enough = middle;
    } else {
      least = middle + kStep;
    }
  }
  loaded.info.arena_bytes = static_cast<uint32_t>(enough);
  return SetUpIn(arena, enough) ? TH_OK : Refused(detail);
}

bool IsModel(const uint8_t *model, size_t bytes) {
  flatbuffers::Verifier verifier(model, bytes);
  return tflite::VerifyModelBuffer(verifier);
}

#endif

th_status CheckOperators(const char **detail) {
  for (const tflite::OperatorCode *code : *loaded.model->operator_codes()) {
    // Old files have the code in one byte, new ones in both fields, or in the later one.
    const auto byte_code = static_cast<tflite::BuiltinOperator>(code->deprecated_builtin_code());
    const tflite::BuiltinOperator op = code->builtin_code() > byte_code ? code->builtin_code() : byte_code;
    if (loaded.resolver.get()->FindOp(op) == nullptr) {
      *detail = "an operator of the model is not in this image";
      return TH_ERR_OPERATOR;
    }
  }
  return TH_OK;
}

void FillInfo() {
  tflite::MicroInterpreter *interpreter = loaded.interpreter.get();
  const auto *graph = loaded.model->subgraphs()->Get(0);
  th_model_info *info = &loaded.info;
  info->inputs = static_cast<uint16_t>(interpreter->inputs_size());
  info->outputs = static_cast<uint16_t>(interpreter->outputs_size());
  info->input_bytes = 0;
  info->output_bytes = 0;
  for (size_t i = 0; i < info->inputs; i++) {
    info->input_bytes += static_cast<uint32_t>(interpreter->input(i)->bytes);
  }
  for (size_t i = 0; i < info->outputs; i++) {
    info->output_bytes += static_cast<uint32_t>(interpreter->output(i)->bytes);
  }
  info->ops = static_cast<uint16_t>(graph->operators() != nullptr ? graph->operators()->size() : 0);
  info->model_sha256 = loaded.header->model_sha256;
  info->model_name = reinterpret_cast<const char *>(loaded.header) + loaded.header->name_offset;
}

th_status Load(const uint8_t *blob, size_t blob_bytes, uint8_t *arena, size_t arena_bytes, const char **detail) {
  const th_status status = th_tflm_check(blob, blob_bytes, &loaded.header, detail);
  if (status != TH_OK) {
    return status;
  }
  const uint8_t *model = blob + loaded.header->model_offset;
  if (!IsModel(model, loaded.header->model_bytes)) {
    *detail = "the .tflite is corrupt";
    return TH_ERR_BAD_PLAN;
  }
  loaded.model = tflite::GetModel(model);
  Resolver *resolver = loaded.resolver.Make();
  TH_TFLM_ADD_OPS(resolver)
  loaded.profiler.Make();
  const th_status known = CheckOperators(detail);
  return known == TH_OK ? Allocate(arena, arena_bytes, detail) : known;
}

int64_t ElementAt(const TfLiteTensor *tensor, size_t index) {
  switch (tensor->type) {
    case kTfLiteInt8:
      return tensor->data.int8[index];
    case kTfLiteInt16:
      return tensor->data.i16[index];
    case kTfLiteInt32:
      return tensor->data.i32[index];
    case kTfLiteInt64:
      return tensor->data.i64[index];
    default:
      return tensor->data.uint8[index];
  }
}

size_t ElementBytes(TfLiteType type) {
  switch (type) {
    case kTfLiteInt16:
      return 2;
    case kTfLiteInt32:
    case kTfLiteFloat32:
      return 4;
    case kTfLiteInt64:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

extern "C" {

th_status th_engine_load(const uint8_t *blob, size_t blob_bytes, uint8_t *arena, size_t arena_bytes,
                         const char **detail) {
  th_engine_unload();
  loaded.info = {};
  const th_status status = Load(blob, blob_bytes, arena, arena_bytes, detail);
  if (status != TH_OK) {
    th_engine_unload();
    return status;
  }
  FillInfo();
  return TH_OK;
}

const th_model_info *th_engine_info(void) {
  return loaded.interpreter.get() != nullptr ? &loaded.info : nullptr;
}

void th_engine_unload(void) {
  loaded.interpreter.Clear();
  loaded.resolver.Clear();
}

void th_engine_reset_state(void) {
  if (loaded.interpreter.get()->Reset() != kTfLiteOk) {
    abort();
  }
}

void th_engine_set_inputs(const uint8_t *inputs) {
  for (size_t i = 0; i < loaded.info.inputs; i++) {
    const TfLiteTensor *tensor = loaded.interpreter.get()->input(i);
    std::memcpy(tensor->data.raw, inputs, tensor->bytes);
    inputs += tensor->bytes;
  }
}

void th_engine_get_outputs(uint8_t *outputs) {
  for (size_t i = 0; i < loaded.info.outputs; i++) {
    const TfLiteTensor *tensor = loaded.interpreter.get()->output(i);
    std::memcpy(outputs, tensor->data.raw, tensor->bytes);
    outputs += tensor->bytes;
  }
}

bool th_engine_output_value(size_t index, float *value) {
  if (loaded.interpreter.get() == nullptr) {
    return false;
  }
  for (size_t i = 0; i < loaded.info.outputs; i++) {
    const TfLiteTensor *tensor = loaded.interpreter.get()->output(i);
    const size_t count = tensor->bytes / ElementBytes(tensor->type);
    if (index >= count) {
      index -= count;
      continue;
    }
    if (tensor->type == kTfLiteFloat32) {
      *value = tensor->data.f[index];
    } else if (tensor->params.scale == 0.0f) {
      *value = static_cast<float>(ElementAt(tensor, index));
    } else {
      *value = tensor->params.scale * static_cast<float>(ElementAt(tensor, index) - tensor->params.zero_point);
    }
    return true;
  }
  return false;
}

// A failure has no outputs to give: it ends in a fault, which the fault handler reports.
void th_engine_invoke(th_layer_hook hook) {
  loaded.profiler.get()->Begin(hook);
  if (loaded.interpreter.get()->Invoke() != kTfLiteOk) {
    abort();
  }
}

}  // extern "C"
