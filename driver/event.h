/* VSCP events: the two layouts that hosts have, and the one record that travels in between. */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_DATA = 512 };        /* bytes of data of any event */

/* Which vscpEvent a host has; there is nothing in it that tells, so the configuration does. */
enum layout { LAYOUT_56 = 56, LAYOUT_64 = 64 };

/* An event on its way; allocated with room for its data, freed with free(). */
struct record {
    uint16_t head, vscp_class, type, size;
    uint32_t timestamp;         /* us, relative */
    int64_t datetime;           /* us since 1970 */
    uint8_t guid[16];
    uint8_t data[];
};

/* A copy of a host's event; what is missing of date and timestamp is now. NULL and a reason in
   *why (a constant text) if the event can't be: most likely the layout is the wrong one; NULL and
   no reason if there is no memory. */
struct record *record_from_event(const void *event, enum layout layout, const char **why);

/* Fills in all of a host's event, which may be uninitialised; its data are the host's to free with
   delete[]. False, and nothing is written, if there is no memory. */
bool record_to_event(const struct record *record, void *event, enum layout layout);

struct record *new_record(size_t size);

#endif
