/* What is sent: an event in the format of an endpoint. Pure. */
#ifndef NETVANE_WEBHOOK_BODY_H
#define NETVANE_WEBHOOK_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vane_webhook_format {
    VANE_WEBHOOK_STANDARD,    /* {"id","type","timestamp","cause","data"} */
    VANE_WEBHOOK_CLOUDEVENTS, /* CloudEvents 1.0, structured */
    VANE_WEBHOOK_PILOT,       /* {"event_id","event","node_id","timestamp","data"} */
};

/* -EINVAL: none. */
int vane_webhook_format_parse(const char *word, enum vane_webhook_format *format);
const char *vane_webhook_format_word(enum vane_webhook_format format);
/* `batch`: of several events. */
const char *vane_webhook_content_type(enum vane_webhook_format format, bool batch);
/* Whether several events have a form of their own in it. */
bool vane_webhook_has_batches(enum vane_webhook_format format);

/* Who sends it. */
struct vane_webhook_sender {
    const char *source; /* of CloudEvents */
    uint32_t node_id;   /* of pilot */
};

/*
 * `event` is an event as the bus renders it. To be freed with g_free(); NULL: it is no event.
 */
char *vane_webhook_body(enum vane_webhook_format format, const char *event, size_t length,
                        const struct vane_webhook_sender *sender, size_t *body_length);

/* An event on its way out. */
struct vane_webhook_text {
    const char *id;
    const char *json; /* as the bus renders it */
    size_t length;
};

/* The array of the bodies of several events. To be freed with g_free(); NULL: one is no event. */
char *vane_webhook_batch(enum vane_webhook_format format, const struct vane_webhook_text *events,
                         size_t count, const struct vane_webhook_sender *sender,
                         size_t *body_length);

/*
 * The webhook-id of a batch, made of the ids of its events: a batch that is sent again has the same
 * one, and one of other events another. To be freed with g_free().
 */
char *vane_webhook_batch_id(const struct vane_webhook_text *events, size_t count);

#endif
