/*
 * A client of NATS for a program with one loop. A thread of its own connects, again and again,
 * subscribes and publishes; the owner's thread only fills a bounded queue and empties another, and
 * never waits. Who calls, and from where, stands at each function: "owner" is the thread that made
 * the client.
 */
#ifndef NETVANE_LIB_NATS_CLIENT_H
#define NETVANE_LIB_NATS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vane_nats;

/*
 * How the connection is. Texts are valid during the call. It is connected once the server has
 * confirmed all that was subscribed to before, or has refused it.
 */
struct vane_nats_state {
    bool connected;
    const char *server;     /* tried last, or connected to; without user and password */
    const char *problem;    /* why not, one sentence; NULL: none */
    uint64_t retry_ms;      /* not connected: the next attempt comes after this */
    uint64_t connections;   /* made so far */
    unsigned refused;       /* subscriptions that the server does not permit now */
    size_t max_payload;     /* bytes of headers and body that the server takes; 0: not connected */
    uint64_t lost_messages; /* so far: came while the queue was full */
    uint64_t unsent_messages; /* so far: waited for a connection that was lost */
};

/* A message that came; valid during the call. */
struct vane_nats_message {
    const char *subject;
    const char *reply; /* NULL: none is wanted */
    const char *body;
    size_t length;
    bool no_responders; /* the server says that nobody listens to what was asked */
    void *handle;
};

struct vane_nats_options {
    const char *const *servers; /* "nats://host:4222", "tls://..."; ends with NULL */
    const char *name;           /* what the server shows */
    /* Servers that those announce are tried, too. Whoever announces one has it shown what we log in
     * with. */
    bool discover;

    /* Who we are: any of these; NULL: not so. */
    const char *nkey;     /* a user's public key; sign() proves it */
    const char *jwt_file; /* a JWT, or credentials; read at each attempt. sign() proves it */
    const char *token;
    const char *login, *password;

    /* With either of them, or with tls://, there is TLS or no connection. */
    const char *tls_ca;   /* certificates that are trusted; NULL: the system's */
    const char *tls_cert; /* our certificate and key; NULL: none */
    const char *tls_key;

    /* For requests that find the queue full: the text and code of the error that answers them.
     * NULL: they are dropped, and counted. */
    const char *busy, *busy_code;

    /* On any thread: vane_nats_dispatch() is to be called soon, once. */
    void (*wake)(void *user);
    /* The rest on the owner's thread, from vane_nats_dispatch(). NULL: not wanted. */
    void (*state)(void *user, const struct vane_nats_state *state);
    /* Something the server refused, such as a subscription, in its words. */
    void (*refused)(void *user, const char *problem);
    /* Signs a server's nonce. A negative errno: cannot. */
    int (*sign)(void *user, const char *nonce, uint8_t signature[64]);
    /* After vane_nats_stop(): nothing comes any more. */
    void (*stopped)(void *user);
    void *user;
};

/*
 * Makes a client, which begins to connect at the first dispatch. Texts are copied. -ENOPKG: libnats
 * is not there; -EINVAL: no server. `problem` then says why, to be freed with g_free(). Owner.
 */
int vane_nats_new(const struct vane_nats_options *options, struct vane_nats **client,
                  char **problem);

/* Delivers what has come, a bounded number a call (wake() then asks for another). Owner. */
void vane_nats_dispatch(struct vane_nats *client);

/* Publishes what is queued, then disconnects; stopped() follows within some seconds. Owner. */
void vane_nats_stop(struct vane_nats *client);

/* Frees it; waits for the thread where stopped() has not come. Not from its callbacks, but for
 * stopped(). NULL is a no-op. Owner. */
void vane_nats_free(struct vane_nats *client);

/* Frees it without waiting for its thread, which may be held up by a name server for long; it ends
 * by itself. Nothing is called any more. Not from its callbacks. NULL is a no-op. Owner. */
void vane_nats_abandon(struct vane_nats *client);

/*
 * Subscribes, now and after each reconnect, for as long as it is wanted; what the server refuses is
 * asked for again, with growing delays of at most 90 seconds. `queue` NULL: not in a queue group.
 * The number is never 0. Owner.
 */
uint32_t vane_nats_subscribe(struct vane_nats *client, const char *subject, const char *queue,
                             void (*received)(void *user, const struct vane_nats_message *message),
                             void *user);

/* Nothing of that subscription is called afterwards. Owner. */
void vane_nats_unsubscribe(struct vane_nats *client, uint32_t subscription);

struct vane_nats_header {
    const char *name, *value; /* value NULL: not sent. Line breaks in it become spaces */
};

struct vane_nats_outgoing {
    const char *subject;
    const char *reply;                      /* NULL: none wanted */
    const struct vane_nats_header *headers; /* up to one without a name; NULL: none */
    const void *body;
    size_t length;
    uint64_t connection; /* only through this one, as the state counts them; 0: whichever it is */
};

/*
 * Queues a message. -ENOTCONN: there is no such connection now; -EMSGSIZE: over the server's
 * max_payload; -ENOBUFS: the queue is full; -EINVAL: the subject is none. Owner.
 */
int vane_nats_publish(struct vane_nats *client, const struct vane_nats_outgoing *message);

/* The value of a header; NULL: absent. */
const char *vane_nats_header(const struct vane_nats *client,
                             const struct vane_nats_message *message, const char *name);

/* A subject that nobody else has, "_INBOX." and random letters. */
#define VANE_NATS_INBOX_SIZE 40
void vane_nats_inbox(char inbox[VANE_NATS_INBOX_SIZE]);

#endif
