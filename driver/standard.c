#include "standard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { COUNT = 3 };
#define NULL_DEVICE makedev(1, 3)

static bool held[COUNT];

static int open_null(void)
{
    int opened = open("/dev/null", O_RDWR | O_CLOEXEC);
    int null = opened < 0 ? -1 : fcntl(opened, F_DUPFD_CLOEXEC, COUNT);
    if (opened >= 0)
        close(opened);
    return null;
}

void standard_hold(void)
{
    struct stat found;
    int null = -1;
    for (int fd = 0; fd < COUNT; fd++) {
        if (held[fd] || !fstat(fd, &found) || (null < 0 && (null = open_null()) < 0))
            continue;
        int got = fcntl(null, F_DUPFD_CLOEXEC, fd);
        held[fd] = got == fd;   /* unless a thread of the host has just taken it */
        if (got >= 0 && got != fd)
            close(got);
    }
    if (null >= 0)
        close(null);
}

void standard_let_go(void)
{
    struct stat found;
    for (int fd = 0; fd < COUNT; fd++) {
        if (held[fd] && !fstat(fd, &found) && S_ISCHR(found.st_mode) && found.st_rdev == NULL_DEVICE)
            close(fd);
        held[fd] = false;
    }
}

bool standard_is_held(int descriptor)
{
    return held[descriptor];
}

void folders_hide(struct folders *folders)
{
    struct stat found;
    int null = open_null();
    for (int fd = 0; fd < COUNT; fd++) {
        folders->saved[fd] = -1;
        if (null < 0 || fstat(fd, &found) || !S_ISDIR(found.st_mode))
            continue;
        folders->flags[fd] = fcntl(fd, F_GETFD);
        folders->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, COUNT);
        if (folders->saved[fd] >= 0)
            dup2(null, fd);
    }
    if (null >= 0)
        close(null);
}

void folders_show(const struct folders *folders)
{
    for (int fd = 0; fd < COUNT; fd++)
        if (folders->saved[fd] >= 0) {
            if (dup2(folders->saved[fd], fd) == fd)
                fcntl(fd, F_SETFD, folders->flags[fd]);
            close(folders->saved[fd]);
        }
}
