// The same header from C++: types and functions, without the macros of C.
#include "Generated/types.h"

extern "C" int count_customers(struct errand_context *ctx)
{
    errand_query query = {};
    query.ctx = ctx;
    query.limit = CUSTOMER_NAME;
    Customer_list list = Customer_fetch_(query);
    Customer fresh = Customer_new();
    fresh.favourite = COLOUR_DARK_GREEN;
    Customer_create(ctx, &fresh);
    struct errand_rows rows = errand_sql(ctx, "SELECT name FROM customers WHERE name = $1", errand_text("Ann"));
    struct errand_rows all = errand_sql(ctx, "SELECT name FROM customers");
    return static_cast<int>(list.count + rows.count + all.count);
}
