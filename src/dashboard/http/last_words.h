/* What was being answered when a view crashed: left where the parent can read it. */
#ifndef DASHBOARD_HTTP_LAST_WORDS_H
#define DASHBOARD_HTTP_LAST_WORDS_H

enum { LAST_WORDS_MAX = 512 };

/* Memory that the processes started from here share; NULL where there is none. */
char *last_words_new(void);
/* In the process that serves: from now on a thread that crashes leaves there what it was told to. words may be NULL. */
void last_words_install(char *words);
/* In each thread that answers requests: room for the handler where a view has used up the stack. */
void last_words_thread_begin(void);
void last_words_thread_end(void);
/* What this thread does from now on; both are borrowed. NULL: nothing. */
void last_words_prepare(const char *method, const char *target);

#endif
