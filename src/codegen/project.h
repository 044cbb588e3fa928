/* The folder of an application, and what may be done to files in it: nothing here ever writes outside of it, whatever
   names it is given and wherever symbolic links lead. */
#ifndef CODEGEN_PROJECT_H
#define CODEGEN_PROJECT_H

#include "base/buffer.h"

#define PROJECT_SCHEMA "Application/Schema.sql"

struct project {
    char *root; /* its path; owned */
    int folder; /* open */
    int lock;   /* open while this process alone generates; -1: it does not */
};

/* What is to be put before the paths of the application that the current folder is in, the nearest folder upwards with
   an Application/Schema.sql: "", "../", "../../"... NULL and the sentence; to be freed. */
char *project_root(struct errand_error *err);
/* Sets ERRAND for the Makefile of an application, where it is not set: the folder of the rules that were installed with
   this command, should pkg-config not know it. */
void project_name_rules(void);
/* Opens that folder. 0, or -1 and the sentence. */
int project_find(struct project *project, struct errand_error *err);
/* The folder of that path, which is there. */
int project_open(struct project *project, const char *root, struct errand_error *err);
void project_close(struct project *project);

/* Waits until no other process generates in this project. Held until project_close. */
int project_lock(struct project *project, struct errand_error *err);

/* Paths are relative to the project: names divided by slashes, none of them . or .. or a symbolic link. */

/* Appends the file to out. 1; 0 where there is no such file, even no such folder; -1 and the sentence. */
int project_read(const struct project *project, const char *path, struct buffer *out, struct errand_error *err);
/* Makes the file, and the folders that lack. Fails where it is there. */
int project_create(const struct project *project, const char *path, const char *data, size_t size,
                   struct errand_error *err);
/* Puts new content in the place of the old at once: whoever reads has the one or the other. */
int project_replace(const struct project *project, const char *path, const char *data, size_t size,
                    struct errand_error *err);
/* Removes the file, and the folders that are empty then. */
int project_remove(const struct project *project, const char *path, struct errand_error *err);

#endif
