/* The schema as the generated types.c would describe it, in memory: so that commands can work on the rows of any table
   without a compiler. */
#ifndef CODEGEN_TABLES_H
#define CODEGEN_TABLES_H

#include "schema/schema.h"

/* Made from a schema without errors; lives in the arena, as long as the schema. No job type has options: which the
   program's own JOB() says. Fields that hold "use the default" are left to the database; none has an `initial`. */
const struct errand_schema *tables_make(struct arena *arena, const struct schema *schema);

#endif
