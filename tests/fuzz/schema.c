/* What reads Schema.sql on any bytes: it gives messages, or a schema that prints. Driven by driver.c, or by libFuzzer.
 */
#include "codegen/codegen.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct schema *schema = schema_parse("fuzz.sql", (const char *)data, size);
    if (schema->error_count == 0) {
        struct arena arena = ARENA_INIT;
        struct buffer out = BUFFER_INIT(SCHEMA_PRINT_MAX);
        struct plan plan = plan_make(&arena, schema);
        schema_print_postgres(schema, &out);
        schema_print_sqlite(schema, &out);
        codegen_header(&plan, &out);
        codegen_source(&plan, &out);
        assert(!out.failed);
        buffer_release(&out);
        arena_release(&arena);
    }
    schema_free(schema);
    return 0;
}
