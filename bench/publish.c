/*
 * How long an event takes from publish() to a subscriber's callback, rendering apart. Prints, for
 * a ready snapshot and for copied fields, nanoseconds an event in bursts and one at a time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <uv.h>

#include "engine/bus.h"

#define ROUNDS 11
#define EVENTS 100000u
#define BURST  1000u

static uint64_t delivered;

static int on_event(void *user, const struct vane_event *event)
{
    (void)user;
    (void)event;
    delivered++;
    return 0;
}

static void must(int result)
{
    if (result < 0) {
        fprintf(stderr, "publish: error %d\n", result);
        exit(EXIT_FAILURE);
    }
}

static void publish(struct vane_event_bus *bus, const struct vane_payload *snapshot)
{
    const struct vane_field members[] = {
        vane_string("interface_name", "enp0s31f6"),
        vane_int64("interface_index", 2),
        vane_string("destination", "198.51.100.0/24"),
        vane_string("gateway", "192.0.2.1"),
        vane_uint64("metric", 1024),
        vane_bool("default", 0),
    };
    const struct vane_fields fields = VANE_FIELDS(members);

    if (snapshot)
        must(vane_event_bus_publish(bus, "link.state", vane_payload_ref(snapshot), NULL, NULL));
    else
        must(vane_event_bus_publish_fields(bus, "route.added", &fields, NULL));
}

/* Nothing here blocks, so the processor's time is the time it takes, whoever else is busy. */
static uint64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds an event, `burst` of them published before the loop turns. */
static double measure(uv_loop_t *loop, struct vane_event_bus *bus,
                      const struct vane_payload *snapshot, unsigned burst)
{
    uint64_t started = processor_ns();

    delivered = 0;
    for (unsigned published = 0; published < EVENTS; published += burst) {
        for (unsigned i = 0; i < burst; i++)
            publish(bus, snapshot);
        while (delivered < published + burst)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    return (double)(processor_ns() - started) / EVENTS;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void report(const char *name, uv_loop_t *loop, struct vane_event_bus *bus,
                   const struct vane_payload *snapshot, unsigned burst)
{
    double times[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++)
        times[i] = measure(loop, bus, snapshot, burst);
    qsort(times, ROUNDS, sizeof(times[0]), by_value);
    printf("%s %.0f\n", name, times[ROUNDS / 2]);
}

int main(void)
{
    struct vane_event_bus *bus;
    struct vane_subscription *subscription;
    struct vane_payload *snapshot;
    uv_loop_t loop;

    must(uv_loop_init(&loop));
    must(vane_event_bus_new(&loop, 4096, &bus));
    must(vane_event_bus_subscribe(bus, NULL, ">", NULL, on_event, NULL, &subscription));
    must(vane_payload_new(NULL, &snapshot));
    report("snapshot", &loop, bus, snapshot, BURST);
    report("fields", &loop, bus, NULL, BURST);
    report("snapshot-single", &loop, bus, snapshot, 1);
    report("fields-single", &loop, bus, NULL, 1);
    vane_payload_unref(snapshot);
    vane_subscription_free(subscription);
    vane_event_bus_free(bus);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
