/* Finding out how deep a stack grew: paint it, later look how far down the paint is gone. Stacks grow down. */
#ifndef TINYHIL_STACK_PAINT_H
#define TINYHIL_STACK_PAINT_H

#include <stddef.h>
#include <stdint.h>

/* Paints from `limit`, the stack's lowest word, up to a little below the caller. */
void th_stack_paint(uint32_t *limit);
/* Bytes between `base`, where the stack began, and the lowest word above `limit` that is no longer paint. */
size_t th_stack_used(const uint32_t *limit, const uint32_t *base);

#endif
