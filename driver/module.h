/* The edge as Python sees it: a module of functions for the loop's thread. */
#ifndef MODULE_H
#define MODULE_H

#include <Python.h>

PyObject *make_module(void);

#endif
