/* Heap sort of 200 records by a key of 16 bits; the other half of the record tells where it came from. */
#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { COUNT = 200 };

typedef struct {
  uint16_t key;
  uint16_t origin;
} th_record;

/* By key, then by origin: no two are equal. */
static int before(const th_record *a, const th_record *b) {
  return a->key != b->key ? a->key < b->key : a->origin < b->origin;
}

static void sift_down(th_record *heap, uint32_t root, uint32_t count) {
  const th_record sinking = heap[root];
  for (;;) {
    uint32_t child = 2 * root + 1;
    if (child >= count) {
      break;
    }
    if (child + 1 < count && before(&heap[child], &heap[child + 1])) {
      child++;
    }
    if (!before(&sinking, &heap[child])) {
      break;
    }
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = sinking;
}

static void sort(th_record *records, uint32_t count) {
  for (uint32_t root = count / 2; root-- > 0;) {
    sift_down(records, root, count);
  }
  for (uint32_t last = count - 1; last > 0; last--) {
    const th_record greatest = records[0];
    records[0] = records[last];
    records[last] = greatest;
    sift_down(records, 0, last);
  }
}

uint32_t th_kernel_heap_sort(uint32_t iterations, void *memory) {
  th_record *records = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 3;
    for (uint32_t i = 0; i < COUNT; i++) {
      records[i] = (th_record){.key = (uint16_t)(th_random(&seed) & 0xFFu), .origin = (uint16_t)i};
    }
    sort(records, COUNT);
    checksum = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
      checksum = th_fold(checksum, records[i].origin);
    }
  }
  return checksum;
}
