/* Prints "TIME PATH STATE" when a signal of systemd-networkd with an operational state arrives: the
 * moment from which a reaction to it is measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "bench/clock.h"

static int skip_value(sd_bus_message *message)
{
    return sd_bus_message_skip(message, "v");
}

/* One entry of a{sv}. */
static int take_property(sd_bus_message *message, unsigned long long time)
{
    const char *name, *state;
    int r = sd_bus_message_read(message, "s", &name);

    if (r < 0 || strcmp(name, "OperationalState") != 0)
        return r < 0 ? r : skip_value(message);
    r = sd_bus_message_read(message, "v", "s", &state);
    if (r >= 0)
        printf("%llu %s %s\n", time, sd_bus_message_get_path(message), state);
    return r;
}

static int on_signal(sd_bus_message *message, void *user, sd_bus_error *error)
{
    unsigned long long time = now_ns();
    int r = sd_bus_message_skip(message, "s");

    (void)user;
    (void)error;
    if (r >= 0)
        r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = take_property(message, time);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    fflush(stdout);
    return 0;
}

int main(void)
{
    sd_bus *bus = NULL;
    int r = sd_bus_open_system(&bus);

    if (r >= 0)
        r = sd_bus_match_signal(bus, NULL, "org.freedesktop.network1", NULL,
                                "org.freedesktop.DBus.Properties", "PropertiesChanged", on_signal,
                                NULL);
    if (r >= 0)
        puts("ready");
    fflush(stdout);
    while (r >= 0) {
        r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, UINT64_MAX);
    }
    fprintf(stderr, "signals: %s\n", strerror(-r));
    return EXIT_FAILURE;
}
