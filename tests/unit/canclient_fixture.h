/* A daemon in a thread, as well-behaved or not as a test wants, and a client of it. */
#ifndef NETVANE_TESTS_CANCLIENT_FIXTURE_H
#define NETVANE_TESTS_CANCLIENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/netvane-can.h"
#include "lib/can/wire.h"

#define MOST_CONNECTIONS 32

struct fake {
    /* What to do with the connection number `nth`, from 0; the caller closes it. */
    void (*serve)(struct fake *fake, int fd, unsigned nth);
    /* Of serve_nvc1(): answers a request; NULL: answers everything with OK. */
    bool (*answer)(struct fake *fake, int fd, const struct vane_wire_request *request);
    const char *path; /* to listen at, else one is made */

    char directory[64], own_path[108];
    int listener;
    pthread_t thread, serving[MOST_CONNECTIONS];
    atomic_uint accepted, ended, requests;
    struct vane_wire_request last;               /* but HELLO */
    struct vane_wire_classic_request classic[8]; /* in order */
    char classic_names[8][VANE_WIRE_CLASSIC_REQUEST_MAX];
    atomic_uint classic_count;
};

/* ---- serving ---- */

/* False at the end of the connection. */
static inline bool read_all(int fd, void *data, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t r = recv(fd, (char *)data + got, size - got, 0);

        if (r <= 0)
            return false;
        got += (size_t)r;
    }
    return true;
}

static inline void write_all(int fd, const void *data, size_t size)
{
    (void)!send(fd, data, size, MSG_NOSIGNAL);
}

static inline size_t build_answer(uint8_t *out, size_t size, uint8_t operation, uint8_t code,
                                  uint32_t id, const char *message)
{
    const struct vane_wire_head head = {.operation = operation, .code = code, .id = id};
    struct vane_wire_writer writer;

    vane_wire_begin(&writer, out, size, &head);
    if (message)
        vane_wire_put_text(&writer, VANE_WIRE_MESSAGE, message);
    if (operation == VANE_WIRE_HELLO) {
        vane_wire_put_text(&writer, VANE_WIRE_VERSION, "7.8.9");
        vane_wire_put_u32(&writer, VANE_WIRE_SUPPORTED, 1);
    }
    return vane_wire_end(&writer);
}

static inline void send_answer(int fd, const struct vane_wire_request *request, uint8_t code,
                               const char *message)
{
    uint8_t bytes[1024];

    write_all(fd, bytes,
              build_answer(bytes, sizeof(bytes), request->operation, code, request->id, message));
}

static inline bool read_request(int fd, struct vane_wire_request *request)
{
    uint8_t bytes[VANE_WIRE_HEAD + VANE_WIRE_REQUEST_MAX];
    struct vane_wire_head head;

    if (!read_all(fd, bytes, VANE_WIRE_HEAD))
        return false;
    vane_wire_head_parse(bytes, &head);
    return head.length <= VANE_WIRE_REQUEST_MAX &&
           read_all(fd, bytes + VANE_WIRE_HEAD, head.length) &&
           vane_wire_parse(bytes, VANE_WIRE_HEAD + head.length, request) > 0;
}

/* The second form, as the daemon speaks it. */
static inline void serve_nvc1(struct fake *fake, int fd, unsigned nth)
{
    struct vane_wire_request request;
    char magic[VANE_WIRE_MAGIC_SIZE];
    bool go_on =
        read_all(fd, magic, sizeof(magic)) && memcmp(magic, VANE_WIRE_MAGIC, sizeof(magic)) == 0;

    while (go_on && read_request(fd, &request)) {
        if (request.operation != VANE_WIRE_HELLO) {
            fake->last = request;
            atomic_fetch_add(&fake->requests, 1);
        }
        if (fake->answer && request.operation != VANE_WIRE_HELLO)
            go_on = fake->answer(fake, fd, &request);
        else
            send_answer(fd, &request, request.code, request.complaint);
    }
}

