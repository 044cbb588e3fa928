/* errand codegen */
#include "cli/command.h"

#include "codegen/codegen.h"
#include "codegen/project.h"

#include <stdio.h>
#include <stdlib.h>

static int write_code(const char *file, const char *folder)
{
    struct schema *schema = schema_read(file);
    struct errand_error err;
    int written, code = command_report(schema) ? EXIT_OK : EXIT_FAILED;
    if (code == EXIT_OK && codegen_write(schema, folder, &written, &err) != 0)
        code = command_fail(EXIT_FAILED, &err);
    schema_free(schema);
    return code;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct errand_error err;
    (void)command, (void)options;
    if (arguments[0])
        return write_code(arguments[0], arguments[1] ? arguments[1] : "build/Generated");
    char *root = project_root(&err), *file, *folder;
    if (!root)
        return command_fail(EXIT_FAILED, &err);
    if (asprintf(&file, "%s" PROJECT_SCHEMA, root) < 0 || asprintf(&folder, "%sbuild/Generated", root) < 0)
        abort();
    int code = write_code(file, folder);
    free(folder);
    free(file);
    free(root);
    return code;
}

const struct command command_codegen = {
    .words = { "codegen" },
    .summary = "write types.h and types.c from Application/Schema.sql",
    .synopsis = "[SCHEMA [FOLDER]]",
    .about = "Writes FOLDER/types.h and FOLDER/types.c: a struct and its functions for each table of SCHEMA.\n"
             "Files that hold what they should are left untouched.\n\n"
             "  SCHEMA      default Application/Schema.sql\n"
             "  FOLDER      default build/Generated\n",
    .options = (const struct option_row[]){ COMMAND_HELP, { 0 } },
    .example = "errand codegen Application/Schema.sql build/Generated",
    .most = 2,
    .run = run,
};
