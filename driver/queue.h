/* A bounded queue of records between threads: who waits, waits for at most so long. */
#ifndef QUEUE_H
#define QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "event.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, freed;
    struct record **places;
    size_t size, first, count;
    bool closed;
};

enum outcome { DONE, TIMED_OUT, CLOSED };

bool queue_make(struct queue *queue, size_t size);
void queue_free(struct queue *queue);       /* with what is in it */

/* Takes the record over if DONE. *was_empty tells whether it is the first. */
enum outcome queue_put(struct queue *queue, struct record *record, unsigned long milliseconds,
                       bool *was_empty);

enum outcome queue_take(struct queue *queue, struct record **record, unsigned long milliseconds);

/* Up to `most` records that are there, oldest first; how many. *left tells how many stay. */
size_t queue_take_all(struct queue *queue, struct record **records, size_t most, size_t *left);

size_t queue_count(struct queue *queue);

/* Puts and takes of waiting threads end; what is in it can still be taken with take_all. */
void queue_close(struct queue *queue);

/* A condition that is waited for by the clock that nobody sets, and a moment of that clock. */
void make_condition(pthread_cond_t *condition);
struct timespec moment_in(unsigned long milliseconds);

#endif
