/* What a VSCP host calls (vscp's level2drvdef.h). Any thread may call anything at any time: before
   the open, after the close, with numbers that were never handles. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "built.h"
#include "handles.h"

#define EXPORT __attribute__((visibility("default")))

/* VSCP's codes (canal.h). */
enum { SUCCESS = 0, TIMEOUT = 32, PARAMETER = 34, MEMORY = 35 };

enum {
    OPEN_TIME = 120000,         /* ms: a thousand users' passwords, on a slow disk */
    CLOSE_TIME = 75000,         /* ms: drain-time is 60 s at most */
    END_TIME = 2000             /* ms that the end of the process may be held up */
};

static bool is_forked;          /* the loop's thread is in the parent, and not here */

static void in_child(void)
{
    is_forked = true;
}

static void at_exit(void)
{
    if (!is_forked)
        handles_end(END_TIME);
}

static void prepare_for_fork(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

static void prepare_for_exit(void)
{
    atexit(at_exit);
}

EXPORT long VSCPOpen(const char *configuration, const unsigned char *guid)
{
    static pthread_once_t before = PTHREAD_ONCE_INIT, after = PTHREAD_ONCE_INIT;
    pthread_once(&before, prepare_for_fork);
    if (is_forked)
        return 0;
    long number = handles_open(configuration ? configuration : "", guid, OPEN_TIME);
    if (number)     /* behind what Python's libraries have asked for, so it comes before that */
        pthread_once(&after, prepare_for_exit);
    return number;
}

EXPORT int VSCPClose(long number)
{
    return !is_forked && handles_close(number, CLOSE_TIME) ? SUCCESS : MEMORY;
}

EXPORT int VSCPWrite(long number, const void *event, unsigned long timeout)
{
    struct handle *handle = is_forked ? NULL : handles_hold(number);
    if (!handle)
        return MEMORY;
    const char *why = NULL;
    struct record *record = event ? record_from_event(event, handle->layout, &why) : NULL;
    int code = event && !why ? MEMORY : PARAMETER;
    if (record) {
        bool was_empty = false;
        enum outcome outcome = queue_put(&handle->inward, record, timeout, &was_empty);
        code = outcome == DONE ? SUCCESS : outcome == CLOSED ? MEMORY : TIMEOUT;
        if (outcome != DONE)
            free(record);
        if (outcome == TIMED_OUT)
            __atomic_fetch_add(&handle->full, 1, __ATOMIC_RELAXED);
        if (was_empty)
            handles_wake(handle);
    } else if (why) {
        __atomic_store_n(&handle->why, why, __ATOMIC_RELAXED);
        __atomic_fetch_add(&handle->refused, 1, __ATOMIC_RELEASE);
        handles_wake(handle);
    }
    handles_let_go(handle);
    return code;
}

EXPORT int VSCPRead(long number, void *event, unsigned long timeout)
{
    struct handle *handle = is_forked ? NULL : handles_hold(number);
    if (!handle)
        return MEMORY;
    struct record *record = NULL;
    int code = PARAMETER;
    if (event) {
        enum outcome outcome = queue_take(&handle->outward, &record, timeout);
        code = outcome == CLOSED ? MEMORY : TIMEOUT;
        if (outcome == DONE)
            code = record_to_event(record, event, handle->layout) ? SUCCESS : MEMORY;
        free(record);
    }
    handles_let_go(handle);
    return code;
}

EXPORT unsigned long VSCPGetVersion(void)
{
    return BUILT_VERSION;
}

EXPORT const char *VSCPGetVendorString(void)
{
    return "vscpwsd (Python)";
}
