/* errand new: the folder of an application, in one piece or not at all. */
#include "cli/command.h"

#include "base/error.h"
#include "codegen/generation.h"
#include "codegen/name_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the folder ---- */

static int check_empty(const char *path, struct errand_error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return error_set(err, "%s cannot be opened: %s", path, strerror(errno));
    int found = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        found += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return found == 0 ? 0 : error_set(err, "the folder %s is not empty", path);
}

/* 1: it was made; 0: it was there, and empty; -1 and the sentence. */
static int make_folder(const char *path, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    if (mkdir(path, 0777) == 0)
        return 1;
    if (errno == EEXIST)
        return check_empty(path, err);
    return error_set(err, "the folder %s cannot be made: %s", name_shown(path, shown), strerror(errno));
}

/* Letters that need no quotes in a shell, in make and in a URL. */
static int check_name(const char *path, struct errand_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    char shown[NAME_SHOWN_MAX];
    size_t end = strlen(path), start;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/';)
        start--;
    bool is_dots = end > start && strspn(path + start, "./") == strlen(path + start);
    if (is_dots || (end > start && path[start] != '-' && strspn(path + start, letters) >= end - start))
        return 0;
    return error_set(err, "'%s' is no name for an application: letters, digits, - and _", name_shown(path, shown));
}

/* ---- git, make ---- */

extern char **environ;

/* Its exit code, with nothing printed; -1 where it cannot be run. */
static int run_quietly(char **arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int git(const char *folder, const char *verb, const char *option)
{
    char *arguments[] = { "git", "-C", (char *)folder, (char *)verb, (char *)option, NULL };
    return run_quietly(arguments);
}

/* What editors read: how files are compiled, and the header that all of them include. */
static void prepare_for_editors(const char *folder)
{
    char *arguments[] = {
        "make", "-C", (char *)folder, "build/compile_commands.json", "build/Generated/types.h", NULL
    };
    project_name_rules();
    if (run_quietly(arguments) != 0)
        fprintf(stderr,
                "errand: make failed in %s, which is made all the same: editors know how its files are compiled "
                "once make works there\n",
                folder);
}

/* Not where the folder is in a repository already: that has it then. */
static void init_repository(const char *folder)
{
    int inside = git(folder, "rev-parse", "--is-inside-work-tree");
    if (inside > 0 && git(folder, "init", "--quiet") != 0)
        fprintf(stderr, "errand: git init failed in %s, which is made all the same\n", folder);
}

/* ---- all of it ---- */

static int fill(const char *path, struct errand_error *err)
{
    struct generation generation = GENERATION_INIT;
    struct buffer plan = BUFFER_INIT(64 * 1024);
    struct project project;
    if (project_open(&project, path, err) != 0)
        return -1;
    const char *name = strrchr(path, '/');
    int result = generate_application(&generation, name ? name + 1 : path, err);
    if (result == 0) {
        generation_print(&generation, &plan);
        fputs(plan.data, stdout);
        fflush(stdout);
        result = generation_apply(&generation, &project, err);
    }
    buffer_release(&plan);
    generation_release(&generation);
    project_close(&project);
    return result;
}

static int make_application(const char *path, struct errand_error *err)
{
    if (check_name(path, err) != 0)
        return -1;
    int made = make_folder(path, err);
    if (made < 0)
        return -1;
    char *full = realpath(path, NULL);
    int result = full ? fill(full, err) : error_set(err, "%s cannot be found: %s", path, strerror(errno));
    if (result == 0) {
        init_repository(full);
        prepare_for_editors(full);
    } else if (made) {
        rmdir(path);
    }
    free(full);
    return result;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct errand_error err;
    (void)command, (void)options;
    return make_application(arguments[0], &err) == 0 ? EXIT_OK : command_fail(EXIT_FAILED, &err);
}

const struct command command_new = {
    .words = { "new" },
    .summary = "make the folder of an application",
    .synopsis = "NAME",
    .about = "Makes the folder NAME with what an application needs: a Makefile, Application/Schema.sql, Web/. A git\n"
             "repository too, if git is installed and the folder is in none. A folder that is there must be empty.\n"
             "build/compile_commands.json is written, by which editors know how files are compiled.\n",
    .options = (const struct option_row[]){ COMMAND_HELP, { 0 } },
    .example = "errand new attics",
    .needs = "a name",
    .most = 1,
    .run = run,
};