/* One classic request, noted; false at the end. */
static inline bool read_classic(struct fake *fake, int fd)
{
    unsigned at = atomic_load(&fake->classic_count) % 8;
    uint8_t head[2];

    memset(fake->classic_names[at], 0, sizeof(fake->classic_names[at]));
    if (!read_all(fd, head, 2) || !read_all(fd, fake->classic_names[at], head[1]))
        return false;
    fake->classic[at].operation = head[0];
    fake->classic[at].name_length = head[1];
    return true;
}

static inline void answer_classic(struct fake *fake, int fd)
{
    unsigned at = atomic_load(&fake->classic_count) % 8;
    uint8_t operation = fake->classic[at].operation, bytes[64];
    bool known = operation >= 1 && operation <= 3;

    if (known)
        atomic_fetch_add(&fake->classic_count, 1);
    write_all(fd, bytes,
              vane_wire_classic_answer_put(bytes, sizeof(bytes),
                                           known ? VANE_WIRE_OK : VANE_WIRE_BAD_OPERATION,
                                           known ? NULL : "Unknown operation", false));
}

/* A daemon that knows nothing but HyCAN's protocol. */
static inline void serve_classic(struct fake *fake, int fd, unsigned nth)
{
    while (read_classic(fake, fd))
        answer_classic(fake, fd);
}

/* ---- life ---- */

struct serving {
    struct fake *fake;
    int fd;
    unsigned nth;
};

static inline void *serve_one(void *data)
{
    struct serving serving = *(struct serving *)data;

    free(data);
    serving.fake->serve(serving.fake, serving.fd, serving.nth);
    close(serving.fd);
    atomic_fetch_add(&serving.fake->ended, 1);
    return NULL;
}

static inline void *accept_all(void *data)
{
    struct fake *fake = data;
    int fd;

    while ((fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct serving *serving = malloc(sizeof(*serving));
        unsigned nth = atomic_load(&fake->accepted);

        *serving = (struct serving){fake, fd, nth};
        if (nth == MOST_CONNECTIONS ||
            pthread_create(&fake->serving[nth], NULL, serve_one, serving) != 0)
            abort();
        atomic_fetch_add(&fake->accepted, 1);
    }
    return NULL;
}

static inline void fake_listen(struct fake *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listener, 16), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, accept_all, fake), 0);
}

static inline void fake_start(struct fake *fake)
{
    if (!fake->path) {
        strcpy(fake->directory, "/tmp/netvane-can-XXXXXX");
        assert_non_null(mkdtemp(fake->directory));
        snprintf(fake->own_path, sizeof(fake->own_path), "%s/can.sock", fake->directory);
        fake->path = fake->own_path;
    }
    if (!fake->serve)
        fake->serve = serve_nvc1;
    fake_listen(fake);
}

/* After every client has closed, or the connections would not end. */
static inline void fake_stop(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    for (unsigned i = 0; i < fake->accepted; i++)
        pthread_join(fake->serving[i], NULL);
    unlink(fake->path);
    if (fake->directory[0])
        rmdir(fake->directory);
}

/* A client; with a timeout that no good answer comes near. */
static inline struct vane_can *client_of(const struct fake *fake, uint32_t timeout_ms)
{
    const struct vane_can_options options = {
        .size = sizeof(options), .timeout_ms = timeout_ms, .path = fake->path};
    struct vane_can *can;

    if (vane_can_open(&can, &options) < 0)
        fail_msg("%s", vane_can_error());
    return can;
}

/* Waits for a condition, at most 10 s. */
#define wait_for(condition)                                                                        \
    do {                                                                                           \
        for (int i = 0; i < 10000 && !(condition); i++)                                            \
            poll(NULL, 0, 1);                                                                      \
        assert_true(condition);                                                                    \
    } while (0)

#define assert_error_has(text)                                                                     \
    do {                                                                                           \
        if (!strstr(vane_can_error(), text))                                                       \
            fail_msg("no \"%s\" in \"%s\"", text, vane_can_error());                               \
    } while (0)

#endif
