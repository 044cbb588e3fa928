/* error: incompatible */
#include "Generated/types.h"

static void row(struct errand_context *ctx, struct html *out, const Customer *customer)
{
    (void)ctx;
    html_printf(out, "<tr><td>%s</td></tr>", customer->name);
}

TABLE_VIEWABLE(EmailCustomersJob, email_table, .headers = { "Customer" }, .row = row)
DISPLAYABLE_JOB(EmailCustomersJob, .table = &email_table)
