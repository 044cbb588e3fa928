/* Mails one customer. */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const MailCustomerJob *job)
{
    const Customer *found = MailCustomerJob_customer(ctx, job);
    if (found->mailed_at.is_set)
        return;
    errand_send_mail(ctx, &(struct errand_mail){
                              .from = "Ada's Bakery <bakery@example.com>",
                              .to = found->email,
                              .subject = "Fresh bread, 10 % off this week",
                              .text = errand_printf(ctx, "Dear %s,\n\ncome by while it is warm.\n", found->name),
                          });
    Customer customer = *found;
    customer.mailed_at = (errand_nullable_time){ .is_set = true, .value = errand_now(ctx) };
    Customer_update(ctx, &customer);
}

JOB(MailCustomerJob, .perform = perform, .max_attempts = 5, .timeout_in_microseconds = 30 * 1000000,
    .backoff = EXPONENTIAL_BACKOFF(5))
