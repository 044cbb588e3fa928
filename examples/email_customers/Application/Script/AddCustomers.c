/* Adds two hundred customers to mail. */
#include "Generated/types.h"

enum { COUNT = 200 };

static void run(struct errand_context *ctx)
{
    static const char *const names[] = { "Ada", "Bea", "Chloé", "Dora", "Edith", "Frida", "Grace", "Hedy" };
    Customer customers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        customers[i] = Customer_new();
        customers[i].name = errand_printf(ctx, "%s %d", names[i % 8], i / 8 + 1);
        customers[i].email = errand_printf(ctx, "customer%d@example.com", i + 1);
    }
    Customer_create_many(ctx, customers, COUNT);
}

SCRIPT(run)
