/*
 * One event as a line, in each format rendered at most once, and shared by all whose queues it is
 * in. A line is also what stands in a queue for events that the host itself lost.
 */
#ifndef NETVANE_SOCKETBUS_LINE_H
#define NETVANE_SOCKETBUS_LINE_H

#include <netvane/bus.h>

#include "plugins/socketbus/halox.h"
#include "plugins/socketbus/request.h"

struct vane_line {
    unsigned refs;
    uint64_t seq;
    uint64_t lost_first;            /* not an event: these up to `seq` were lost; 0: an event */
    uint64_t time;                  /* CLOCK_MONOTONIC, ns; 0: not of this epoch */
    const struct vane_bus *bus;     /* for the event */
    const struct vane_event *event; /* whose text it is; NULL: the text is ours */
    char *own;
    const char *json;
    size_t json_length;
    const char *topic;
    enum vane_halox_kind halox;
    char *interface_type; /* for the HaloX form of an address event; may be NULL */
    char *text[VANE_FORMATS];
    size_t length[VANE_FORMATS];
};

/* Takes a reference to the event. NULL: out of memory. */
struct vane_line *vane_line_of_event(const struct vane_bus *bus, const struct vane_event *event);
/* From a text that was an event once; it is copied. NULL: it is none. */
struct vane_line *vane_line_of_text(const char *json, size_t length, const char *topic,
                                    uint64_t seq);
struct vane_line *vane_line_of_loss(uint64_t first, uint64_t last);

struct vane_line *vane_line_ref(struct vane_line *line);
void vane_line_unref(struct vane_line *line);

/* The text without a newline, rendered at first demand; NULL: it has no such form. */
const char *vane_line_text(struct vane_line *line, enum vane_format format, size_t *length);

/* Bytes that all lines keep in memory, about. */
uint64_t vane_lines_memory(void);

/* {"gap":{"from","to"}}, with the epoch unless it is NULL; to be freed with g_free(). */
char *vane_line_gap(const char *epoch, uint64_t from, uint64_t to, size_t *length);

#endif
