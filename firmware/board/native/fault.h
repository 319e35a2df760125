/* Signals that mean a broken firmware: reported as FAULT frames, then the process ends with 128 + signal. */
#ifndef TINYHIL_NATIVE_FAULT_H
#define TINYHIL_NATIVE_FAULT_H

/* For the calling thread, on a stack of the handler's own. */
void th_native_catch_faults(void);

#endif
