/* What vscpws.driver.edge describes as a protocol; all of it is called in the loop's thread, with the
   GIL, and none of it waits. Handles are named by their numbers, and one that is gone is a
   LookupError. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "module.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "handles.h"

enum { MOST_TAKEN = 1024 };     /* records in one turn */

static struct handle *held(long number, bool prepared)
{
    struct handle *handle = handles_hold_any(number);
    if (handle && handle->is_prepared == prepared)
        return handle;
    if (handle)
        handles_let_go(handle);
    PyErr_Format(PyExc_LookupError, "no handle %ld", number);
    return NULL;
}

/* The open handle whose number is the one argument, held; NULL with an exception. */
static struct handle *named(PyObject *args)
{
    long number;
    return PyArg_ParseTuple(args, "l", &number) ? held(number, true) : NULL;
}

/* descriptor() -> int */
static PyObject *descriptor(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return PyLong_FromLong(handles_descriptor());
}

/* request() -> (kind, number, configuration, guid) or None */
static PyObject *request(PyObject *self, PyObject *unused)
{
    static const char *const kinds[] = {"open", "close", "end"};
    (void)self, (void)unused;
    struct request *next = handles_request();
    if (!next)
        Py_RETURN_NONE;
    PyObject *found = Py_BuildValue("sly#y#", kinds[next->kind], next->number,
                                    next->configuration ? next->configuration : "",
                                    (Py_ssize_t)(next->configuration ? strlen(next->configuration) : 0),
                                    (const char *)next->guid, (Py_ssize_t)sizeof next->guid);
    request_free(next);
    return found;
}

/* prepare(number, layout, inward, outward) -> the descriptor that tells of events */
static PyObject *prepare(PyObject *self, PyObject *args)
{
    long number;
    int layout;
    Py_ssize_t inward, outward;
    (void)self;
    if (!PyArg_ParseTuple(args, "linn", &number, &layout, &inward, &outward))
        return NULL;
    if ((layout != LAYOUT_56 && layout != LAYOUT_64) || inward < 1 || outward < 1)
        return PyErr_Format(PyExc_ValueError, "no such layout or queue");
    struct handle *handle = held(number, false);
    if (!handle)
        return NULL;
    PyObject *result = handle_prepare(handle, (enum layout)layout, (size_t)inward, (size_t)outward)
        ? PyLong_FromLong(handle->wake) : PyErr_NoMemory();
    handles_let_go(handle);
    return result;
}

/* answer(number, done) */
static PyObject *answer(PyObject *self, PyObject *args)
{
    long number;
    int done;
    (void)self;
    if (!PyArg_ParseTuple(args, "lp", &number, &done))
        return NULL;
    handles_answer(number, done);
    Py_RETURN_NONE;
}

static PyObject *event_of(const struct record *record, PyTypeObject *type, PyObject *obid,
                          PyObject *guid)
{
    static const uint8_t none[16];
    bool has_guid = memcmp(record->guid, none, sizeof none);
    PyObject *fields = Py_BuildValue(
        "iiiOLky#y#", record->head, record->vscp_class, record->type, obid,
        (long long)record->datetime, (unsigned long)record->timestamp,
        has_guid ? (const char *)record->guid : PyBytes_AS_STRING(guid), (Py_ssize_t)16,
        (const char *)record->data, (Py_ssize_t)record->size);
    PyObject *args = fields ? PyTuple_Pack(1, fields) : NULL;
    PyObject *event = args ? PyTuple_Type.tp_new(type, args, NULL) : NULL;
    Py_XDECREF(args);
    Py_XDECREF(fields);
    return event;
}

/* take(number, most, type, obid, guid) -> list of events; guid is that of events without one */
static PyObject *take(PyObject *self, PyObject *args)
{
    long number;
    Py_ssize_t most;
    PyTypeObject *type;
    PyObject *obid, *guid;
    struct record *records[MOST_TAKEN];
    eventfd_t signals;
    size_t left;
    (void)self;
    if (!PyArg_ParseTuple(args, "lnO!OS", &number, &most, &PyType_Type, &type, &obid, &guid))
        return NULL;
    if (most < 1 || most > MOST_TAKEN || PyBytes_GET_SIZE(guid) != 16
        || !PyType_IsSubtype(type, &PyTuple_Type))
        return PyErr_Format(PyExc_ValueError, "take: wrong arguments");
    struct handle *handle = held(number, true);
    if (!handle)
        return NULL;
    /* First this, so that a wake-up for what comes now is not lost. */
    eventfd_read(handle->wake, &signals);
    size_t count = queue_take_all(&handle->inward, records, (size_t)most, &left);
    if (left)
        handles_wake(handle);
    handles_let_go(handle);
    PyObject *events = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; i < count; i++) {
        PyObject *event = events ? event_of(records[i], type, obid, guid) : NULL;
        if (event)
            PyList_SET_ITEM(events, (Py_ssize_t)i, event);
        else
            Py_CLEAR(events);
        free(records[i]);
    }
    return events;
}

