#include "app/frame.h"
#include "app/print.h"
#include "app/wire.h"
#include "board/board.h"

/* Runs on the fault stack, with everything else in an unknown state: touches only the transmitter. */
void th_app_on_fault(const th_fault *fault) {
  uint8_t body[2 + 8 * 4 + 4];
  uint8_t *p = th_put_u8(th_put_u8(body, TH_FRAME_FAULT), 0);
  p = th_put_u32(p, fault->kind);
  p = th_put_u32(p, fault->cfsr);
  p = th_put_u32(p, fault->hfsr);
  p = th_put_u32(p, fault->address);
  p = th_put_u32(p, fault->pc);
  p = th_put_u32(p, fault->lr);
  p = th_put_u32(p, fault->psr);
  p = th_put_u32(p, fault->sp);
  th_frame_send(body, (size_t)(p - body));

  th_print("\r\ne-[Fault: kind ");
  th_print_u64(fault->kind);
  th_print(" pc ");
  th_print_hex32(fault->pc);
  th_print(" address ");
  th_print_hex32(fault->address);
  th_print("]\r\n");
}
