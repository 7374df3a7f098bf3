/* The request lines of the native stream: bytes into a checked struct. A pure function. */
#ifndef NETVANE_SOCKETBUS_REQUEST_H
#define NETVANE_SOCKETBUS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line that a client may send, without its newline. */
#define VANE_REQUEST_MAX 65536u

enum vane_format {
    VANE_FORMAT_NATIVE,
    VANE_FORMAT_CLOUDEVENTS,
    VANE_FORMAT_HALOX,
};
#define VANE_FORMATS 3

const char *vane_format_name(enum vane_format format);

/* A payload member and the glob that its value must match. */
struct vane_where {
    char *member;
    char *glob;
};

enum vane_since_kind {
    VANE_SINCE_NOW,
    VANE_SINCE_SEQ,  /* after `seq` of this epoch */
    VANE_SINCE_ID,   /* after `seq` of `epoch` */
    VANE_SINCE_SPAN, /* what is younger than `usec` */
};

struct vane_since {
    enum vane_since_kind kind;
    uint64_t seq;
    uint64_t usec;
    char epoch[17];
};

struct vane_stream_request {
    char *patterns; /* joined by spaces; empty: no event at all */
    struct vane_where *where;
    size_t where_count;
    enum vane_format format;
    struct vane_since since;
    bool snapshot;
    bool strict;
};

/* What is wrong: the member (empty: the line itself) and a sentence. */
struct vane_request_error {
    char member[96];
    char message[200];
};

/*
 * Parses one line. 0; or a negative errno with `error` filled and nothing to free: -EBADMSG (no
 * JSON object), -EINVAL (a member).
 */
int vane_request_parse(const char *line, size_t length, struct vane_stream_request *request,
                       struct vane_request_error *error);
void vane_request_clear(struct vane_stream_request *request);

/* "SEQ", "EPOCH-SEQ", or a time span. -EINVAL. */
int vane_since_parse(const char *text, struct vane_since *since);

#endif
