/* The six statuses by their names. */
#include "admin/internal.h"

#include "job/status.h"

#include <string.h>

static const struct {
    enum job_status status;
    const char *name;
} statuses[ADMIN_STATUSES] = {
    [ADMIN_NOT_STARTED] = { JOB_STATUS_NOT_STARTED, "Not started" },
    [ADMIN_RUNNING] = { JOB_STATUS_RUNNING, "Running" },
    [ADMIN_RETRY] = { JOB_STATUS_RETRY, "Retry" },
    [ADMIN_FAILED] = { JOB_STATUS_FAILED, "Failed" },
    [ADMIN_TIMED_OUT] = { JOB_STATUS_TIMED_OUT, "Timed out" },
    [ADMIN_SUCCEEDED] = { JOB_STATUS_SUCCEEDED, "Succeeded" },
};

#define PREFIX "job_status_"

const char *admin_status_label(enum admin_status status)
{
    return status < ADMIN_STATUSES ? job_status_label(statuses[status].status) : NULL;
}

const char *admin_status_name(enum admin_status status)
{
    return status < ADMIN_STATUSES ? statuses[status].name : NULL;
}

int admin_status_parse(const char *label)
{
    for (int status = 0; label && status < ADMIN_STATUSES; status++) {
        const char *known = admin_status_label((enum admin_status)status);
        if (strcmp(known, label) == 0 || strcmp(known + strlen(PREFIX), label) == 0)
            return status;
    }
    return -1;
}

const struct errand_column *column_named(const struct errand_table *table, const char *name)
{
    int index = table_column(table, name);
    return index < 0 ? NULL : &table->columns[index];
}

bool status_is_known(const struct errand_table *table, enum admin_status status)
{
    const struct errand_column *column = column_named(table, "status");
    for (size_t i = 0; column && column->labels && column->labels[i]; i++)
        if (strcmp(column->labels[i], admin_status_label(status)) == 0)
            return true;
    return false;
}
