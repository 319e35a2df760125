/* CRC-32 (IEEE 802.3, reflected), as zlib.crc32. */
#ifndef TINYHIL_CRC32_H
#define TINYHIL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 to begin with) over `bytes` bytes. */
uint32_t th_crc32(uint32_t crc, const void *data, size_t bytes);

#endif
