/* The plugin's options: what an endpoint is, checked and with its secrets read. */
#ifndef NETVANE_WEBHOOK_OPTIONS_H
#define NETVANE_WEBHOOK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include <netvane/host.h>
#include <netvane/plugin.h>

#include "plugins/webhook/body.h"
#include "plugins/webhook/url.h"
#include "plugins/webhook/where.h"

/* The endpoint whose URL is set at run time. */
#define VANE_WEBHOOK_DEFAULT "default"

#define VANE_WEBHOOK_OPTION_COUNT 20
extern const struct vane_option vane_webhook_option_table[VANE_WEBHOOK_OPTION_COUNT];

/* One [Webhook NAME]. */
struct vane_webhook_endpoint_options {
    char *name;
    struct vane_url url;      /* all-zero for the default endpoint, until one is set */
    char *topics;             /* patterns */
    struct vane_where *where; /* NULL: none */
    enum vane_webhook_format format;
    GArray *secrets;    /* struct vane_secret */
    bool own_key;       /* sign with the plugin's own keys */
    GPtrArray *headers; /* of headers.h */
    bool guarded;       /* some are of HeadersFile= */
    GArray *allowed;    /* struct vane_network */
    char *ca_file;      /* NULL: the system's */
    int64_t timeout_ms;
    int64_t max_age_ns; /* INT64_MAX: none */
    unsigned max_attempts;
    uint64_t max_events;
    unsigned batch_size; /* 1: each event in a request of its own */
    size_t batch_bytes;
    int64_t batch_delay_ns;
};

struct vane_webhook_options {
    GPtrArray *endpoints; /* struct vane_webhook_endpoint_options; the default one is the first */
    uint64_t max_size;
    uint64_t max_dead;
    int64_t commit_ns;
};

/* Reads the checked configuration. Negative errno, with a log line for everything that is wrong. */
int vane_webhook_options_read(struct vane_self *self, const struct vane_host *host,
                              struct vane_webhook_options *options);
void vane_webhook_options_clear(struct vane_webhook_options *options);

void vane_webhook_endpoint_options_free(struct vane_webhook_endpoint_options *options);

#endif
