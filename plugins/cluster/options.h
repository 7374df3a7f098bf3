/* The plugin's options, and what they grant. */
#ifndef NETVANE_CLUSTER_OPTIONS_H
#define NETVANE_CLUSTER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <netvane/plugin.h>

/* The kind of section that says who may do more. */
#define VANE_GRANT_SECTION "ClusterAllow"

#define VANE_CLUSTER_OPTION_COUNT 37

extern const struct vane_option vane_cluster_option_table[VANE_CLUSTER_OPTION_COUNT];

/* One [ClusterAllow NAME]: whoever is in `callers` may do `actions` with what matches the rest. */
struct vane_grant {
    char *name;
    char **callers, **tags; /* NKeys, or "anonymous"; either is enough */
    char **actions;
    char **destinations, **paths, **members; /* globs; empty: any */
    char **ports;                            /* "7", "8000-8010"; empty: any */
};

struct vane_cluster_options {
    char **servers;
    bool discover;
    char *cluster, *node_name;
    char **tags;
    char *host_key_file, *jwt_file, *credentials_file;
    char *token, *login, *password;
    char *tls_ca, *tls_certificate, *tls_key;
    uint64_t call_timeout_ms;
    uint32_t max_requests;
    char **signals;
    char **events;
    char *event_stream; /* NULL: none */
    bool stream_create;
    int64_t stream_max_age_ns;
    uint64_t stream_max_bytes;
    uint64_t outbox_max_events, outbox_max_bytes;
    int64_t outbox_max_age_ns; /* 0: any */
    char **networks;           /* numbers */
    uint64_t presence_interval_ms;
    uint64_t tunnel_timeout_ms;
    uint64_t tunnel_close_ms;
    char **member_tags; /* "NKEY=TAG" */
    GPtrArray *grants;  /* struct vane_grant */
};

/* Reads and checks them. -EINVAL with the log told; the options can be cleared either way. */
int vane_cluster_options_read(struct vane_self *self, const struct vane_host *host,
                              struct vane_cluster_options *options);
/* "7" or "8000-8010". -EINVAL. */
int vane_ports_parse(const char *text, uint16_t *first, uint16_t *last);
void vane_cluster_options_clear(struct vane_cluster_options *options);

#endif
