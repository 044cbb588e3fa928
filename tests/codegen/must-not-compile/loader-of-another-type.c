/* error: incompatible */
#include "Generated/types.h"

TABLE_VIEWABLE(EmailCustomersJob, email_table, .related = { OrderLine_load_customer })
DISPLAYABLE_JOB(EmailCustomersJob, .table = &email_table)
