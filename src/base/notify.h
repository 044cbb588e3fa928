/* The readiness protocol of systemd (sd_notify(3)). */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>

/* "READY=1"; does nothing where systemd did not start this program. */
void notify_systemd(const char *state);
/* How often systemd wants to hear "WATCHDOG=1" of this process, in milliseconds; 0: never. */
uint64_t notify_watchdog_ms(void);

#endif
