/* A linked list of 64 nodes: looked through, merge-sorted by value, reversed, merge-sorted by position. */
#include <stddef.h>

#include "engines/timing/kernels/fold.h"
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { NODES = 64, LOOKUPS = 16 };

typedef struct th_node {
  struct th_node *next;
  uint16_t value;
  uint16_t position;
} th_node;

typedef int (*th_compare)(const th_node *a, const th_node *b);

static int by_value(const th_node *a, const th_node *b) { return (int)a->value - (int)b->value; }

static int by_position(const th_node *a, const th_node *b) { return (int)a->position - (int)b->position; }

/* Merges two sorted lists; of equal nodes those of `a` come first. Returns the last node through *last. */
static th_node *merge(th_node *a, th_node *b, th_compare compare, th_node **last) {
  th_node head;
  th_node *tail = &head;
  while (a != NULL && b != NULL) {
    th_node **from = compare(a, b) <= 0 ? &a : &b;
    tail->next = *from;
    tail = *from;
    *from = tail->next;
  }
  tail->next = a != NULL ? a : b;
  while (tail->next != NULL) {
    tail = tail->next;
  }
  *last = tail;
  return head.next;
}

/* Cuts the list behind `count` nodes and returns the rest. */
static th_node *cut(th_node *list, uint32_t count) {
  while (list != NULL && --count > 0) {
    list = list->next;
  }
  if (list == NULL) {
    return NULL;
  }
  th_node *rest = list->next;
  list->next = NULL;
  return rest;
}

/* Bottom up, without recursion. */
static th_node *merge_sort(th_node *list, th_compare compare) {
  for (uint32_t run = 1; run < NODES; run *= 2) {
    th_node head = {.next = NULL};
    th_node *tail = &head;
    while (list != NULL) {
      th_node *second = cut(list, run);
      th_node *rest = cut(second, run);
      th_node *last;
      tail->next = merge(list, second, compare, &last);
      tail = last;
      list = rest;
    }
    list = head.next;
  }
  return list;
}

static th_node *reverse(th_node *list) {
  th_node *reversed = NULL;
  while (list != NULL) {
    th_node *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

/* Position of the first node with this value, or NODES. */
static uint32_t find(const th_node *list, uint32_t value) {
  while (list != NULL && list->value != value) {
    list = list->next;
  }
  return list != NULL ? list->position : NODES;
}

static uint32_t fold_positions(uint32_t checksum, const th_node *list) {
  for (; list != NULL; list = list->next) {
    checksum = th_fold(checksum, list->position);
  }
  return checksum;
}

uint32_t th_kernel_list(uint32_t iterations, void *memory) {
  th_node *nodes = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 4;
    for (uint32_t i = 0; i < NODES; i++) {
      nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
      nodes[i].value = (uint16_t)(th_random(&seed) & 0x3Fu);
      nodes[i].position = (uint16_t)i;
    }
    checksum = 0;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
      checksum = th_fold(checksum, find(nodes, i * 4));
    }
    th_node *list = merge_sort(nodes, by_value);
    checksum = fold_positions(checksum, list);
    list = reverse(list);
    checksum = fold_positions(checksum, list);
    list = merge_sort(list, by_position);
    checksum = fold_positions(checksum, list);
  }
  return checksum;
}
