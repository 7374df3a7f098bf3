/*
 * Where a webhook goes: http and https URLs, and Unix sockets of local receivers as
 * "unix:/run/app.sock" or "unix:/run/app.sock:/path". A pure check; libcurl's own parser reads the
 * URL, so that nothing can mean one thing here and another thing there.
 */
#ifndef NETVANE_WEBHOOK_URL_H
#define NETVANE_WEBHOOK_URL_H

#include <stddef.h>

#define VANE_URL_MAX 2048

struct vane_url {
    char *url;    /* for libcurl */
    char *origin; /* for people: without path and query, which may be secrets */
    char *socket; /* the Unix socket; NULL: none */
};

/* -EINVAL, or -ELIBACC without libcurl, with `why` for people; `url` is then all-zero. Clear with
 * vane_url_clear(). */
int vane_url_parse(const char *text, struct vane_url *url, const char **why);

void vane_url_clear(struct vane_url *url);

#endif
