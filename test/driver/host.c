/* A VSCP host for the tests: loads the library as vscpd does, and does what it is told in lines.

     host LIBRARY LAYOUT IN OUT [fds=closed|folder] [daemon] [nochild]

   IN and OUT are descriptors; each command is answered with one line that begins with its name. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct event56 {
    uint16_t crc;
    uint32_t obid;
    uint16_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t timestamp;
    uint16_t head, vscp_class, vscp_type;
    uint8_t guid[16];
    uint16_t size;
    uint8_t *data;
};

struct event64 {
    uint16_t head;
    uint32_t obid;
    uint16_t year;
    uint8_t month;
    union {
        uint64_t timestamp_ns;
        struct { uint8_t day, hour, minute, second; uint32_t timestamp; };
    };
    uint16_t vscp_class, vscp_type;
    uint8_t guid[16];
    uint16_t size;
    uint8_t *data;
    uint16_t crc;
};

static long (*vscp_open)(const char *, const unsigned char *);
static int (*vscp_close)(long);
static int (*vscp_write)(long, const void *, unsigned long);
static int (*vscp_read)(long, void *, unsigned long);
static unsigned long (*vscp_version)(void);
static const char *(*vscp_vendor)(void);

static const char *library;
static void *loaded;
static int layout;
static FILE *out;
static void (*free_data)(void *);

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    fputc('\n', out);
    fflush(out);
}

static void fail(const char *why)
{
    say("failed %s", why);
    _exit(99);
}

static void load(void)
{
    loaded = dlopen(library, RTLD_LAZY);
    if (!loaded)
        fail(dlerror());
    *(void **)&vscp_open = dlsym(loaded, "VSCPOpen");
    *(void **)&vscp_close = dlsym(loaded, "VSCPClose");
    *(void **)&vscp_write = dlsym(loaded, "VSCPWrite");
    *(void **)&vscp_read = dlsym(loaded, "VSCPRead");
    *(void **)&vscp_version = dlsym(loaded, "VSCPGetVersion");
    *(void **)&vscp_vendor = dlsym(loaded, "VSCPGetVendorString");
    if (!vscp_open || !vscp_close || !vscp_write || !vscp_read || !vscp_version || !vscp_vendor)
        fail("a function is missing");
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

/* ---- events ---- */

static int write_event(long handle, unsigned vscp_class, unsigned vscp_type, uint8_t *data,
                       size_t size, unsigned long timeout, unsigned short month)
{
    static const uint8_t guid[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 1, 2, 3, 4, 5,
                                     6, 7, 8};
    if (layout == 64) {
        struct event64 event = {.head = 0x160, .obid = 5, .year = 0xFFFF, .month = 0xFF,
                                .timestamp_ns = 1767225600123456789u, .vscp_class = vscp_class,
                                .vscp_type = vscp_type, .size = size, .data = data};
        if (month) {            /* the form with a date */
            event.head = 0x60, event.year = 2026, event.month = month, event.timestamp_ns = 0;
            event.day = 2, event.hour = 3, event.minute = 4, event.second = 5;
            event.timestamp = 123456;
        }
        memcpy(event.guid, guid, 16);
        return vscp_write(handle, &event, timeout);
    }
    struct event56 event = {.head = 0x60, .obid = 5, .year = month ? 2026 : 0, .month = month,
                            .day = month ? 2 : 0, .hour = month ? 3 : 0, .minute = month ? 4 : 0,
                            .second = month ? 5 : 0, .timestamp = 123456, .vscp_class = vscp_class,
                            .vscp_type = vscp_type, .size = size, .data = data};
    memcpy(event.guid, guid, 16);
    return vscp_write(handle, &event, timeout);
}

struct seen { unsigned head, year, month, day, hour, vscp_class, vscp_type, size, crc; uint64_t ns;
              uint32_t obid, timestamp; uint8_t guid[16], data[512]; bool has_data; };

/* The event that is handed over is uninitialised, as 14.0.5 and 13.1.1 do it. */
static int read_event(long handle, unsigned long timeout, struct seen *seen)
{
    int code;
    uint8_t *data;
    if (layout == 64) {
        struct event64 event;
        memset(&event, 0xA5, sizeof event);
        code = vscp_read(handle, &event, timeout);
        if (code)
            return code;
        *seen = (struct seen){event.head, event.year, event.month, 0, 0, event.vscp_class,
                              event.vscp_type, event.size, event.crc, event.timestamp_ns,
                              event.obid, 0, {0}, {0}, false};
        memcpy(seen->guid, event.guid, 16);
        data = event.data;
    } else {
        struct event56 event;
        memset(&event, 0xA5, sizeof event);
        code = vscp_read(handle, &event, timeout);
        if (code)
            return code;
        *seen = (struct seen){event.head, event.year, event.month, event.day, event.hour,
                              event.vscp_class, event.vscp_type, event.size, event.crc, 0,
                              event.obid, event.timestamp, {0}, {0}, false};
        memcpy(seen->guid, event.guid, 16);
        data = event.data;
    }
    seen->has_data = data != NULL;
    if (data && seen->size <= 512)
        memcpy(seen->data, data, seen->size);
    free_data(data);
    return 0;
}

