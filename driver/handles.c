#include "handles.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "python.h"
#include "standard.h"

enum {
    MOST_HANDLES = 64,          /* a daemon loads a driver a few times at most */
    FIRST_NUMBER = 0x56530001   /* nothing that a host would make up; no number comes twice */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;    /* of all that follows */
static pthread_cond_t answered;
static struct handle *table[MOST_HANDLES];
static long next_number = FIRST_NUMBER;
static struct request *requests, **last_request = &requests;
static int descriptor = -1;
static bool has_ended;

static int make_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static struct handle **place_of(long number)
{
    for (size_t i = 0; i < MOST_HANDLES; i++)
        if (table[i] && table[i]->number == number)
            return &table[i];
    return NULL;
}

static void let_go(struct handle *handle)       /* with the lock */
{
    if (--handle->references)
        return;
    if (handle->is_prepared) {
        queue_free(&handle->inward);
        queue_free(&handle->outward);
        close(handle->wake);
    }
    free(handle);
}

static bool ask(int kind, long number, const char *configuration, const uint8_t *guid)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return false;
    request->kind = kind;
    request->number = number;
    if (configuration && !(request->configuration = strdup(configuration))) {
        free(request);
        return false;
    }
    if (guid)
        memcpy(request->guid, guid, sizeof request->guid);
    *last_request = request;
    last_request = &request->next;
    eventfd_write(descriptor, 1);
    return true;
}

static bool wait_for_answer(struct handle *handle, unsigned long milliseconds)
{
    struct timespec end = moment_in(milliseconds);
    int error = 0;
    while (!handle->answer && !error)
        error = pthread_cond_timedwait(&answered, &lock, &end);
    return handle->answer > 0;
}

static struct handle *add(void)
{
    struct handle **place = NULL;
    for (size_t i = 0; i < MOST_HANDLES && !place; i++)
        if (!table[i])
            place = &table[i];
    struct handle *handle = place ? calloc(1, sizeof *handle) : NULL;
    if (!handle)
        return NULL;
    handle->references = 1;     /* the table's */
    handle->wake = -1;
    handle->number = next_number;
    next_number = next_number == 0x7FFFFFFF ? FIRST_NUMBER : next_number + 1;
    return *place = handle;
}

static void take_out(long number)
{
    struct handle **place = place_of(number);
    if (place) {
        let_go(*place);
        *place = NULL;
    }
    for (size_t i = 0; i < MOST_HANDLES; i++)
        if (table[i])
            return;
    standard_let_go();
}

/* ---- for the host's threads ---- */

long handles_open(const char *configuration, const uint8_t *guid, unsigned long milliseconds)
{
    static bool is_made;
    long number = 0;
    pthread_mutex_lock(&lock);
    if (!is_made) {
        make_condition(&answered);
        is_made = true;
    }
    standard_hold();
    if (descriptor < 0)
        descriptor = make_eventfd();
    struct handle *handle = descriptor < 0 || has_ended ? NULL : add();
    if (!handle) {
        complain("no more handles or descriptors");
        take_out(0);
    }
    else if (!python_start() || !ask(TO_OPEN, handle->number, configuration, guid))
        take_out(handle->number);
    else if (wait_for_answer(handle, milliseconds)) {
        handle->state = OPEN;
        number = handle->number;
    } else {
        if (!handle->answer) {
            complain("no answer from the loop in time, given up");
            ask(TO_CLOSE, handle->number, NULL, NULL);
        }
        take_out(handle->number);
    }
    pthread_mutex_unlock(&lock);
    return number;
}

bool handles_close(long number, unsigned long milliseconds)
{
    pthread_mutex_lock(&lock);
    struct handle **place = place_of(number);
    bool is_open = place && (*place)->state == OPEN;
    if (is_open) {
        struct handle *handle = *place;
        handle->state = CLOSING;
        handle->answer = 0;
        queue_close(&handle->inward);
        queue_close(&handle->outward);
        if (ask(TO_CLOSE, number, NULL, NULL))
            wait_for_answer(handle, milliseconds);
        take_out(number);
    }
    pthread_mutex_unlock(&lock);
    return is_open;
}

static struct handle *hold(long number, bool only_open)
{
    pthread_mutex_lock(&lock);
    struct handle **place = place_of(number);
    struct handle *handle = place && (!only_open || (*place)->state == OPEN) ? *place : NULL;
    if (handle)
        handle->references++;
    pthread_mutex_unlock(&lock);
    return handle;
}

struct handle *handles_hold(long number)
{
    return hold(number, true);
}

void handles_let_go(struct handle *handle)
{
    pthread_mutex_lock(&lock);
    let_go(handle);
    pthread_mutex_unlock(&lock);
}

void handles_wake(const struct handle *handle)
{
    eventfd_write(handle->wake, 1);
}

void handles_end(unsigned long milliseconds)
{
    if (pthread_mutex_trylock(&lock))
        return;
    if (descriptor >= 0 && python_runs() && ask(TO_END, 0, NULL, NULL)) {
        struct timespec end = moment_in(milliseconds);
        int error = 0;
        while (!has_ended && !error)
            error = pthread_cond_timedwait(&answered, &lock, &end);
    }
    has_ended = true;
    pthread_mutex_unlock(&lock);
}

/* ---- for the loop's thread ---- */

int handles_descriptor(void)
{
    return descriptor;
}

struct request *handles_request(void)
{
    eventfd_t count;
    pthread_mutex_lock(&lock);
    struct request *request = requests;
    if (request) {
        requests = request->next;
        if (!requests)
            last_request = &requests;
    } else
        eventfd_read(descriptor, &count);
    pthread_mutex_unlock(&lock);
    return request;
}

void request_free(struct request *request)
{
    free(request->configuration);
    free(request);
}

struct handle *handles_hold_any(long number)
{
    return hold(number, false);
}

bool handle_prepare(struct handle *handle, enum layout layout, size_t inward, size_t outward)
{
    handle->layout = layout;
    handle->wake = make_eventfd();
    if (handle->wake < 0)
        return false;
    if (!queue_make(&handle->inward, inward)) {
        close(handle->wake);
        return false;
    }
    if (!queue_make(&handle->outward, outward)) {
        queue_free(&handle->inward);
        close(handle->wake);
        return false;
    }
    handle->is_prepared = true;
    return true;
}

void handles_answer(long number, bool done)
{
    pthread_mutex_lock(&lock);
    struct handle **place = place_of(number);
    if (place)
        (*place)->answer = done ? 1 : -1;
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&lock);
}

void handles_have_ended(void)
{
    pthread_mutex_lock(&lock);
    has_ended = true;
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&lock);
}

void handles_thread_is_gone(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MOST_HANDLES; i++)
        if (table[i] && !table[i]->answer)
            table[i]->answer = -1;
    while (requests) {
        struct request *request = requests;
        requests = request->next;
        request_free(request);
    }
    last_request = &requests;
    python_is_gone();
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&lock);
}
