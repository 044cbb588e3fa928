/* RunJobs: the worker of an application. Compiled into each by errand.mk; programs with a build of their own do the
   same in theirs. */
int errand_worker_main(int argc, char **argv); /* in the generated types.c */

int main(int argc, char **argv)
{
    return errand_worker_main(argc, argv);
}
