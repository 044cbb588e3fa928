#include "world.h"

#include "store/sqlite/statements.h"

const char *const own_tables_sqlite = sql_install_1;
