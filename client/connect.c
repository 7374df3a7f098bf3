/*
 * From a list of paths to a connection of which it is known what is spoken on it.
 *
 * A daemon that knows the classic form only takes the first bytes of the second form, `NVC1`, for a
 * request: operation 'N', with a name of 'V' bytes. It would wait for all of that name. So HELLO is
 * sent as often as it takes to fill it: the daemon answers at once, in the form that it speaks, and
 * the first byte tells which.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/can.h"

#define CLASSIC_TAKES (2u + 'V')
#define HELLO_COUNT   ((CLASSIC_TAKES - VANE_WIRE_MAGIC_SIZE + VANE_WIRE_HEAD - 1) / VANE_WIRE_HEAD)

enum form { NVC1, CLASSIC };

static int greet(struct vane_can *can, int64_t deadline)
{
    uint8_t bytes[VANE_WIRE_MAGIC_SIZE + HELLO_COUNT * VANE_WIRE_HEAD] = VANE_WIRE_MAGIC;
    size_t length = VANE_WIRE_MAGIC_SIZE;

    while (length < sizeof(bytes)) {
        const struct vane_wire_head head = {.operation = VANE_WIRE_HELLO, .id = ++can->last_id};
        struct vane_wire_writer writer;

        vane_wire_begin(&writer, bytes + length, VANE_WIRE_HEAD, &head);
        length += vane_wire_end(&writer);
    }
    return vane_canlib_send(can, bytes, sizeof(bytes), deadline);
}

static int no_answer(struct vane_can *can)
{
    return vane_canlib_because(can, -EPROTO, "what answers at %s is no CAN interface daemon",
                               can->server.path);
}

/* Reads up to the answer to the last HELLO, so that nothing is left to be read. */
static int take_hello(struct vane_can *can, int64_t deadline)
{
    struct vane_canlib_answer answer = {0};

    while (answer.id != can->last_id) {
        int taken = vane_canlib_answer_parse(can->buffer, can->received, &answer);
        int r = taken == 0 ? vane_canlib_receive(can, deadline) : 0;

        if (r < 0)
            return r;
        if (taken < 0 || (taken > 0 && (answer.operation != VANE_WIRE_HELLO || answer.code != 0)))
            return no_answer(can);
        vane_canlib_consume(can, (size_t)taken);
    }
    can->server.supported = answer.supported != 0;
    memcpy(can->server.version, answer.version, sizeof(can->server.version));
    return NVC1;
}

static int ask_form(struct vane_can *can, int64_t deadline)
{
    int r = greet(can, deadline);

    if (r == 0)
        r = vane_canlib_receive(can, deadline);
    if (r < 0)
        return r;
    if (can->buffer[0] <= 1)
        return CLASSIC;
    return can->buffer[0] == VANE_WIRE_HELLO ? take_hello(can, deadline) : no_answer(can);
}

/*
 * A daemon that closes the connection rather than answer is asked again, as it may have been
 * stopping; one that does it twice is taken for one that ends connections over operations that it
 * does not know.
 */
static int find_form(struct vane_can *can, const char *path, int64_t deadline)
{
    int r = -ECONNRESET;

    for (int attempt = 0; attempt < 2 && r == -ECONNRESET; attempt++) {
        vane_canlib_hang_up(can);
        r = vane_canlib_dial(can, path, deadline);
        if (r < 0)
            return r;
        r = ask_form(can, deadline);
    }
    return r == -ECONNRESET ? CLASSIC : r;
}

static int connect_at(struct vane_can *can, const char *path, int64_t deadline)
{
    int form = find_form(can, path, deadline);
    int r = form;

    if (form == CLASSIC) {
        vane_canlib_hang_up(can);
        can->server.supported = 1;
        can->server.version[0] = '\0';
        r = vane_canlib_dial(can, path, deadline);
    }
    can->server.classic = form == CLASSIC;
    if (r >= 0 && can->leases)
        r = vane_canlib_lease_renew_all(can, deadline);
    if (r < 0)
        vane_canlib_hang_up(can);
    return r < 0 ? r : 0;
}

/* The part of the time that this one of the paths may take: one that hangs leaves some to the next.
 */
static int64_t share(int64_t deadline, size_t paths_left)
{
    return vane_canlib_deadline(vane_canlib_left(deadline) / (int)paths_left);
}

/* Of the reasons of all paths, the one that says most: that there is no file says least. */
static int worse(int error, int other)
{
    return error == 0 || error == -ENOENT ? other : error;
}

int vane_canlib_connect(struct vane_can *can, int64_t deadline)
{
    char reasons[sizeof(can->detail) - 128];
    size_t length = 0;
    int error = 0;

    for (size_t i = 0; can->fd < 0 && i < can->path_count; i++) {
        int r = connect_at(can, can->paths[i], share(deadline, can->path_count - i));

        if (r == 0)
            return 0;
        error = worse(error, r);
        length += (size_t)snprintf(reasons + length, sizeof(reasons) - length, "%s%s: %s",
                                   i > 0 ? "; " : "", can->paths[i], can->detail);
        if (length >= sizeof(reasons))
            length = sizeof(reasons) - 1;
    }
    if (error == 0)
        return 0;
    return vane_canlib_because(can, error,
                               "no CAN interface daemon (%s); start it (hycan-daemon.service), or "
                               "set HYCAN_DAEMON_SOCKET",
                               reasons);
}
