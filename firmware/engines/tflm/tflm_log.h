/* The first complaint of TFLite Micro since the log was cleared, in place of a printf on the device's only line. */
#ifndef TINYHIL_TFLM_LOG_H
#define TINYHIL_TFLM_LOG_H

void th_tflm_log_clear(void);
/* One line, cut at 95 characters; "" when nothing was said. Valid until the log is cleared. */
const char *th_tflm_log_text(void);

#endif
