/* How long a failed job waits for its next attempt. */
#include "job/backoff.h"

int64_t backoff_delay_us(const struct errand_backoff *backoff, int attempts)
{
    int64_t delay_us = (int64_t)backoff->delay_s * 1000000;
    if (backoff->kind != ERRAND_BACKOFF_EXPONENTIAL)
        return delay_us;
    for (int i = 0; i < attempts && delay_us > 0 && delay_us < BACKOFF_MAX_US; i++)
        delay_us *= 2;
    return delay_us < BACKOFF_MAX_US ? delay_us : BACKOFF_MAX_US;
}
