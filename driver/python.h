/* Python in a thread of its own, in somebody else's process. */
#ifndef PYTHON_H
#define PYTHON_H

#include <stdbool.h>

/* Starts the thread if it doesn't run; false, and said, if it can't. Both with handles' lock. */
bool python_start(void);
bool python_runs(void);
void python_is_gone(void);

/* A line to the system's log, for what is to be said before there is another. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
