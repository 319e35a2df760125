/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MVE, integer and floating point. */
#include "decode_rows.h"

tm_insn tm_decode_mve(uint32_t word) {
  (void)word;
  return (tm_insn){.bytes = 4, .class_ = TM_undefined};
}
