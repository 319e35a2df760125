/* Heap sort of 200 records of 32 bits: a key in the upper half, in the lower one where the record came from. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { COUNT = 200 };

static void sift_down(uint32_t *heap, uint32_t root, uint32_t count) {
  const uint32_t sinking = heap[root];
  for (;;) {
    uint32_t child = 2 * root + 1;
    if (child >= count) {
      break;
    }
    if (child + 1 < count && heap[child] < heap[child + 1]) {
      child++;
    }
    if (sinking >= heap[child]) {
      break;
    }
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = sinking;
}

static void sort(uint32_t *records, uint32_t count) {
  for (uint32_t root = count / 2; root-- > 0;) {
    sift_down(records, root, count);
  }
  for (uint32_t last = count - 1; last > 0; last--) {
    const uint32_t greatest = records[0];
    records[0] = records[last];
    records[last] = greatest;
    sift_down(records, 0, last);
  }
}

uint32_t th_kernel_heap_sort(uint32_t iterations, void *memory) {
  uint32_t *records = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 3;
    for (uint32_t i = 0; i < COUNT; i++) {
      records[i] = (th_random(&seed) & 0xFFu) << 16 | i;
    }
    sort(records, COUNT);
    checksum = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
      checksum = th_fold(checksum, records[i] & 0xFFFFu);
    }
  }
  return checksum;
}
