/* The host's descriptors 0, 1 and 2, which may be closed or folders. */
#ifndef STANDARD_H
#define STANDARD_H

#include <stdbool.h>

/* Puts /dev/null on those that are closed, until they are let go. What Python opens would land there
   otherwise, and with it whatever the host prints. Both only from one thread at a time. */
void standard_hold(void);
void standard_let_go(void);
bool standard_is_held(int descriptor);

struct folders { int saved[3], flags[3]; };

/* Puts /dev/null on those that are folders, and the folders back. */
void folders_hide(struct folders *folders);
void folders_show(const struct folders *folders);

#endif
