/*
 * Asks for a property by sd-bus and over NATS in turn, or sends signals and counts those that come
 * back over NATS.
 *
 *     bench-remote latency NKEY COUNT    medians, in ns: local remote
 *     bench-remote signals NKEY COUNT    how many came, and ns from the first sent to the last come
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nats/nats.h>
#include <systemd/sd-bus.h>

#include "clock.h"

#define SERVER    "nats://127.0.0.1:4222"
#define BUS       "org.freedesktop.DBus"
#define BUS_PATH  "/org/freedesktop/DBus"
#define PATIENCE  10000000000u
#define IN_FLIGHT 2000 /* signals that the bus daemon is given ahead of what has come back */

static atomic_ulong come;
static atomic_uint_fast64_t last_ns;

static int fail(const char *what)
{
    fprintf(stderr, "bench-remote: %s failed\n", what);
    return 1;
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

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static int ask_locally(sd_bus *bus, uint64_t *ns)
{
    uint64_t begin = now_ns();
    char **features = NULL;
    int r = sd_bus_get_property_strv(bus, BUS, BUS_PATH, BUS, "Features", NULL, &features);

    *ns = now_ns() - begin;
    for (char **at = features; at && *at; at++)
        free(*at);
    free(features);
    return r;
}

static int ask_remotely(natsConnection *connection, const char *subject, uint64_t *ns)
{
    uint64_t begin = now_ns();
    natsMsg *answer = NULL;
    const char *error = NULL;
    natsStatus s = natsConnection_RequestString(&answer, connection, subject, "", 5000);

    *ns = now_ns() - begin;
    if (s == NATS_OK && natsMsgHeader_Get(answer, "Nats-Service-Error", &error) == NATS_OK)
        s = NATS_ERR;
    natsMsg_Destroy(answer);
    return s == NATS_OK ? 0 : -1;
}

static int latency(sd_bus *bus, natsConnection *connection, const char *nkey, size_t count)
{
    uint64_t *local = calloc(count, sizeof(*local)), *remote = calloc(count, sizeof(*remote));
    char subject[256];

    if (!local || !remote)
        return fail("calloc");
    snprintf(subject, sizeof(subject),
             "dbus.agent.%s.org_freedesktop_DBus.org.freedesktop.DBus.prop.Features", nkey);
    for (size_t i = 0; i < count; i++)
        if (ask_locally(bus, &local[i]) < 0 || ask_remotely(connection, subject, &remote[i]) < 0)
            return fail("a read");
    qsort(local, count, sizeof(*local), compare);
    qsort(remote, count, sizeof(*remote), compare);
    printf("%llu %llu\n", (unsigned long long)local[count / 2],
           (unsigned long long)remote[count / 2]);
    free(local);
    free(remote);
    return 0;
}

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *closure)
{
    atomic_store(&last_ns, now_ns());
    atomic_fetch_add(&come, 1);
    natsMsg_Destroy(message);
}

/* Everything that was sent has come, or nothing comes any more. */
static void wait_for(size_t wanted)
{
    uint64_t begin = now_ns();

    while (atomic_load(&come) < wanted && now_ns() - begin < PATIENCE)
        usleep(200);
}

static int signals(sd_bus *bus, natsConnection *connection, const char *nkey, size_t count)
{
    natsSubscription *subscription = NULL;
    char subject[256];
    uint64_t begin;

    snprintf(subject, sizeof(subject), "dbus.signals.%s.>", nkey);
    if (natsConnection_Subscribe(&subscription, connection, subject, on_message, NULL) != NATS_OK ||
        natsSubscription_SetPendingLimits(subscription, -1, -1) != NATS_OK ||
        natsConnection_Flush(connection) != NATS_OK)
        return fail("subscribing");
    begin = now_ns();
    for (size_t i = 0; i < count; i++) {
        if (i >= IN_FLIGHT && i % 100 == 0) {
            (void)sd_bus_flush(bus);
            wait_for(i - IN_FLIGHT);
        }
        if (sd_bus_emit_signal(bus, "/org/example/Bench", "org.example.Bench1", "Beat", "su",
                               "beat", (unsigned)i) < 0)
            return fail("a signal");
    }
    (void)sd_bus_flush(bus);
    wait_for(count);
    printf("%lu %llu\n", atomic_load(&come), (unsigned long long)(atomic_load(&last_ns) - begin));
    natsSubscription_Destroy(subscription);
    return 0;
}

int main(int argc, char **argv)
{
    natsConnection *connection = connect_nats();
    sd_bus *bus = NULL;
    int status;

    if (argc != 4 || !connection || sd_bus_open_system(&bus) < 0)
        return fail("connecting");
    status = strcmp(argv[1], "latency") == 0
                 ? latency(bus, connection, argv[2], strtoul(argv[3], NULL, 10))
                 : signals(bus, connection, argv[2], strtoul(argv[3], NULL, 10));
    natsConnection_Destroy(connection);
    sd_bus_flush_close_unref(bus);
    return status;
}
