/* Which events a client wants and may see. Clients that ask for the same share one filter. */
#ifndef NETVANE_SOCKETBUS_FILTER_H
#define NETVANE_SOCKETBUS_FILTER_H

#include <stdbool.h>

#include <netvane/bus.h>

#include "plugins/socketbus/line.h"
#include "plugins/socketbus/request.h"

struct vane_filter {
    char *patterns;
    struct vane_where *where;
    size_t where_count;
    enum vane_format format;
    bool privileged; /* sees all topics; else those of links, addresses, routes and Wi-Fi */
    char *key;       /* the same for all filters that let the same through */
};

/* Takes the patterns and conditions out of the request. */
void vane_filter_init(struct vane_filter *filter, struct vane_stream_request *request,
                      bool privileged);
void vane_filter_clear(struct vane_filter *filter);

/* May somebody without privilege see events of this topic? */
bool vane_topic_is_public(const char *topic);

/* By the topic alone; cheap, and before anything is rendered. `match` is bus->match(). */
bool vane_filter_wants_topic(const struct vane_filter *filter, const char *topic,
                             int (*match)(const char *patterns, const char *topic));

/* By the payload, a JSON object. */
bool vane_filter_wants_payload(const struct vane_filter *filter, const char *payload,
                               size_t length);

/* By the whole event, and whether it has a form in the filter's format. */
bool vane_filter_wants_line(const struct vane_filter *filter, struct vane_line *line);

#endif
