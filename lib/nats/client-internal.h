/*
 * What the parts of the client share: client.c is its life, deliver.c and publish.c the owner's
 * side, worker.c the thread, interests.c what it subscribes to, callbacks.c what libnats' threads
 * call, connect.c one attempt to connect, servers.c which there are, registry.c the way from
 * libnats' callbacks to a client. Everything below `lock` is under it.
 */
#ifndef NETVANE_LIB_NATS_CLIENT_INTERNAL_H
#define NETVANE_LIB_NATS_CLIENT_INTERNAL_H

#include <glib.h>

#include "lib/nats/client.h"
#include "lib/nats/library.h"

#define VANE_NATS_QUEUE_MESSAGES 16384u
#define VANE_NATS_QUEUE_BYTES    ((size_t)64 << 20)
#define VANE_NATS_TIMEOUT_MS     3000

/* A queue of messages within bounds. */
struct vane_nats_queue {
    GQueue items;
    size_t bytes;
};

struct vane_nats_item {
    natsMsg *message;
    uint32_t subscription; /* of one that came */
    size_t bytes;
};

/* The worker's side of a subscription. */
struct vane_nats_interest {
    uint32_t id;
    char *subject, *queue;
    natsSubscription *handle; /* NULL: not subscribed at this connection; the worker's alone */
    bool unwanted;
    bool refused; /* by the server, at this connection */
};

void vane_nats_interest_free(struct vane_nats_interest *interest);

/* When what the server has refused is asked for again. */
struct vane_nats_again {
    gint64 at; /* of the monotonic clock; 0: nothing is refused */
    uint32_t delay_ms;
    bool asked;           /* and the server may still refuse it */
    gint64 round_trip_us; /* at the beginning of the connection */
};

/* A nonce on its way to the owner, and the signature back. */
struct vane_nats_signing {
    const char *nonce; /* NULL: nothing to sign */
    uint8_t signature[64];
    int result;
    bool done;
};

struct vane_nats {
    const struct vane_nats_library *library;
    gatomicrefcount references;
    uint32_t id; /* in the registry */

    /* constant */
    struct vane_nats_options options;
    GPtrArray *texts; /* what options point to */
    guint server_count;

    /* the worker's alone */
    GPtrArray *announced; /* servers that we were told of last, as URLs */

    /* the owner's alone */
    GHashTable *receivers; /* subscription -> struct receiver */
    GThread *thread;
    bool told_stopped;

    bool unsendable; /* the worker's alone: the attempt failed by a signature, see connect.c */

    GMutex lock;
    GCond worker_wakes, signature_comes;
    bool woken; /* wake() was called, and no dispatch since */
    bool begun; /* there was a dispatch */

    struct vane_nats_queue in, out;
    GPtrArray *interests;  /* struct vane_nats_interest */
    bool interests_differ; /* from what is subscribed */
    struct vane_nats_again again;
    struct vane_nats_signing signing;
    GQueue refusals; /* char * */

    struct vane_nats_state state; /* its texts are ours */
    bool state_differs;           /* from what the owner was told */
    bool told_connected;          /* of the connection that there is */
    natsConnection *connection;   /* the worker's; that it serves, once state.connected says so */
    bool closed;                  /* libnats has closed it */
    bool stopping, finished;
};

void vane_nats_ref(struct vane_nats *client);
void vane_nats_unref(struct vane_nats *client);

/* With the lock held, so that nobody is woken who has gone: the owner is to dispatch. */
void vane_nats_wake(struct vane_nats *client);

/* False: no room; the item then stays the caller's. */
bool vane_nats_queue_push(struct vane_nats_queue *queue, natsMsg *message, uint32_t subscription,
                          size_t bytes);
struct vane_nats_item *vane_nats_queue_pop(struct vane_nats_queue *queue);
void vane_nats_queue_clear(struct vane_nats *client, struct vane_nats_queue *queue);

natsMsg *vane_nats_message_new(const struct vane_nats *client,
                               const struct vane_nats_outgoing *message, size_t *bytes);

/* The body of the thread. */
gpointer vane_nats_worker(gpointer user);

/* One attempt. 0, or -1 and why, to be freed. Worker. */
int vane_nats_connect(struct vane_nats *client, const char *url, natsConnection **connection,
                      char **problem);

/* The servers to try: those that are named, and those that one of them has announced. Worker. */
guint vane_nats_server_count(const struct vane_nats *client);
const char *vane_nats_server(const struct vane_nats *client, guint number);
/* Asks the server that was connected to by this URL for the others, if they are wanted. */
void vane_nats_discover(struct vane_nats *client, natsConnection *connection, const char *url);

/*
 * What is subscribed to, at a connection: from its beginning, as it changes, and to its end, which
 * gives what is to be destroyed without the lock. wait() sleeps until there is something to do; it
 * asks again for what was refused, when it is time. With the lock held, which the first three give
 * up meanwhile. Worker.
 */
void vane_nats_interests_begin(struct vane_nats *client, natsConnection *connection);
void vane_nats_interests_apply(struct vane_nats *client, natsConnection *connection);
void vane_nats_interests_wait(struct vane_nats *client);
GPtrArray *vane_nats_interests_end(struct vane_nats *client);
void vane_nats_handles_destroy(struct vane_nats *client, GPtrArray *handles);

/* With the lock held: the server has refused something, in its words; how many it refuses now. */
void vane_nats_interests_take_refusal(struct vane_nats *client, const char *text);
unsigned vane_nats_interests_refused(const struct vane_nats *client);

/* What libnats says last, of this thread; to be freed. */
char *vane_nats_last_error(const struct vane_nats *client, natsStatus status);

/* A server's address without what is secret in it; to be freed. */
char *vane_nats_public_url(const char *url);

/*
 * Libnats may call back when a connection is gone already, so its closures are numbers: of a
 * client or of a subscription, which belongs to one.
 */
uint32_t vane_nats_register(struct vane_nats *client);
void vane_nats_forget(uint32_t id);
struct vane_nats *vane_nats_find(const void *closure); /* with a reference; NULL: gone */

/* Any thread. */
void vane_nats_tell_refusal(struct vane_nats *client, const char *text);

/* Callbacks of libnats, on its threads. */
void vane_nats_on_message(natsConnection *connection, natsSubscription *subscription,
                          natsMsg *message, void *closure);
void vane_nats_on_closed(natsConnection *connection, void *closure);
void vane_nats_on_error(natsConnection *connection, natsSubscription *subscription,
                        natsStatus status, void *closure);

#endif
