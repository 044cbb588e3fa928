/* error: incompatible */
#include "Generated/types.h"

static const struct {
    int number;
} customer_table = { 1 };
DISPLAYABLE_JOB(EmailCustomersJob, .table = &customer_table)
