/*
 * Requests to the kernel to create, delete and change links, one after the other on a thread of
 * the loop's pool: the kernel answers within the call, and may take long for it.
 */
#ifndef NETVANE_ENGINE_LINKS_REQUEST_H
#define NETVANE_ENGINE_LINKS_REQUEST_H

#include <glib.h>
#include <uv.h>

#include <netvane/links.h>

#include "engine/ledger.h"

struct vane_link_requests;

int vane_link_requests_new(uv_loop_t *loop, struct vane_link_requests **out);

/* Requests that still wait or run end with -ESHUTDOWN before this returns; one that runs is
 * finished by the kernel all the same. NULL is a no-op. */
void vane_link_requests_free(struct vane_link_requests *requests);

/* Everything in it is taken over. */
struct vane_link_submission {
    GPtrArray *
        messages; /* GBytes: netlink messages to send one by one until one is refused; NULL: none */
    int netns_fd; /* where to send them; -1: our network namespace */
    int named_fd; /* a descriptor that a message names, to be open until then; or -1 */
    GBytes *question;                      /* then ask this, for `found`; or NULL */
    const struct vane_link_expect *expect; /* of the link `expected_index`, copied; or NULL */
    uint32_t expected_index;
    vane_link_done done; /* may be NULL */
    vane_links_found found;
    void *user;
};

int vane_link_requests_submit(struct vane_link_requests *requests, struct vane_ledger *ledger,
                              const struct vane_link_submission *submission);

#endif
