/* Python in a thread of its own, in somebody else's process: it takes nothing over that is the
   host's. Signals stay with the host's handlers and threads, its locale and environment count for
   nothing and are left alone, and of its descriptors none is used.

   The thread begins with the first handle and never ends: Python can't be ended and begun again,
   and what gevent makes for a thread is not all given back when that ends. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "built.h"
#include "handles.h"
#include "module.h"
#include "standard.h"

enum { UP = 5 };                /* folders from the library to its environment */

static bool runs;
static bool is_spoilt;          /* an initialisation that failed can't be tried again */

void complain(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    syslog(LOG_DAEMON | LOG_ERR, "vscpl2drv-websocksrv: %s", text);
}

/* ---- what is the host's, and is put back ---- */

struct handlers { struct sigaction actions[NSIG]; bool is_known[NSIG]; };

static void save_handlers(struct handlers *handlers)
{
    for (int number = 1; number < NSIG; number++)
        handlers->is_known[number] = !sigaction(number, NULL, &handlers->actions[number]);
}

/* The module signal takes SIGINT over when it is imported, and gevent imports it. */
static void restore_handlers(const struct handlers *handlers)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction found;
        if (handlers->is_known[number] && !sigaction(number, NULL, &found)
            && found.sa_handler != handlers->actions[number].sa_handler)
            sigaction(number, &handlers->actions[number], NULL);
    }
}

/* ---- Python ---- */

/* Where extension modules find Python's names, though the host has loaded us for itself alone. */
static void show_libpython(void)
{
    Dl_info found;
    if (dladdr((void *)(uintptr_t)Py_InitializeFromConfig, &found) && found.dli_fname)
        dlopen(found.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

/* The interpreter whose packages are to be used: that of the environment we are installed in, or
   else the one that we were built with. */
static void find_interpreter(char path[PATH_MAX])
{
    Dl_info found;
    char real[PATH_MAX], config[PATH_MAX];
    if (dladdr((void *)(uintptr_t)find_interpreter, &found) && realpath(found.dli_fname, real)) {
        for (int i = 0; i < UP; i++) {
            char *slash = strrchr(real, '/');
            if (slash)
                *slash = '\0';
        }
        if (snprintf(path, PATH_MAX, "%s/bin/python", real) < PATH_MAX
            && snprintf(config, sizeof config, "%s/pyvenv.cfg", real) < PATH_MAX
            && !access(config, R_OK) && !access(path, X_OK))
            return;
    }
    snprintf(path, PATH_MAX, "%s", BUILT_PYTHON);
}

/* In this thread, which becomes Python's main one. Why it failed, or NULL. */
static const char *initialise(void)
{
    char interpreter[PATH_MAX];
    PyPreConfig before;
    PyConfig config;
    find_interpreter(interpreter);
    show_libpython();
    /* Isolated: neither the environment's variables nor the locale count or change. That would mean
       ASCII for all texts. */
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status))
        return status.err_msg ? status.err_msg : "unknown";
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    status = PyConfig_SetBytesString(&config, &config.program_name, interpreter);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.executable, interpreter);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        return status.err_msg ? status.err_msg : "unknown";
    PyObject *module = PyImport_ImportModule("signal");
    Py_XDECREF(module);
    return module ? NULL : "no module signal";
}

static bool begin(void)
{
    if (Py_IsInitialized()) {   /* the host is a Python program, or the imports failed before */
        PyGILState_Ensure();
        return true;
    }
    struct folders folders;
    struct handlers handlers;
    folders_hide(&folders);     /* Python ends the process where one is, as in a vscpd that detached */
    save_handlers(&handlers);
    const char *why = initialise();
    restore_handlers(&handlers);
    folders_show(&folders);
    if (why) {
        is_spoilt = true;
        complain("Python can't be initialised: %s", why);
        return false;
    }
    /* What they were is not ours to write to; __stderr__ stays for a log that is to go there. */
    PySys_SetObject("stdin", Py_None);
    PySys_SetObject("stdout", Py_None);
    PySys_SetObject("stderr", Py_None);
    if (standard_is_held(2) || folders.saved[2] >= 0)
        PySys_SetObject("__stderr__", Py_None);
    return true;
}

static void complain_of_exception(void)
{
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *name = kind && PyType_Check(kind) ? ((PyTypeObject *)kind)->tp_name : "error";
    const char *what = text ? PyUnicode_AsUTF8(text) : NULL;
    complain("Python: %s: %s", name, what ? what : "?");
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

static bool see_packages(void)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *packages = *BUILT_PACKAGES ? PyUnicode_DecodeFSDefault(BUILT_PACKAGES) : NULL;
    bool done = !*BUILT_PACKAGES;
    if (path && packages) {
        int is_there = PySequence_Contains(path, packages);
        done = is_there > 0 || (!is_there && !PyList_Insert(path, 0, packages));
    }
    Py_XDECREF(packages);
    return done;
}

static void run(void)
{
    PyObject *edge = make_module(), *loop = NULL, *result = NULL;
    if (edge && see_packages())
        loop = PyImport_ImportModule("vscpws.driver.loop");
    if (loop)
        result = PyObject_CallMethod(loop, "run", "O", edge);
    if (!result)
        complain_of_exception();
    Py_XDECREF(result);
    Py_XDECREF(loop);
    Py_XDECREF(edge);
}

static void *serve(void *unused)
{
    (void)unused;
    if (begin()) {
        run();                  /* for ever, if all is well */
        PyEval_SaveThread();
    }
    handles_thread_is_gone();
    return NULL;
}

/* The thread that imports threading first is the main one to it, and the end of the process waits for
   that. In a host that is a Python program it has to be one of the host's. */
static void leave_main_thread_to_host(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *module = PyImport_ImportModule("threading");
    Py_XDECREF(module);
    PyErr_Clear();
    PyGILState_Release(state);
}

bool python_start(void)
{
    if (runs)
        return true;
    if (is_spoilt) {
        complain("Python could not be initialised: the host has to be started again");
        return false;
    }
    if (Py_IsInitialized())
        leave_main_thread_to_host();
    /* The new thread, and all that come from it, get no signal: those are for the host's threads.
       A SIGPIPE that a client causes would end the host. */
    sigset_t ours, hosts;
    pthread_t thread;
    pthread_attr_t attributes;
    sigfillset(&ours);
    for (const int *number = (const int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS,
                                           0}; *number; number++)
        sigdelset(&ours, *number);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &ours, &hosts);
    int error = pthread_create(&thread, &attributes, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &hosts, NULL);
    pthread_attr_destroy(&attributes);
    if (error)
        complain("no thread can be made: %s", strerror(error));
    return runs = !error;
}

bool python_runs(void)
{
    return runs;
}

void python_is_gone(void)
{
    runs = false;
}
