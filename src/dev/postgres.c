/* A private PostgreSQL cluster below build/, reached by a socket in its own folder alone. Its server is a child like
   the others, and ends with this process. */
#include "dev/dev.h"

#include "base/error.h"

#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* "/.s.PGSQL.5432" and its lock stand behind the folder. */
enum { SOCKET_NAME_SIZE = 24, FOLDER_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - SOCKET_NAME_SIZE };

/* Where initdb and postgres are: POSTGRES_BIN, else of the newest version that Debian has installed, else the PATH. */
static void find_bin(char bin[PATH_MAX])
{
    const char *given = getenv("POSTGRES_BIN");
    glob_t found = { 0 };
    bin[0] = '\0';
    int newest = -1;
    if (given && *given) {
        snprintf(bin, PATH_MAX, "%s/", given);
    } else if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            int version = atoi(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"));
            if (version <= newest)
                continue;
            newest = version;
            snprintf(bin, PATH_MAX, "%s/", found.gl_pathv[i]);
        }
    }
    globfree(&found);
}

static int make_folder(char folder[PATH_MAX], struct errand_error *err)
{
    char root[PATH_MAX - sizeof("/" POSTGRES_FOLDER)];
    if (!getcwd(root, sizeof(root)))
        return error_set(err, "the current folder cannot be named: %s", strerror(errno));
    snprintf(folder, PATH_MAX, "%s/%s", root, POSTGRES_FOLDER);
    if (strlen(folder) > FOLDER_MAX)
        return error_set(err, "the path %s is too long for the socket of PostgreSQL, which may have %d bytes", folder,
                         (int)FOLDER_MAX);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return error_set(err, "%s cannot be made: %s", folder, strerror(errno));
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (user && chown(folder, user->pw_uid, user->pw_gid) != 0)
        return error_set(err, "%s cannot be given to user postgres: %s", folder, strerror(errno));
    return 0;
}

static const char not_installed[] = "PostgreSQL's initdb and postgres are not installed, or elsewhere: on Debian "
                                    "`apt install postgresql` brings them; POSTGRES_BIN names their folder";

/* As a shell says that there is no such program, and child.c. */
static bool is_not_found(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 127;
}

static void fail(struct dev *dev, const char *sentence)
{
    dev_say(dev, DEV_LOG_DATABASE, sentence);
    dev->failed = true;
    dev_stop(dev);
}

static void on_server_line(struct dev *dev, void *owner, const char *line)
{
    (void)owner;
    if (dev->database_ready || !strstr(line, "database system is ready to accept connections"))
        return;
    dev->database_ready = true;
    build_want(dev);
}

static void on_server_exit(struct dev *dev, void *owner, int status)
{
    char text[64], sentence[160];
    (void)owner;
    dev->postgres = NULL;
    if (dev->stopping)
        return;
    snprintf(sentence, sizeof(sentence), "the server of " POSTGRES_FOLDER " ended with %s",
             child_status_text(status, text));
    fail(dev, is_not_found(status) ? not_installed : sentence);
}

static int start_server(struct dev *dev, struct errand_error *err)
{
    char bin[PATH_MAX], folder[PATH_MAX], program[PATH_MAX + 16], data[PATH_MAX + 16];
    find_bin(bin);
    if (make_folder(folder, err) != 0)
        return -1;
    snprintf(program, sizeof(program), "%spostgres", bin);
    snprintf(data, sizeof(data), "%s/data", folder);
    const char *const argv[] = { program,
                                 "-D",
                                 data,
                                 "-k",
                                 folder,
                                 "-c",
                                 "listen_addresses=",
                                 "-c",
                                 "lc_messages=C",
                                 "-c",
                                 "unix_socket_permissions=0700",
                                 NULL };
    const struct child_plan plan = {
        .log = DEV_LOG_DATABASE, .argv = argv, .as_postgres = true, .on_line = on_server_line, .on_exit = on_server_exit
    };
    dev->postgres = child_start(dev, &plan, err);
    return dev->postgres ? 0 : -1;
}

static void on_initdb_exit(struct dev *dev, void *owner, int status)
{
    struct errand_error err;
    (void)owner;
    if (dev->stopping)
        return;
    if (is_not_found(status))
        fail(dev, not_installed);
    else if (status != 0)
        fail(dev, "the cluster in " POSTGRES_FOLDER " was not made: see above");
    else if (start_server(dev, &err) != 0)
        fail(dev, err.message);
}

/* Under another name until it is whole. The role is made before anybody can connect. */
static const char initdb[] = "rm -rf \"$1.new\" && \"$2initdb\" -D \"$1.new\" -U postgres --auth=trust --encoding=UTF8 "
                             "--locale=C.UTF-8 --no-instructions && "
                             "echo 'CREATE ROLE " POSTGRES_ROLE " LOGIN CREATEDB' | "
                             "\"$2postgres\" --single -D \"$1.new\" postgres >/dev/null && mv \"$1.new\" \"$1\"";

int postgres_start(struct dev *dev, struct errand_error *err)
{
    char bin[PATH_MAX], folder[PATH_MAX], data[PATH_MAX + 16];
    if (access(POSTGRES_FOLDER "/data/PG_VERSION", F_OK) == 0)
        return start_server(dev, err);
    find_bin(bin);
    if (make_folder(folder, err) != 0)
        return -1;
    snprintf(data, sizeof(data), "%s/data", folder);
    const char *const argv[] = { "sh", "-c", initdb, "sh", data, bin, NULL };
    const struct child_plan plan = {
        .log = DEV_LOG_DATABASE, .argv = argv, .as_postgres = true, .whole_group = true, .on_exit = on_initdb_exit
    };
    return child_start(dev, &plan, err) ? 0 : -1;
}