static bool read_number(PyObject *event, Py_ssize_t place, unsigned long long limit,
                        unsigned long long *value)
{
    *value = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(event, place));
    if (!PyErr_Occurred() && *value > limit)
        PyErr_Format(PyExc_ValueError, "field %zd is too large", place);
    return !PyErr_Occurred();
}

static struct record *record_of(PyObject *event)
{
    unsigned long long head, vscp_class, type, datetime, timestamp;
    if (!PyTuple_Check(event) || PyTuple_GET_SIZE(event) != 8) {
        PyErr_SetString(PyExc_TypeError, "not an event");
        return NULL;
    }
    PyObject *guid = PyTuple_GET_ITEM(event, 6), *data = PyTuple_GET_ITEM(event, 7);
    if (!read_number(event, 0, 0xFFFF, &head) || !read_number(event, 1, 0xFFFF, &vscp_class)
        || !read_number(event, 2, 0xFFFF, &type) || !read_number(event, 4, INT64_MAX, &datetime)
        || !read_number(event, 5, 0xFFFFFFFF, &timestamp))
        return NULL;
    if (!PyBytes_Check(guid) || PyBytes_GET_SIZE(guid) != 16 || !PyBytes_Check(data)
        || PyBytes_GET_SIZE(data) > MAX_DATA) {
        PyErr_SetString(PyExc_ValueError, "not a GUID, or not the data of an event");
        return NULL;
    }
    struct record *record = new_record((size_t)PyBytes_GET_SIZE(data));
    if (!record) {
        PyErr_NoMemory();
        return NULL;
    }
    record->head = (uint16_t)head;
    record->vscp_class = (uint16_t)vscp_class;
    record->type = (uint16_t)type;
    record->datetime = (int64_t)datetime;
    record->timestamp = (uint32_t)timestamp;
    memcpy(record->guid, PyBytes_AS_STRING(guid), sizeof record->guid);
    memcpy(record->data, PyBytes_AS_STRING(data), record->size);
    return record;
}

/* put(number, event) -> whether there was room */
static PyObject *put(PyObject *self, PyObject *args)
{
    long number;
    PyObject *event;
    bool was_empty;
    (void)self;
    if (!PyArg_ParseTuple(args, "lO", &number, &event))
        return NULL;
    struct record *record = record_of(event);
    if (!record)
        return NULL;
    struct handle *handle = held(number, true);
    if (!handle) {
        free(record);
        return NULL;
    }
    enum outcome outcome = queue_put(&handle->outward, record, 0, &was_empty);
    if (outcome != DONE)
        free(record);
    handles_let_go(handle);
    return PyBool_FromLong(outcome == DONE);
}

/* room(number) -> how many events the queue to the host would take */
static PyObject *room(PyObject *self, PyObject *args)
{
    (void)self;
    struct handle *handle = named(args);
    if (!handle)
        return NULL;
    PyObject *result = PyLong_FromSize_t(
        handle->outward.closed ? 0 : handle->outward.size - queue_count(&handle->outward));
    handles_let_go(handle);
    return result;
}

/* counts(number) -> (waiting inward, waiting outward, refused, why, full) */
static PyObject *counts(PyObject *self, PyObject *args)
{
    (void)self;
    struct handle *handle = named(args);
    if (!handle)
        return NULL;
    unsigned long refused = __atomic_load_n(&handle->refused, __ATOMIC_ACQUIRE);
    const char *why = __atomic_load_n(&handle->why, __ATOMIC_RELAXED);
    PyObject *result = Py_BuildValue(
        "nnksk", (Py_ssize_t)queue_count(&handle->inward),
        (Py_ssize_t)queue_count(&handle->outward), refused, why ? why : "",
        __atomic_load_n(&handle->full, __ATOMIC_RELAXED));
    handles_let_go(handle);
    return result;
}

/* stand_still(): the process ends; nothing of Python runs from now on */
static PyObject *stand_still(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    handles_have_ended();
    for (;;)
        pause();                /* with the GIL, so that its other threads stand still, too */
    return NULL;
}

static PyMethodDef methods[] = {
    {"descriptor", descriptor, METH_NOARGS, NULL},
    {"request", request, METH_NOARGS, NULL},
    {"prepare", prepare, METH_VARARGS, NULL},
    {"answer", answer, METH_VARARGS, NULL},
    {"take", take, METH_VARARGS, NULL},
    {"put", put, METH_VARARGS, NULL},
    {"room", room, METH_VARARGS, NULL},
    {"counts", counts, METH_VARARGS, NULL},
    {"stand_still", stand_still, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "vscpws_edge", "The library's edge to the host's threads.", -1, methods,
    NULL, NULL, NULL, NULL
};

PyObject *make_module(void)
{
    return PyModule_Create(&definition);
}