static void say_event(int code, const struct seen *seen)
{
    char hex[1025] = "", guid[33];
    if (code) {
        say("read %d", code);
        return;
    }
    for (unsigned i = 0; i < seen->size && i < 512; i++)
        sprintf(hex + 2 * i, "%02X", seen->data[i]);
    for (int i = 0; i < 16; i++)
        sprintf(guid + 2 * i, "%02X", seen->guid[i]);
    say("read 0 head=%u class=%u type=%u year=%u month=%u day=%u hour=%u ns=%llu timestamp=%u "
        "obid=%u crc=%u guid=%s size=%u data=%s%s", seen->head, seen->vscp_class, seen->vscp_type,
        seen->year, seen->month, seen->day, seen->hour, (unsigned long long)seen->ns,
        seen->timestamp, seen->obid, seen->crc, guid, seen->size, hex, seen->has_data ? "" : "NULL");
}

/* ---- many events ---- */

struct job { long handle; unsigned long count, timeout, done, failed, pause_us, first; float *times;
             uint8_t *marks; };

static void *write_many(void *argument)
{
    struct job *job = argument;
    for (unsigned long i = 0; i < job->count; i++) {
        uint32_t number = job->first + i;
        uint8_t data[8] = {number >> 24, number >> 16, number >> 8, number, 1, 2, 3, 4};
        double start = now();
        int code;
        /* As 13.1.1 and 14.0.5: what could not be written stays first in line. */
        while ((code = write_event(job->handle, 10, 6, data, 8, job->timeout, 0)) == 32)
            job->failed++;
        job->times[i] = (float)((now() - start) * 1e6);
        if (code)
            break;
        job->done++;
        if (job->pause_us)
            usleep(job->pause_us);
    }
    return NULL;
}

