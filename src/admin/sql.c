/* Statements from their templates. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static const struct sql_part *find(const struct sql_part *parts, const char *name, size_t size)
{
    for (; parts && parts->name; parts++)
        if (strlen(parts->name) == size && memcmp(parts->name, name, size) == 0)
            return parts;
    return NULL;
}

static bool is(const char *name, size_t size, const char *other)
{
    return strlen(other) == size && memcmp(name, other, size) == 0;
}

static void add_part(struct errand_context *ctx, const struct errand_table *table, const struct sql_part *part)
{
    if (part->add)
        part->add(ctx, table, part->arg);
    else if (part->text)
        statement_add(ctx, part->text);
    else
        statement_add_value(ctx, part->value);
}

/* What {name} stands for; false where it is a brace of SQL's own: '{a,b}'. */
static bool add_named(struct errand_context *ctx, const struct errand_table *table, const struct sql_part *parts,
                      const char *name, size_t size)
{
    const struct sql_part *part = find(parts, name, size);
    if (part)
        add_part(ctx, table, part);
    else if (is(name, size, "table"))
        statement_add_table(ctx, table);
    else if (is(name, size, "columns"))
        statement_add_columns(ctx, table);
    else
        return false;
    return true;
}

void sql_begin(struct errand_context *ctx, const struct errand_table *table, const char *sql,
               const struct sql_part *parts)
{
    statement_begin(ctx);
    while (*sql != '\0') {
        size_t plain = strcspn(sql, "{");
        statement_add_size(ctx, sql, plain);
        sql += plain;
        size_t size = strcspn(sql, "}");
        if (*sql == '\0')
            break;
        if (!add_named(ctx, table, parts, sql + 1, size - 1))
            statement_add_size(ctx, sql, size + 1);
        sql += size + (sql[size] == '}');
    }
}

struct result *sql_run(struct errand_context *ctx, const struct errand_table *table, const char *sql,
                       const struct sql_part *parts)
{
    sql_begin(ctx, table, sql, parts);
    return statement_run(ctx, NULL, table ? table->name : "jobs");
}

void sql_release(void *result)
{
    result_free(result);
}

bool sql_may(struct errand_context *ctx, const char *name, const char *right)
{
    static const char *const statements[] = { [STORE_SQLITE] = sql_may_sqlite, [STORE_POSTGRES] = sql_may_postgres };
    struct result *result = sql_run(
        ctx, NULL, statements[context_kind(ctx)],
        SQL_PARTS({ .name = "name", .value = errand_text(name) }, { .name = "right", .value = errand_text(right) }));
    const char *cell = result_cell(result, 0, 0, NULL);
    bool may = cell && (cell[0] == 't' || cell[0] == '1');
    result_free(result);
    return may;
}

int64_t cell_number(const struct result *result, size_t row, size_t column)
{
    const char *cell = result_cell(result, row, column, NULL);
    return cell ? strtoll(cell, NULL, 10) : 0;
}

const char *cell_text(struct errand_context *ctx, const struct result *result, size_t row, size_t column)
{
    const char *cell = result_cell(result, row, column, NULL);
    return cell ? errand_strdup(ctx, cell) : NULL;
}

errand_time cell_time(const struct result *result, size_t row, size_t column)
{
    const char *cell = result_cell(result, row, column, NULL);
    errand_time time = 0;
    if (cell)
        clock_parse(cell, &time);
    return time;
}
