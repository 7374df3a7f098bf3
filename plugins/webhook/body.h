/* What is sent: an event in the format of an endpoint, and the headers of the endpoint. Pure. */
#ifndef NETVANE_WEBHOOK_BODY_H
#define NETVANE_WEBHOOK_BODY_H

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
const char *vane_webhook_content_type(enum vane_webhook_format format);

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

/*
 * Splits "Name: value | Name: value" into "Name: value" texts, NULL-terminated, to be freed with
 * g_strfreev(). NULL with `why`: a name that is no token or that the plugin sets itself, a value
 * with control characters.
 */
char **vane_webhook_headers(const char *text, const char **why);

#endif
