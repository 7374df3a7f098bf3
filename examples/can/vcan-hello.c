/*
 * Makes a virtual CAN interface without being root, and sends a frame over it to itself.
 *
 *     cc vcan-hello.c -o vcan-hello $(pkg-config --cflags --libs netvane-can)
 *     ./vcan-hello [vcan0]
 *
 * The interface goes with the program: it has a lease.
 */
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <netvane-can.h>

/* A raw socket on the interface; -1. */
static int open_bus(const char *name)
{
    const struct timeval patience = {.tv_sec = 2};
    struct sockaddr_can address = {.can_family = AF_CAN};
    int bus = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);

    address.can_ifindex = (int)if_nametoindex(name);
    if (bus >= 0 && setsockopt(bus, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
        bind(bus, (struct sockaddr *)&address, sizeof(address)) == 0)
        return bus;
    perror(name);
    if (bus >= 0)
        close(bus);
    return -1;
}

static int exchange_frame(int from, int to)
{
    struct can_frame sent = {.can_id = 0x123, .can_dlc = 5}, got;

    memcpy(sent.data, "hello", 5);
    if (write(from, &sent, sizeof(sent)) != (ssize_t)sizeof(sent) ||
        read(to, &got, sizeof(got)) != (ssize_t)sizeof(got)) {
        perror("frame");
        return -1;
    }
    printf("%03x [%d] %.*s\n", got.can_id, got.can_dlc, got.can_dlc, (const char *)got.data);
    return 0;
}

static int talk(const char *name)
{
    int from = open_bus(name), to = open_bus(name);
    int r = from < 0 || to < 0 ? -1 : exchange_frame(from, to);

    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return r;
}

int main(int argc, char **argv)
{
    const struct vane_can_create_options options = {.size = sizeof(options),
                                                    .flags = VANE_CAN_SET_UP | VANE_CAN_LEASE};
    const char *name = argc > 1 ? argv[1] : "vcan0";
    struct vane_can *can;
    int r = vane_can_open(&can, NULL);

    if (r == 0)
        r = vane_can_create(can, name, &options);
    if (r == 0)
        r = vane_can_wait_up(can, name, 2000);
    if (r < 0)
        fprintf(stderr, "%s\n", vane_can_error());
    else
        r = talk(name);
    if (r == 0 && (r = vane_can_down(can, name)) < 0)
        fprintf(stderr, "%s\n", vane_can_error());
    vane_can_close(can);
    return r < 0;
}
