#include "fixture.h"

int open_database(void **state)
{
    (void)state;
    struct errand_error err;
    struct connection *connection = database_choose() == 0 ? database_create() : NULL;
    if (!connection)
        return -1;
    int result = connection_script(connection, on_postgres() ? tables_postgres : tables_sqlite, &err);
    if (result < 0)
        print_error("%s\n", err.message);
    connection_close(connection);
    return result;
}

int close_database(void **state)
{
    (void)state;
    return database_release();
}

void empty_tables(void)
{
    run_sql("DELETE FROM samples; DELETE FROM customers; DELETE FROM purchases; DELETE FROM \"pla\"\"ces\";"
            "DELETE FROM notes; DELETE FROM mail_jobs;");
}
