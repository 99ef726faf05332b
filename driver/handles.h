/* The open handles, and what the host's threads ask of the loop's thread: to open and to close.

   Two sides use a handle. The host's threads read and write its queues and never wait for Python;
   the loop's thread does so from Python, by number, through module.c. Each holds a reference as
   long as it is at it, so that a handle can be closed under calls that go on. */
#ifndef HANDLES_H
#define HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "queue.h"

enum state { OPENING, OPEN, CLOSING };

struct handle {
    long number;
    int references;
    enum state state;
    int answer;                 /* of the loop's thread: 0 none yet, 1 done, -1 failed */
    bool is_prepared;           /* layout, queues and wake are there, and stay as they are */
    enum layout layout;
    struct queue inward;        /* from the host */
    struct queue outward;       /* to the host */
    int wake;                   /* eventfd: there is something for the loop's thread */
    unsigned long refused;      /* events that can't be; atomic, as what follows */
    unsigned long full;         /* writes that found no room in time */
    const char *why;            /* the last one was refused */
};

struct request {
    enum { TO_OPEN, TO_CLOSE, TO_END } kind;
    long number;
    char *configuration;        /* path or JSON; of TO_OPEN only, as is the GUID */
    uint8_t guid[16];
    struct request *next;
};

/* ---- for the host's threads ---- */

/* A new handle's number once the loop's thread has opened it; 0 if it could not, and has said why,
   or has not in `milliseconds`. */
long handles_open(const char *configuration, const uint8_t *guid, unsigned long milliseconds);

/* False if it is not open. */
bool handles_close(long number, unsigned long milliseconds);

/* An open handle, to be let go; NULL if there is none of this number. */
struct handle *handles_hold(long number);
void handles_let_go(struct handle *handle);

/* Tells the loop's thread that there is something for it. */
void handles_wake(const struct handle *handle);

/* The process ends: gives the loop's thread a while to close everything and to stand still. Waits
   for no lock, for whoever calls exit() may hold one. */
void handles_end(unsigned long milliseconds);

/* ---- for the loop's thread ---- */

int handles_descriptor(void);       /* eventfd: there is a request */
struct request *handles_request(void);      /* the next one, to be freed; NULL: none */
void request_free(struct request *request);
struct handle *handles_hold_any(long number);   /* in whatever state, to be let go */
bool handle_prepare(struct handle *handle, enum layout layout, size_t inward, size_t outward);
void handles_answer(long number, bool done);
void handles_have_ended(void);
void handles_thread_is_gone(void);  /* whoever waits for an answer gets none */

#endif
