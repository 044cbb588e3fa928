/* A line in the file that BENCH_LOG names, for when a job began. */
#ifndef WEB_HELPER_STAMP_H
#define WEB_HELPER_STAMP_H

#include <stdint.h>

/* CLOCK_MONOTONIC and CLOCK_REALTIME in microseconds. */
int64_t stamp_monotonic_us(void);
int64_t stamp_realtime_us(void);
/* Appends "a b c d". */
void stamp_write(int64_t a, int64_t b, int64_t c, int64_t d);

#endif
