/*
 * The inside of libnetvane-can: what a handle is, and the steps from a call to an answer.
 * Everything with a handle as its first parameter is called with the handle's lock held, unless it
 * says otherwise.
 */
#ifndef NETVANE_CLIENT_CAN_H
#define NETVANE_CLIENT_CAN_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "client/answer.h"
#include "client/netvane-can.h"

#define VANE_CANLIB_FOR_EVER INT64_MAX

/* An interface that goes when the connection does. */
struct vane_canlib_lease {
    struct vane_canlib_lease *next;
    char name[VANE_WIRE_NAME_MAX + 1];
};

struct vane_can {
    pthread_mutex_t lock;
    struct vane_can *next; /* of all handles, for fork */
    uint32_t timeout_ms;
    size_t path_count;
    char *paths[2]; /* where the daemon is looked for, in this order */

    int fd; /* of the connection, or -1; the members up to `received` are about it */
    struct vane_can_server server;
    uint32_t last_id;
    size_t received; /* bytes in `buffer` */

    struct vane_canlib_lease *leases;
    char lost[VANE_WIRE_NAME_MAX + 1]; /* a lease that was not taken up again, until it was told */
    char detail[640];                  /* why the last step failed: the end of a sentence */
    uint8_t buffer[VANE_WIRE_CLASSIC_ANSWER_HEAD + UINT16_MAX];
};

/* ---- error.c ---- */

/* Keeps the sentence for vane_can_error() and returns `error`. Needs no lock. */
int vane_canlib_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the end of a sentence in the handle and returns `error`. */
int vane_canlib_because(struct vane_can *can, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- stream.c: bytes on the connection, until a deadline of the monotonic clock in ms ---- */

int64_t vane_canlib_deadline(int64_t timeout_ms);
/* Milliseconds for poll(): 0 when it has passed, -1 for ever. */
int vane_canlib_left(int64_t deadline);
/* Waits for `events`; 0, -ETIMEDOUT or what poll() says. */
int vane_canlib_poll(int fd, short events, int64_t deadline);
/* All of it, or -ECONNRESET, -ETIMEDOUT ... */
int vane_canlib_send(struct vane_can *can, const void *data, size_t size, int64_t deadline);
/* At least one more byte in the buffer. */
int vane_canlib_receive(struct vane_can *can, int64_t deadline);
/* Takes the first `size` bytes out of the buffer. */
void vane_canlib_consume(struct vane_can *can, size_t size);

/* ---- dial.c ---- */

/* Connects to the daemon at `path` if it is to be trusted. A negative errno, and why. */
int vane_canlib_dial(struct vane_can *can, const char *path, int64_t deadline);
void vane_canlib_hang_up(struct vane_can *can);

/* ---- connect.c ---- */

/* Makes sure that there is a connection, and that it is known which form is spoken on it. */
int vane_canlib_connect(struct vane_can *can, int64_t deadline);

/* ---- request.c ---- */

/* Interfaces, as a list gathers them. */
struct vane_canlib_infos {
    struct vane_can_info *items;
    size_t count, room;
};

/* What a request that succeeds means for the lease of its interface. */
enum vane_canlib_lease_change {
    VANE_CANLIB_LEASE_SAME,
    VANE_CANLIB_LEASE_TIED, /* to the connection */
    VANE_CANLIB_LEASE_FREE,
};

/* A request that can be sent in either form. */
struct vane_canlib_request {
    const char *verb; /* "create", for the sentence */
    const char *name; /* of the interface, or NULL */
    uint8_t operation;
    uint8_t classic[3]; /* the same as operations of the classic form, up to a 0 */
    enum vane_canlib_lease_change lease;
    struct vane_canlib_infos *infos; /* where the answers of LIST go, else NULL */
    struct vane_wire_writer writer;
    uint8_t bytes[VANE_WIRE_HEAD + 256];
};

void vane_canlib_begin(struct vane_canlib_request *request, uint8_t operation, const char *verb,
                       const char *name);
/* On the connection that there is; 0: an answer has come, whatever its code. */
int vane_canlib_exchange(struct vane_can *can, struct vane_canlib_request *request,
                         int64_t deadline, struct vane_canlib_answer *answer);
/*
 * Takes the lock, connects if need be, asks (again, if the connection broke), and turns the
 * answer's code into an errno and the sentence.
 */
int vane_canlib_ask(struct vane_can *can, struct vane_canlib_request *request,
                    struct vane_canlib_answer *answer);
/* -EINVAL with the sentence, for what is no name. Needs no lock. */
int vane_canlib_check_name(const char *verb, const char *name);

/* ---- lease.c ---- */

/* Remembers the leases that end with the connection; -ENOMEM. */
int vane_canlib_lease_note(struct vane_can *can, const char *name,
                           enum vane_canlib_lease_change change);
void vane_canlib_lease_clear(struct vane_can *can);
/* After a connection was opened: takes up all leases again. */
int vane_canlib_lease_renew_all(struct vane_can *can, int64_t deadline);

/* ---- fork.c: takes its own lock ---- */

int vane_canlib_register(struct vane_can *can);
void vane_canlib_unregister(struct vane_can *can);

/* ---- sized.c: structs that begin with their size ---- */

/* -EINVAL, -E2BIG; what the caller's struct lacks is 0. */
int vane_canlib_copy_in(void *ours, size_t size, const void *theirs);
int vane_canlib_copy_out(void *theirs, const void *ours, size_t size);

#endif
