/* An engine with ports, a server that notes what it hears, and plain sockets as its peers. */
#ifndef NETVANE_TESTS_PORTS_FIXTURE_H
#define NETVANE_TESTS_PORTS_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "engine/ports/ports.h"
#include "tests/unit/engine_fixture.h"

#define PORTS (&vane_ports_table)

/* What a plugin heard. */
struct heard {
    unsigned accepted, connected, half_closed, drained, closed, messages;
    int connect_error, close_error;
    int refuse_with; /* what accepted() returns */
    struct vane_connection *connection;
    GByteArray *bytes;
    char *from;
};

static inline int on_accepted(void *user, struct vane_connection *connection, void **theirs)
{
    struct heard *heard = user;

    heard->accepted++;
    heard->connection = connection;
    return heard->refuse_with;
}

static inline void on_connected(void *user, struct vane_connection *connection, int error)
{
    struct heard *heard = user;

    heard->connected++;
    heard->connect_error = error;
}

static inline void on_received(void *user, struct vane_connection *connection, const void *data,
                               size_t length)
{
    struct heard *heard = user;

    heard->messages++;
    g_byte_array_append(heard->bytes, data, (guint)length);
}

static inline void on_half_closed(void *user, struct vane_connection *connection)
{
    ((struct heard *)user)->half_closed++;
}

static inline void on_drained(void *user, struct vane_connection *connection)
{
    ((struct heard *)user)->drained++;
}

static inline void on_closed(void *user, struct vane_connection *connection, int error)
{
    struct heard *heard = user;

    heard->closed++;
    heard->close_error = error;
}

static inline void on_datagram(void *user, const char *from, const void *data, size_t length)
{
    struct heard *heard = user;

    g_free(heard->from);
    heard->from = g_strdup(from);
    on_received(user, NULL, data, length);
}

static const struct vane_port_events heard_events = {
    .size = sizeof(struct vane_port_events),
    .accepted = on_accepted,
    .connected = on_connected,
    .received = on_received,
    .half_closed = on_half_closed,
    .drained = on_drained,
    .closed = on_closed,
    .datagram = on_datagram,
};

static inline bool heard_bytes(const struct heard *heard, const char *text)
{
    return heard->bytes->len == strlen(text) && memcmp(heard->bytes->data, text, strlen(text)) == 0;
}

struct ports_fixture {
    struct fixture base;
    struct heard heard;
    struct vane_port_options options;
};

static inline int ports_start(void **state)
{
    struct ports_fixture *fixture = g_new0(struct ports_fixture, 1);

    fixture_start(&fixture->base);
    fixture->options.size = sizeof(fixture->options);
    fixture->heard.bytes = g_byte_array_new();
    assert_int_equal(vane_port_table_new(&fixture->base.engine, &fixture->base.engine.ports), 0);
    *state = fixture;
    return 0;
}

static inline int ports_stop(void **state)
{
    struct ports_fixture *fixture = *state;

    fixture_revoke(&fixture->base.alpha);
    fixture_revoke(&fixture->base.beta);
    vane_port_table_free(fixture->base.engine.ports);
    fixture_stop(&fixture->base);
    g_byte_array_free(fixture->heard.bytes, TRUE);
    g_free(fixture->heard.from);
    g_free(fixture);
    return 0;
}

#define ports_test(function) cmocka_unit_test_setup_teardown(function, ports_start, ports_stop)

/* "unix:" and a path in the test's directory, to be freed with g_free(). */
static inline char *in_directory(const struct ports_fixture *fixture, const char *scheme,
                                 const char *name)
{
    return g_strdup_printf("%s%s/%s", scheme, fixture->base.directory, name);
}

static inline int try_listen(struct ports_fixture *fixture, struct vane_self *self,
                             const char *address, struct vane_port **port)
{
    return PORTS->listen(self, address, &fixture->options, &heard_events, &fixture->heard, port);
}

/* alpha listens. */
static inline struct vane_port *listen_on(struct ports_fixture *fixture, const char *address)
{
    struct vane_port *port = NULL;

    assert_int_equal(try_listen(fixture, &fixture->base.alpha, address, &port), 0);
    return port;
}

static inline struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    return address;
}

/* A peer from outside: a plain socket that is connected to a path. -1 with errno. */
static inline int connect_unix(const char *path, int type)
{
    struct sockaddr_un address = unix_address(path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* alpha listens on "sock", and a peer is connected and accepted. Returns the peer. */
static inline int one_peer(struct ports_fixture *fixture, int type, struct vane_port **port)
{
    g_autofree char *address =
        in_directory(fixture, type == SOCK_STREAM ? "unix:" : "unix-seqpacket:", "sock");
    g_autofree char *path = in_directory(fixture, "", "sock");
    int fd;

    *port = listen_on(fixture, address);
    fd = connect_unix(path, type);
    assert_true(fd >= 0);
    wait_for(&fixture->base, fixture->heard.accepted == 1);
    return fd;
}

/* Is there anything to read at this peer, or its end? */
static inline bool is_readable(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLIN};

    return poll(&state, 1, 0) > 0;
}

static inline struct vane_port_counters counters_of(struct ports_fixture *fixture,
                                                    struct vane_port *port)
{
    struct vane_port_counters counters = {.size = sizeof(counters)};

    assert_int_equal(PORTS->counters(&fixture->base.alpha, port, &counters), 0);
    return counters;
}

#endif
