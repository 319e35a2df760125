/* Text out of the UART, without printf. */
#ifndef TINYHIL_PRINT_H
#define TINYHIL_PRINT_H

#include <stdint.h>

void th_print(const char *text);
/* As "%llu", "%02x" and "0x%08x". */
void th_print_u64(uint64_t value);
void th_print_hex8(uint8_t value);
void th_print_hex32(uint32_t value);
/* As printf's "%.3f": exact, ties to even. Integer arithmetic only. */
void th_print_fixed3(float value);

#endif
