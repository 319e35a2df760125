/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the classes. */
#include "classes.h"

#include <string.h>

static const char *const NAMES[TM_CLASS_COUNT] = {
#define TM_NAME(name) [TM_##name] = #name,
    TM_CLASSES(TM_NAME)
#undef TM_NAME
};

const char *tm_class_name(tm_class class_) {
  return NAMES[class_];
}

tm_class tm_class_named(const char *name) {
  int class_ = 0;
  while (class_ < TM_CLASS_COUNT && strcmp(NAMES[class_], name) != 0) {
    ++class_;
  }
  return (tm_class)class_;
}
