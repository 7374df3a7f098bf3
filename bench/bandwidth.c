/*
 * How fast bytes go from one end to another.
 *
 *     bench-bandwidth nats MIB          over NATS, in messages of 64 KiB, 1 MiB of them under way
 *     bench-bandwidth unix IN OUT MIB   into the Unix socket IN, and out of a connection that then
 *                                       comes to the Unix socket OUT, which this listens on
 *
 * Prints MiB a second, from the first byte sent to the last one come.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nats/nats.h>

#include "clock.h"

#define SERVER    "nats://127.0.0.1:4222"
#define MIB       (1u << 20)
#define CHUNK     65536u
#define UNDER_WAY 16u

static uint8_t bytes[MIB];

static int fail(const char *what)
{
    fprintf(stderr, "bench-bandwidth: %s failed\n", what);
    return 1;
}

static void tell(uint64_t mib, uint64_t begin)
{
    printf("%.1f\n", (double)mib * 1e9 / (double)(now_ns() - begin));
}

/* ---- NATS alone ---- */

static atomic_ulong come;

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *closure)
{
    atomic_fetch_add(&come, 1);
    natsMsg_Destroy(message);
}

static natsConnection *connect_nats(void)
{
    natsConnection *connection = NULL;
    natsOptions *options = NULL;

    if (natsOptions_Create(&options) == NATS_OK && natsOptions_SetURL(options, SERVER) == NATS_OK &&
        natsOptions_SetSendAsap(options, true) == NATS_OK)
        (void)natsConnection_Connect(&connection, options);
    natsOptions_Destroy(options);
    return connection;
}

static int over_nats(uint64_t mib)
{
    natsConnection *from = connect_nats(), *to = connect_nats();
    natsSubscription *subscription = NULL;
    uint64_t count = mib * (MIB / CHUNK), begin;

    if (!from || !to ||
        natsConnection_Subscribe(&subscription, to, "bench", on_message, NULL) != NATS_OK ||
        natsConnection_Flush(to) != NATS_OK)
        return fail("connecting");
    begin = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        while (i - atomic_load(&come) >= UNDER_WAY)
            usleep(20);
        if (natsConnection_Publish(from, "bench", bytes, CHUNK) != NATS_OK)
            return fail("publishing");
    }
    while (atomic_load(&come) < count)
        usleep(20);
    tell(mib, begin);
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(from);
    natsConnection_Destroy(to);
    return 0;
}

/* ---- Unix sockets, and whatever is between them ---- */

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

struct feed {
    int fd;
    uint64_t mib;
};

static void *feed(void *user)
{
    const struct feed *feed = user;

    for (uint64_t i = 0; i < feed->mib; i++)
        for (size_t at = 0; at < sizeof(bytes);) {
            ssize_t n = write(feed->fd, bytes + at, sizeof(bytes) - at);

            if (n < 0)
                return NULL;
            at += (size_t)n;
        }
    shutdown(feed->fd, SHUT_WR);
    return NULL;
}

static int over_unix(const char *in, const char *out, uint64_t mib)
{
    static uint8_t buffer[MIB];
    struct sockaddr_un near = address_of(in), far = address_of(out);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer;
    struct feed job = {.fd = socket(AF_UNIX, SOCK_STREAM, 0), .mib = mib};
    uint64_t begin, got = 0;
    pthread_t thread;
    ssize_t n;

    unlink(out);
    if (bind(listener, (struct sockaddr *)&far, sizeof(far)) < 0 || listen(listener, 1) < 0 ||
        connect(job.fd, (struct sockaddr *)&near, sizeof(near)) < 0)
        return fail("connecting");
    peer = accept(listener, NULL, NULL);
    begin = now_ns();
    if (pthread_create(&thread, NULL, feed, &job) != 0)
        return fail("a thread");
    while ((n = read(peer, buffer, sizeof(buffer))) > 0)
        got += (uint64_t)n;
    pthread_join(thread, NULL);
    if (got != mib * MIB)
        return fail("the stream");
    tell(mib, begin);
    close(peer);
    close(listener);
    close(job.fd);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "nats") == 0)
        return over_nats(strtoull(argv[2], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "unix") == 0)
        return over_unix(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    return fail("understanding the arguments");
}