static int compare(const void *one, const void *other)
{
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static void flood(long handle, unsigned long count, int threads, unsigned long timeout,
                  unsigned long pause_us)
{
    struct job jobs[16];
    pthread_t ids[16];
    float *times = calloc(count, sizeof *times);
    unsigned long done = 0, failed = 0, share = count / threads;
    double start = now();
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){handle, share, timeout, 0, 0, pause_us, i * share, times + i * share,
                               NULL};
        pthread_create(&ids[i], NULL, write_many, &jobs[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        done += jobs[i].done;
        failed += jobs[i].failed;
    }
    double taken = now() - start;
    qsort(times, share * threads, sizeof *times, compare);
    say("flood done=%lu waited=%lu seconds=%.4f p50=%.2f p99=%.2f max=%.1f", done, failed, taken,
        times[share * threads / 2], times[share * threads * 99 / 100], times[share * threads - 1]);
    free(times);
}

static void *read_many(void *argument)
{
    struct job *job = argument;
    struct seen seen;
    int idle = 0;
    while (__atomic_load_n(&job->marks[0], __ATOMIC_RELAXED) == 0 && idle < 100) {
        int code = read_event(job->handle, job->timeout, &seen);
        if (code == 32) {
            idle++;
            continue;
        }
        if (code)
            break;
        idle = 0;
        uint32_t number = (uint32_t)seen.data[0] << 24 | seen.data[1] << 16 | seen.data[2] << 8
            | seen.data[3];
        if (number < job->count)
            __atomic_fetch_add(&job->marks[1 + number], 1, __ATOMIC_RELAXED);
        if (__atomic_add_fetch(job->times ? (unsigned long *)job->times : &job->done, 1,
                               __ATOMIC_RELAXED) >= job->count)
            __atomic_store_n(&job->marks[0], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void collect(long handle, unsigned long count, int threads)
{
    struct job jobs[16];
    pthread_t ids[16];
    unsigned long total = 0, once = 0;
    uint8_t *marks = calloc(count + 1, 1);
    double start = now();
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){handle, count, 100, 0, 0, 0, 0, (float *)&total, marks};
        pthread_create(&ids[i], NULL, read_many, &jobs[i]);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (unsigned long i = 1; i <= count; i++)
        once += marks[i] == 1;
    say("collect got=%lu once=%lu seconds=%.4f", total, once, now() - start);
    free(marks);
}

/* ---- threads that go on whatever happens to the handle ---- */

static volatile long current;
static volatile bool is_over;
static unsigned long calls[2];

static void *reads_on(void *unused)
{
    struct seen seen;
    (void)unused;
    while (!is_over) {
        int code = read_event(current, 10, &seen);
        if (code != 0 && code != 32 && code != 35)
            fail("a code of VSCPRead that is none");
        if (code == 35)
            usleep(100);
        __atomic_fetch_add(&calls[0], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *writes_on(void *unused)
{
    uint8_t data[8] = {0};
    (void)unused;
    while (!is_over) {
        int code = write_event(current, 10, 6, data, 8, 10, 0);
        if (code != 0 && code != 32 && code != 35)
            fail("a code of VSCPWrite that is none");
        if (code)
            usleep(100);
        __atomic_fetch_add(&calls[1], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static pthread_t going[4];

static void begin_traffic(void)
{
    is_over = false;
    for (int i = 0; i < 4; i++)
        pthread_create(&going[i], NULL, i % 2 ? reads_on : writes_on, NULL);
}

static void end_traffic(void)
{
    is_over = true;
    for (int i = 0; i < 4; i++)
        pthread_join(going[i], NULL);
}

/* ---- what is the host's ---- */

static int count_in(const char *folder)
{
    int count = 0;
    DIR *opened = opendir(folder);
    while (readdir(opened))
        count++;
    closedir(opened);
    return count - 2;
}

static long resident(void)
{
    long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (fscanf(file, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void cycles(const char *configuration, int count)
{
    long before = 0;
    int fds = 0, threads = 0, failed = 0;
    double longest = 0;
    for (int i = 0; i < count; i++) {
        long handle = vscp_open(configuration, NULL);
        double start = now();
        failed += !handle || vscp_close(handle);
        if (now() - start > longest)
            longest = now() - start;
        if (i == count / 10) {  /* what is made once is there */
            before = resident();
            fds = count_in("/proc/self/fd");
            threads = count_in("/proc/self/task");
        }
    }
    say("cycles failed=%d kilobytes=%ld grown=%ld fds=%d threads=%d longest=%.4f", failed, before,
        resident() - before, count_in("/proc/self/fd") - fds,
        count_in("/proc/self/task") - threads, longest);
}

static void storm(const char *configuration, int count)
{
    int failed = 0;
    struct timespec pause = {0, 20000000};
    begin_traffic();
    for (int i = 0; i < count; i++) {
        long handle = vscp_open(configuration, NULL);
        failed += !handle;
        current = handle;
        nanosleep(&pause, NULL);
        failed += vscp_close(handle) != 0;
        failed += vscp_close(handle) != 35;
    }
    end_traffic();
    say("storm failed=%d reads=%lu writes=%lu", failed, calls[0], calls[1]);
}

static void mark(int number)
{
    char text[16];
    int length = snprintf(text, sizeof text, "signal %d\n", number);
    if (write(fileno(out), text, (size_t)length) < 0)
        _exit(98);
}

static void say_state(void)
{
    char texts[3][32], handlers[6][32];
    static const int numbers[] = {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGUSR1, SIGCHLD};
    sigset_t mask;
    int blocked = 0;
    for (int fd = 0; fd < 3; fd++) {
        struct stat found;
        strcpy(texts[fd], fstat(fd, &found) ? "closed" : S_ISDIR(found.st_mode) ? "folder" : "open");
    }
    for (int i = 0; i < 6; i++) {
        struct sigaction action;
        sigaction(numbers[i], NULL, &action);
        strcpy(handlers[i], action.sa_handler == SIG_DFL ? "default"
               : action.sa_handler == SIG_IGN ? "ignored" : action.sa_handler == mark ? "ours"
               : "foreign");
    }
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++)
        blocked += sigismember(&mask, number) > 0;
    say("state fds=%s,%s,%s handlers=%s,%s,%s,%s,%s,%s blocked=%d locale=%s", texts[0], texts[1],
        texts[2], handlers[0], handlers[1], handlers[2], handlers[3], handlers[4], handlers[5],
        blocked, setlocale(LC_ALL, NULL));
}

/* ---- commands ---- */

static size_t unhex(const char *text, uint8_t *data)
{
    size_t size = 0;
    unsigned byte;
    while (sscanf(text + 2 * size, "%2x", &byte) == 1 && size < 600)
        data[size++] = byte;
    return size;
}

static void obey(char *line)
{
    char *name = strsep(&line, " "), *rest = line ? line : (char *)"";
    long handle;
    unsigned a = 0, b = 0, c = 0, d = 0;
    char text[1300] = "";
    uint8_t data[600];
    struct seen seen;
    if (!strcmp(name, "open")) {        /* GUID or -, configuration */
        char *guid = strsep(&rest, " ");
        double start = now();
        handle = vscp_open(rest, unhex(guid, data) == 16 ? data : NULL);
        current = handle;
        say("open %ld %.4f", handle, now() - start);
    } else if (!strcmp(name, "close")) {
        double start = now();
        int code = vscp_close(atol(rest));
        say("close %d %.4f", code, now() - start);
    } else if (!strcmp(name, "write")) {        /* handle class type month data */
        sscanf(rest, "%ld %u %u %u %1299s", &handle, &a, &b, &c, text);
        size_t size = unhex(text, data);
        say("write %d", write_event(handle, a, b, size ? data : NULL, size, 1000, c));
    } else if (!strcmp(name, "write-null")) {
        say("write-null %d", vscp_write(atol(rest), NULL, 0));
    } else if (!strcmp(name, "write-size")) {   /* an event that says so, and has no data */
        sscanf(rest, "%ld %u", &handle, &a);
        say("write-size %d", write_event(handle, 1024, 6, NULL, a, 0, 0));
    } else if (!strcmp(name, "read")) {         /* handle timeout */
        sscanf(rest, "%ld %u", &handle, &a);
        int code = read_event(handle, a, &seen);
        say_event(code, &seen);
    } else if (!strcmp(name, "read-null")) {
        say("read-null %d", vscp_read(atol(rest), NULL, 0));
    } else if (!strcmp(name, "flood")) {        /* handle count threads timeout pause */
        sscanf(rest, "%ld %u %u %u %u", &handle, &a, &b, &c, &d);
        flood(handle, a, (int)b, c, d);
    } else if (!strcmp(name, "collect")) {      /* handle count threads */
        sscanf(rest, "%ld %u %u", &handle, &a, &b);
        collect(handle, a, (int)b);
    } else if (!strcmp(name, "cycles")) {       /* count configuration */
        a = (unsigned)atoi(strsep(&rest, " "));
        cycles(rest, (int)a);
    } else if (!strcmp(name, "storm")) {
        a = (unsigned)atoi(strsep(&rest, " "));
        storm(rest, (int)a);
    } else if (!strcmp(name, "traffic")) {
        begin_traffic();
        say("traffic");
    } else if (!strcmp(name, "reload")) {
        say("reload %d", dlclose(loaded));
        load();
    } else if (!strcmp(name, "layout")) {       /* as if the configuration were wrong */
        layout = atoi(rest);
        say("layout %d", layout);
    } else if (!strcmp(name, "state")) {
        say_state();
    } else if (!strcmp(name, "handle-signals")) {
        signal(SIGINT, mark);
        signal(SIGTERM, mark);
        say("handle-signals");
    } else if (!strcmp(name, "version")) {
        say("version %lx %s", vscp_version(), vscp_vendor());
    } else if (!strcmp(name, "fork")) {         /* a child that calls what it must not */
        pid_t child = fork();
        if (!child)
            _exit(vscp_open(rest, NULL) == 0 && vscp_close(current) == 35
                  && write_event(current, 10, 6, NULL, 0, 100, 0) == 35 ? 0 : 1);
        int status = 0;
        waitpid(child, &status, 0);
        say("fork %d", status);
    } else if (!strcmp(name, "exit")) {
        exit(0);
    } else if (!strcmp(name, "pid")) {
        say("pid %d", getpid());
    } else
        fail("no such command");
}

static void prepare(const char *how)
{
    if (!strcmp(how, "fds=closed"))
        for (int fd = 0; fd < 3; fd++)
            close(fd);
    else if (!strcmp(how, "fds=folder"))
        for (int fd = 0; fd < 3; fd++)
            dup2(open("/", O_RDONLY | O_CLOEXEC), fd);
    else if (!strcmp(how, "nochild"))
        signal(SIGCHLD, SIG_IGN);
    else if (!strcmp(how, "daemon")) {
        if (fork())
            _exit(0);
        setsid();
    }
}

int main(int count, char **arguments)
{
    static char line[1 << 16];
    library = arguments[1];
    layout = atoi(arguments[2]);
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 5; i < count; i++)
        prepare(arguments[i]);
    FILE *in = fdopen(atoi(arguments[3]), "r");
    out = fdopen(atoi(arguments[4]), "w");
    free_data = (void (*)(void *))dlsym(RTLD_DEFAULT, "_ZdaPv");
    if (!free_data)
        free_data = free;
    load();
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
    }
    return 0;
}
