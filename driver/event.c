/* The layouts are those of VSCP's vscp.h: 56 bytes up to 15.0, 64 since 15.1 (on 64 bit). */
#include "event.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct event56 {
    uint16_t crc;
    uint32_t obid;
    uint16_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t timestamp;
    uint16_t head, vscp_class, type;
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
        uint64_t timestamp_ns;  /* since 1970, where the head says frame version 1 */
        struct {
            uint8_t day, hour, minute, second;
            uint32_t timestamp;
        };
    };
    uint16_t vscp_class, type;
    uint8_t guid[16];
    uint16_t size;
    uint8_t *data;
    uint16_t crc;
};

#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct event56) == 56 && offsetof(struct event56, head) == 20
               && offsetof(struct event56, size) == 42, "vscpEvent up to 15.0");
_Static_assert(sizeof(struct event64) == 64 && offsetof(struct event64, vscp_class) == 24
               && offsetof(struct event64, size) == 44, "vscpEvent since 15.1");
#endif

enum {
    VERSION = 0x0300, VERSION_NS = 0x0100,      /* bits of the head: the frame's version */
    NS_YEAR = 0xFFFF, NS_MONTH = 0xFF,          /* what stands in a frame of version 1 */
    LEVEL2 = 1024, OVER_LEVEL2 = 512,           /* first classes */
    MOST_LEVEL1 = 64                            /* bytes of data, on CAN FD */
};
#define SECOND INT64_C(1000000)
#define LAST_SECOND INT64_C(253402300799)       /* of the year 9999 */

/* The parts of a host's event, whichever layout it has. */
struct parts {
    uint16_t head, vscp_class, type, size, year;
    uint8_t month, day, hour, minute, second;
    uint32_t timestamp;
    uint64_t nanoseconds;       /* where has_nanoseconds */
    bool has_nanoseconds;
    const uint8_t *guid, *data;
};

/* ---- dates ---- */

/* Days since 1970 of a date in the Gregorian calendar (the year begins in March, so that a leap day
   is its last). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = y / 400, in_era = y - era * 400;
    int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool is_date(int year, int month, int day)
{
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1
        && day <= lengths[month - 1] - (month == 2 && !leap);
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * SECOND + time.tv_nsec / 1000;
}

/* ---- from the host ---- */

static void read56(const struct event56 *event, struct parts *parts)
{
    *parts = (struct parts){
        event->head, event->vscp_class, event->type, event->size, event->year, event->month,
        event->day, event->hour, event->minute, event->second, event->timestamp, 0, false,
        event->guid, event->data};
}

/* What lies behind the data's pointer is not touched: a host of the other layout hasn't it. */
static void read64(const struct event64 *event, struct parts *parts)
{
    *parts = (struct parts){
        event->head, event->vscp_class, event->type, event->size, event->year, event->month,
        0, 0, 0, 0, 0, 0, false, event->guid, event->data};
    if ((event->head & VERSION) == VERSION_NS) {
        parts->nanoseconds = event->timestamp_ns;
        parts->has_nanoseconds = true;
    } else {
        parts->day = event->day;
        parts->hour = event->hour;
        parts->minute = event->minute;
        parts->second = event->second;
        parts->timestamp = event->timestamp;
    }
}

static const char *complaint_about_date(const struct parts *parts)
{
    if (parts->has_nanoseconds)
        return parts->year != NS_YEAR || parts->month != NS_MONTH ? "a frame of version 1 with a date"
            : parts->nanoseconds / 1000000000 > (uint64_t)LAST_SECOND ? "a time after the year 9999"
            : NULL;
    if (parts->year == NS_YEAR)
        return "the year 65535, which is for frames of version 1";
    if (!parts->year)           /* no date: it is now */
        return NULL;
    if (!is_date(parts->year, parts->month, parts->day) || parts->hour > 23 || parts->minute > 59
        || parts->second > 60)
        return "no date of any calendar";
    return NULL;
}

static const char *complaint_about_data(const struct parts *parts)
{
    unsigned prefix = parts->vscp_class >= OVER_LEVEL2 ? 16 : 0;
    if (parts->size > MAX_DATA)
        return "more than 512 bytes of data";
    if (parts->size && !parts->data)
        return "a number of data bytes, and no data";
    if (parts->vscp_class >= LEVEL2)
        return NULL;
    if (parts->type > 0xFF)
        return "class of Level I, and a type of Level II";
    if (parts->size < prefix)
        return "class of Level I over Level II without the interface's GUID";
    if (parts->size > prefix + MOST_LEVEL1)
        return "class of Level I with more data than a CAN frame has";
    return NULL;
}

