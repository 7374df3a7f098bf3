/*
 * What JetStream is told and answers (NATS, "JetStream wire API Reference"; ADR-1): JSON, of which
 * little matters here. Pure functions.
 */
#ifndef NETVANE_CLUSTER_JETSTREAM_H
#define NETVANE_CLUSTER_JETSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of error.err_code. */
#define VANE_JETSTREAM_TOO_LARGE 10054u /* the message, for this stream */

/* A message was stored, or the state of a stream, or an error. */
struct vane_jetstream_answer {
    char *stream;    /* which one; NULL: it is not said */
    char **subjects; /* that it takes; NULL: it is not said */
    bool duplicate;  /* the message was there already */
    uint64_t code;   /* of an error, as HTTP has them; 0: there is none */
    uint64_t number; /* of that error, more exactly; 0: it is not said */
    char *why;       /* one sentence; NULL: no error */
};

/* -EINVAL: it is none. */
int vane_jetstream_parse(const char *text, size_t length, struct vane_jetstream_answer *answer);
void vane_jetstream_clear(struct vane_jetstream_answer *answer);

struct vane_jetstream_config {
    const char *name, *subject;
    uint64_t max_age_ns, max_bytes; /* then the oldest messages go; 0: no bound */
};

/* The configuration of a new stream, to be freed. */
char *vane_jetstream_format(const struct vane_jetstream_config *config, size_t *length);

/* Does every subject that matches `pattern` match one of `subjects`, too? */
bool vane_jetstream_covers(char *const *subjects, const char *pattern);

#endif
