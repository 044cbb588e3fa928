/* RunJobs: the worker. Runs the jobs in processes of the same program, so nothing comes before this call. */
#include "types.h"

int main(int argc, char **argv)
{
    return errand_worker_main(argc, argv);
}
