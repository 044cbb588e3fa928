/* How long a failed job waits for its next attempt. */
#ifndef JOB_BACKOFF_H
#define JOB_BACKOFF_H

#include <errand/job.h>

#define BACKOFF_MAX_US (24 * INT64_C(3600000000))

/* After attempt number attempts (1 is the first): linear, delay_s; exponential, delay_s * 2^attempts, at most 24 h. */
int64_t backoff_delay_us(const struct errand_backoff *backoff, int attempts);

#endif
