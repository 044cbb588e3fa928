/* A claimed job in the worker's memory, and lists of such. */
#include "worker/worker.h"

#include <stdlib.h>
#include <string.h>

struct job *job_new(struct queue *queue, const struct store_job *claimed, struct claim *claim)
{
    size_t id_size = strlen(claimed->id) + 1;
    struct job *job = malloc(sizeof(*job) + claimed->row_size + id_size);
    if (!job)
        return NULL;
    *job = (struct job){ .queue = queue, .claim = claim, .place = claimed->place };
    memcpy(job->data, claimed->row, claimed->row_size);
    job->id = (char *)job->data + claimed->row_size;
    memcpy(job->id, claimed->id, id_size);
    job->task = (struct runner_task){
        .id = job->id,
        .attempts = claimed->attempts,
        .row = job->data,
        .row_size = claimed->row_size,
    };
    claim->users++;
    return job;
}

void job_free(struct job *job)
{
    claim_release(job->queue, job->claim);
    if (job->attempt) {
        free(job->attempt->error);
        free(job->attempt->backtrace);
        free(job->attempt->output);
        free(job->attempt);
    }
    free(job);
}

void job_list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
    list->count++;
}

void job_list_prepend(struct job_list *list, struct job_list *front)
{
    if (!front->first)
        return;
    front->last->next = list->first;
    list->first = front->first;
    if (!list->last)
        list->last = front->last;
    list->count += front->count;
    *front = (struct job_list){ 0 };
}

struct job *job_list_take(struct job_list *list)
{
    struct job *job = list->first;
    if (job)
        job_list_remove(list, job);
    return job;
}

void job_list_remove(struct job_list *list, struct job *job)
{
    struct job *before = NULL, *at = list->first;
    while (at != job) {
        before = at;
        at = at->next;
    }
    if (before)
        before->next = job->next;
    else
        list->first = job->next;
    if (list->last == job)
        list->last = before;
    list->count--;
    job->next = NULL;
}
