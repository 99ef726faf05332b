#include "queue.h"

#include <stdlib.h>
#include <time.h>

enum { LONGEST = 86400000 };    /* ms; so that no sum runs over */

void make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec moment_in(unsigned long milliseconds)
{
    struct timespec moment;
    if (milliseconds > LONGEST)
        milliseconds = LONGEST;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(milliseconds / 1000);
    moment.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_nsec -= 1000000000;
        moment.tv_sec++;
    }
    return moment;
}

bool queue_make(struct queue *queue, size_t size)
{
    queue->places = calloc(size, sizeof *queue->places);
    if (!queue->places)
        return false;
    queue->size = size;
    queue->first = queue->count = 0;
    queue->closed = false;
    pthread_mutex_init(&queue->lock, NULL);
    make_condition(&queue->filled);
    make_condition(&queue->freed);
    return true;
}

static struct record *pop(struct queue *queue)
{
    struct record *record = queue->places[queue->first];
    queue->first = queue->first + 1 == queue->size ? 0 : queue->first + 1;
    queue->count--;
    return record;
}

void queue_free(struct queue *queue)
{
    if (!queue->places)
        return;
    while (queue->count)
        free(pop(queue));
    free(queue->places);
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->freed);
    pthread_mutex_destroy(&queue->lock);
}

enum outcome queue_put(struct queue *queue, struct record *record, unsigned long milliseconds,
                       bool *was_empty)
{
    enum outcome outcome = DONE;
    pthread_mutex_lock(&queue->lock);
    if (queue->count == queue->size && milliseconds && !queue->closed) {
        struct timespec end = moment_in(milliseconds);
        int error = 0;
        while (queue->count == queue->size && !queue->closed && !error)
            error = pthread_cond_timedwait(&queue->freed, &queue->lock, &end);
    }
    if (queue->closed)
        outcome = CLOSED;
    else if (queue->count == queue->size)
        outcome = TIMED_OUT;
    else {
        size_t place = queue->first + queue->count;
        *was_empty = !queue->count;
        queue->places[place < queue->size ? place : place - queue->size] = record;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return outcome;
}

enum outcome queue_take(struct queue *queue, struct record **record, unsigned long milliseconds)
{
    enum outcome outcome = DONE;
    pthread_mutex_lock(&queue->lock);
    if (!queue->count && milliseconds && !queue->closed) {
        struct timespec end = moment_in(milliseconds);
        int error = 0;
        while (!queue->count && !queue->closed && !error)
            error = pthread_cond_timedwait(&queue->filled, &queue->lock, &end);
    }
    if (queue->closed)
        outcome = CLOSED;
    else if (!queue->count)
        outcome = TIMED_OUT;
    else
        *record = pop(queue);
    pthread_mutex_unlock(&queue->lock);
    return outcome;
}

size_t queue_take_all(struct queue *queue, struct record **records, size_t most, size_t *left)
{
    size_t count = 0;
    pthread_mutex_lock(&queue->lock);
    while (count < most && queue->count)
        records[count++] = pop(queue);
    *left = queue->count;
    if (count)
        pthread_cond_broadcast(&queue->freed);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

size_t queue_count(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->freed);
    pthread_mutex_unlock(&queue->lock);
}
