// Hands the interpreter's events to the application's layer hook: one event per operator of the main graph.
#ifndef TINYHIL_TFLM_PROFILER_H
#define TINYHIL_TFLM_PROFILER_H

#include <cstddef>
#include <cstdint>

extern "C" {
#include "board/board.h"
#include "engines/engine.h"
}
#include "tensorflow/lite/micro/micro_profiler_interface.h"

namespace tinyhil {

class LayerProfiler : public tflite::MicroProfilerInterface {
 public:
  // hook may be nullptr: events then cost two calls that do nothing.
  void Begin(th_layer_hook hook) {
    hook_ = hook;
    index_ = 0;
    depth_ = 0;
  }

  uint32_t BeginEvent(const char *) override {
    if (hook_ != nullptr && depth_++ == 0) {
      begin_ = board_cycles();
    }
    return 0;
  }

  void EndEvent(uint32_t) override {
    // An operator that runs a further graph has the events of that graph's operators within its own.
    if (hook_ == nullptr || --depth_ != 0) {
      return;
    }
    const uint64_t cycles = board_cycles() - begin_;
    hook_(index_++, cycles > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(cycles));
  }

 private:
  void operator delete(void *) {}

  th_layer_hook hook_ = nullptr;
  uint64_t begin_ = 0;
  uint16_t index_ = 0;
  uint16_t depth_ = 0;
};

}  // namespace tinyhil

#endif
