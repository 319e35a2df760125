// What a C++ runtime would bring along on a bare-metal core, without its heap and its printers.
#include <cstddef>
#include <cstdlib>

extern "C" [[noreturn]] void abort() {
  for (;;) {
    __builtin_trap();  // the fault handler reports it
  }
}

extern "C" [[noreturn]] void __cxa_pure_virtual() { abort(); }

// Virtual destructors name them; nothing is ever deleted.
void operator delete(void *) noexcept { abort(); }
void operator delete(void *, std::size_t) noexcept { abort(); }
