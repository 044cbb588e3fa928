/* How columns can be compared and sorted by, by their types. (Reading what people enter is input.c's.) */
#include "admin/internal.h"

#include "base/error.h"
#include "base/utf8.h"

#include <string.h>

enum value_class value_class(const struct errand_column *column)
{
    static const enum value_class classes[] = {
        [ERRAND_TYPE_BOOL] = VALUE_BOOL,   [ERRAND_TYPE_INT16] = VALUE_PLAIN, [ERRAND_TYPE_INT32] = VALUE_PLAIN,
        [ERRAND_TYPE_INT64] = VALUE_PLAIN, [ERRAND_TYPE_FLOAT] = VALUE_PLAIN, [ERRAND_TYPE_DOUBLE] = VALUE_PLAIN,
        [ERRAND_TYPE_UUID] = VALUE_ID,     [ERRAND_TYPE_TIME] = VALUE_PLAIN,  [ERRAND_TYPE_DATE] = VALUE_PLAIN,
        [ERRAND_TYPE_CLOCK] = VALUE_PLAIN, [ERRAND_TYPE_BYTES] = VALUE_BYTES, [ERRAND_TYPE_POINT] = VALUE_POINT,
        [ERRAND_TYPE_ENUM] = VALUE_LABEL,
    };
    if (column->type != ERRAND_TYPE_TEXT)
        return classes[column->type];
    if (strcmp(column->sql_type, "numeric") == 0)
        return VALUE_NUMERIC;
    bool is_text = strcmp(column->sql_type, "text") == 0 || strcmp(column->sql_type, "character varying") == 0;
    return is_text ? VALUE_TEXT : VALUE_OPAQUE;
}

#define EQUALITY (1U << ADMIN_EQUAL | 1U << ADMIN_NOT_EQUAL)
#define ORDER (1U << ADMIN_LESS | 1U << ADMIN_LESS_EQUAL | 1U << ADMIN_GREATER | 1U << ADMIN_GREATER_EQUAL)
#define NULLS (1U << ADMIN_IS_NULL | 1U << ADMIN_IS_NOT_NULL)

bool admin_operator_fits(const struct errand_column *column, enum admin_operator op)
{
    static const unsigned fitting[] = {
        [VALUE_TEXT] = EQUALITY | ORDER | 1U << ADMIN_CONTAINS,
        [VALUE_NUMERIC] = EQUALITY | ORDER,
        [VALUE_OPAQUE] = EQUALITY | 1U << ADMIN_CONTAINS,
        [VALUE_PLAIN] = EQUALITY | ORDER,
        [VALUE_LABEL] = EQUALITY,
        [VALUE_ID] = EQUALITY,
        [VALUE_BOOL] = EQUALITY,
        [VALUE_BYTES] = EQUALITY,
        [VALUE_POINT] = 0,
    };
    unsigned fits = fitting[value_class(column)] | (column->nullable ? NULLS : 0);
    return (unsigned)op <= ADMIN_IS_NOT_NULL && fits & 1U << op;
}

bool admin_sortable(const struct errand_column *column)
{
    return column->type != ERRAND_TYPE_BYTES && column->type != ERRAND_TYPE_POINT;
}

static bool is_valid_text(const char *text, size_t size)
{
    for (size_t next; size > 0; text += next, size -= next)
        if ((next = utf8_sequence(text, size)) == 0)
            return false;
    return true;
}

int value_parse(struct errand_context *ctx, const struct errand_column *column, const char *text,
                struct errand_value *value, struct errand_error *err)
{
    size_t size = strlen(text);
    if (size > ADMIN_VALUE_MAX)
        return error_set(err, "what is compared with is longer than %d bytes", ADMIN_VALUE_MAX);
    if (!is_valid_text(text, size))
        return error_set(err, "what is compared with is not text in UTF-8");
    if (value_class(column) != VALUE_OPAQUE)
        return admin_value(ctx, column, text, value, err);
    *value = errand_text(text); /* compared as text, whatever the type wants to hold */
    return 0;
}