struct record *new_record(size_t size)
{
    struct record *record = malloc(sizeof *record + size);
    if (record)
        record->size = (uint16_t)size;
    return record;
}

struct record *record_from_event(const void *event, enum layout layout, const char **why)
{
    struct parts parts;
    if (layout == LAYOUT_64)
        read64(event, &parts);
    else
        read56(event, &parts);
    *why = layout == LAYOUT_64 && (parts.head & VERSION) > VERSION_NS ? "a frame of no known version"
        : complaint_about_data(&parts);
    if (!*why)
        *why = complaint_about_date(&parts);
    if (*why)
        return NULL;
    struct record *record = new_record(parts.size);
    if (!record)
        return NULL;
    record->head = parts.head & ~VERSION;
    record->vscp_class = parts.vscp_class;
    record->type = parts.type;
    memcpy(record->guid, parts.guid, sizeof record->guid);
    if (parts.size)
        memcpy(record->data, parts.data, parts.size);
    if (parts.has_nanoseconds)
        record->datetime = (int64_t)(parts.nanoseconds / 1000);
    else if (parts.year)        /* a leap second is the second before it */
        record->datetime = SECOND * (days_of(parts.year, parts.month, parts.day) * 86400
                                     + parts.hour * 3600 + parts.minute * 60
                                     + (parts.second < 60 ? parts.second : 59));
    else
        record->datetime = 0;
    if (!record->datetime)
        record->datetime = now();
    record->timestamp = parts.timestamp ? parts.timestamp
        : (uint32_t)(parts.has_nanoseconds ? record->datetime : now());
    return record;
}

/* ---- to the host ---- */

/* Hosts free with delete[], so what they have for new[] is what to allocate with; where it is only
   malloc underneath, as everywhere but under a sanitiser, malloc does. */
static uint8_t *allocate(size_t size)
{
    typedef void *operator_new(size_t);
    static operator_new *new_array;
    operator_new *found = __atomic_load_n(&new_array, __ATOMIC_RELAXED);
    if (!found) {
        found = (operator_new *)dlsym(RTLD_DEFAULT, "_Znam");
        if (!found)
            found = malloc;
        __atomic_store_n(&new_array, found, __ATOMIC_RELAXED);
    }
    return found(size);
}

static void write56(const struct record *record, struct event56 *event, uint8_t *data)
{
    int64_t seconds = record->datetime / SECOND, days = seconds / 86400;
    int64_t rest = seconds - days * 86400;
    /* The way back from days_of. */
    int64_t shifted = days + 719468, era = shifted / 146097, in_era = shifted - era * 146097;
    int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * in_year + 2) / 153;
    memset(event, 0, sizeof *event);
    event->day = (uint8_t)(in_year - (153 * month + 2) / 5 + 1);
    event->month = (uint8_t)(month < 10 ? month + 3 : month - 9);
    event->year = (uint16_t)(year_of_era + era * 400 + (event->month <= 2));
    event->hour = (uint8_t)(rest / 3600);
    event->minute = (uint8_t)(rest / 60 % 60);
    event->second = (uint8_t)(rest % 60);
    event->timestamp = record->timestamp;
    event->head = record->head;
    event->vscp_class = record->vscp_class;
    event->type = record->type;
    memcpy(event->guid, record->guid, sizeof event->guid);
    event->size = record->size;
    event->data = data;
}

static void write64(const struct record *record, struct event64 *event, uint8_t *data)
{
    memset(event, 0, sizeof *event);
    event->head = (uint16_t)((record->head & ~VERSION) | VERSION_NS);
    event->year = NS_YEAR;
    event->month = NS_MONTH;
    event->timestamp_ns = (uint64_t)record->datetime * 1000;
    event->vscp_class = record->vscp_class;
    event->type = record->type;
    memcpy(event->guid, record->guid, sizeof event->guid);
    event->size = record->size;
    event->data = data;
}

bool record_to_event(const struct record *record, void *event, enum layout layout)
{
    uint8_t *data = NULL;
    if (record->size) {
        data = allocate(record->size);
        if (!data)
            return false;
        memcpy(data, record->data, record->size);
    }
    if (layout == LAYOUT_64)
        write64(record, event, data);
    else
        write56(record, event, data);
    return true;
}
