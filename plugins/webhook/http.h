/*
 * HTTP on the host's loop: libcurl's multi interface, whose sockets are the loop's watches and
 * whose timeouts are one timer of the loop. Connections are kept and used again. A socket that
 * nobody waits for stays watched, so that a busy endpoint costs no system call for that.
 */
#ifndef NETVANE_WEBHOOK_HTTP_H
#define NETVANE_WEBHOOK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include <netvane/host.h>

#include "plugins/webhook/curl.h"

struct vane_http {
    struct vane_self *self;
    const struct vane_host *host;
    CURLM *multi;
    GHashTable *sockets; /* fd -> struct socket */
    struct vane_timer *timer;
    uint64_t timer_ns; /* when it fires */
    uint64_t due_ns;   /* when libcurl wants to be called; 0: not */
    bool running, again, posted;
    unsigned active;
    char *user_agent;
};

/* What came of a request. */
struct vane_http_result {
    long status;            /* 0: no answer */
    int64_t retry_after_ms; /* negative: none was given */
    const char *error;      /* for people; NULL: an answer came */
    uint64_t duration_ns;
};

/*
 * One request after the other to one place. Its owner fills the first part before begin(); all
 * that it points to stays until `done`.
 */
struct vane_http_transfer {
    const char *url;
    const char *socket;    /* a Unix socket; or NULL */
    const char *ca_file;   /* or NULL */
    const GArray *allowed; /* struct vane_network */
    bool guarded;          /* the headers are not to be dumped: HTTP/1.1, as nghttp2 copies them */
    int64_t timeout_ms;
    struct curl_slist *headers; /* taken over */
    char *body;                 /* taken over */
    size_t length;
    void (*done)(void *user, const struct vane_http_result *result);
    void *user;

    struct vane_http *http;
    CURL *easy;
    bool active, answered;
    size_t header_bytes, body_bytes;
    int64_t retry_after_ms;
    uint64_t began_ns;
    char refused[192]; /* the address that it may not be connected to */
    char error[CURL_ERROR_SIZE];
};

/* Nothing is loaded or opened before the first request. */
void vane_http_open(struct vane_http *http, struct vane_self *self, const struct vane_host *host);
void vane_http_close(struct vane_http *http);

/* Begins; `done` comes later, never from within. libcurl is loaded: the URL was parsed. -ENOMEM. */
int vane_http_begin(struct vane_http *http, struct vane_http_transfer *transfer);

/* Ends a transfer without a word. */
void vane_http_abort(struct vane_http_transfer *transfer);

/* Frees what a transfer keeps between requests. */
void vane_http_transfer_clear(struct vane_http_transfer *transfer);

/* ---- http-transfer.c: one request and its answer ---- */

int vane_http_prepare(struct vane_http_transfer *transfer);
void vane_http_finish(struct vane_http_transfer *transfer, CURLcode code);

/* ---- http.c: for http-transfer.c ---- */

void vane_http_socket_opened(struct vane_http *http, curl_socket_t fd);
int vane_http_socket_closed(void *http, curl_socket_t fd);

#endif
