/* A private PostgreSQL cluster below build/, reached by a socket in its own folder alone. Its server is a child like
   the others, and ends with this process. */
#include "dev/dev.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
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

/* What the server says, anew each time. */
#define LOG_FILE POSTGRES_FOLDER "/server.log"

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

/* Once it takes connections, what it says of each statement that it refuses is for the file alone: who has sent one
   tells what is to be told. */
static void on_server_line(struct dev *dev, void *owner, const char *line)
{
    (void)owner;
    dprintf(dev->postgres_log, "%s\n", line);
    if (!dev->database_ready)
        dev_say(dev, DEV_LOG_DATABASE, line);
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
    close(dev->postgres_log);
    if (dev->stopping)
        return;
    snprintf(sentence, sizeof(sentence), "the server of " POSTGRES_FOLDER " ended with %s; it said why in " LOG_FILE,
             child_status_text(status, text));
    fail(dev, is_not_found(status) ? not_installed : sentence);
}

static int open_log(struct dev *dev, struct errand_error *err)
{
    dev->postgres_log = open(LOG_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return dev->postgres_log >= 0 ? 0 : error_set(err, LOG_FILE " cannot be written: %s", strerror(errno));
}

static int start_server(struct dev *dev, struct errand_error *err)
{
    char bin[PATH_MAX], folder[PATH_MAX], program[PATH_MAX + 16], data[PATH_MAX + 16];
    find_bin(bin);
    if (make_folder(folder, err) != 0 || open_log(dev, err) != 0)
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
    const struct child_plan plan = { .log = DEV_LOG_DATABASE,
                                     .argv = argv,
                                     .as_postgres = true,
                                     .quiet = true,
                                     .on_line = on_server_line,
                                     .on_exit = on_server_exit };
    dev->postgres = child_start(dev, &plan, err);
    return dev->postgres ? 0 : -1;
}

static void on_prepared(struct dev *dev, void *owner, int status)
{
    struct errand_error err;
    (void)owner;
    if (dev->stopping)
        return;
    if (is_not_found(status))
        fail(dev, not_installed);
    else if (status != 0)
        fail(dev, "the cluster in " POSTGRES_FOLDER " was not made, or its role: see above");
    else if (start_server(dev, &err) != 0)
        fail(dev, err.message);
}

/* Under another name until it is whole. The role is made before anybody can connect. */
static const char prepare[] =
    "{ test -e \"$1/PG_VERSION\" || { rm -rf \"$1.new\" && \"$2initdb\" -D \"$1.new\" -U postgres --auth=trust "
    "--encoding=UTF8 --locale=C.UTF-8 --no-instructions && mv \"$1.new\" \"$1\"; }; } && "
    "alone() { echo \"$role\" | \"$bin\"postgres --single -D \"$data\" -c log_checkpoints=off \"$1\" >/dev/null; } && "
    "data=$1 bin=$2 role=$3 && { alone errand 2>/dev/null || alone postgres; }";

/* Clusters of earlier versions lack the role, and all that is in their database is the superuser's: it becomes the
   role's, or nothing does. No object of the system's own has an oid as great as that. */
static const char role[] =
    "DO $$ DECLARE change text; BEGIN "
    "IF EXISTS (SELECT FROM pg_roles WHERE rolname = '" POSTGRES_ROLE "') THEN RETURN; END IF; "
    "CREATE ROLE " POSTGRES_ROLE " LOGIN CREATEDB; "
    "FOR change IN SELECT format('DATABASE %I', datname) FROM pg_database WHERE datname = 'errand' "
    "UNION ALL SELECT format('SCHEMA %I', nspname) FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_' "
    "UNION ALL SELECT format('TABLE %s', oid::regclass) FROM pg_class AS c WHERE oid >= 16384 "
    "AND (relkind IN ('r', 'p', 'v', 'm', 'f') OR relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend "
    "WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i'))) "
    "UNION ALL SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc WHERE oid >= 16384 "
    "UNION ALL SELECT format('TYPE %s', oid::regtype) FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd') "
    "LOOP EXECUTE 'ALTER ' || change || ' OWNER TO " POSTGRES_ROLE "'; END LOOP; END $$";

int postgres_start(struct dev *dev, struct errand_error *err)
{
    char bin[PATH_MAX], folder[PATH_MAX], data[PATH_MAX + 16];
    find_bin(bin);
    if (make_folder(folder, err) != 0)
        return -1;
    snprintf(data, sizeof(data), "%s/data", folder);
    const char *const argv[] = { "sh", "-c", prepare, "sh", data, bin, role, NULL };
    const struct child_plan plan = {
        .log = DEV_LOG_DATABASE, .argv = argv, .as_postgres = true, .whole_group = true, .on_exit = on_prepared
    };
    return child_start(dev, &plan, err) ? 0 : -1;
}
