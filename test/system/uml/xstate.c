/* Lets linux.uml run where a processor has more registers than it knows (AMX: 11008 bytes of them).
 *
 * It reads and writes a process's vector registers as a block of 2696 bytes. Reading so few is
 * allowed, but since Linux 5.19 the host refuses to write (EFAULT) anything but the whole block. So
 * the rest of the block is put behind it: what the process has there already.
 *
 * To be preloaded:  cc -shared -fPIC -o xstate.so xstate.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef long (*ptrace_function)(int, pid_t, void *, void *);

long ptrace_whole(int request, pid_t pid, void *address, void *data) __asm__("ptrace");

long ptrace_whole(int request, pid_t pid, void *address, void *data)
{
    static ptrace_function real;
    static char block[65536] __attribute__((aligned(64)));

    if (!real)
        real = (ptrace_function)dlsym(RTLD_NEXT, "ptrace");
    if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
        const struct iovec *part = data;
        struct iovec whole = {block, sizeof block};

        if (!real(PTRACE_GETREGSET, pid, address, &whole) && part->iov_len < whole.iov_len) {
            memcpy(block, part->iov_base, part->iov_len);
            return real(request, pid, address, &whole);
        }
    }
    return real(request, pid, address, data);
}
