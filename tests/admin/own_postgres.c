#include "world.h"

#include "store/postgres/store_postgres_sql.h"

const char *const own_tables_postgres = sql_install;
