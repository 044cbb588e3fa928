/* first error, of few: unknown type name 'EmailCustomerJob'; did you mean 'EmailCustomersJob'? */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const EmailCustomersJob *job)
{
    (void)ctx, (void)job;
}

JOB(EmailCustomerJob, .perform = perform, .max_attempts = 3, .backoff = EXPONENTIAL_BACKOFF(5))
