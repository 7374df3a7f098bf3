/*
 * Subscribe and the signals Event and Lost. Each peer has a bounded queue of its own on the event
 * bus: while too much waits to be written to him, the bus keeps his events, and when he comes back
 * late it says exactly which ones are gone.
 */
#include <errno.h>
#include <string.h>

#include "engine/control/internal.h"
#include "lib/cleanup.h"

static int new_signal(struct vane_peer *peer, const char *member, sd_bus_message **signal)
{
    int r = sd_bus_message_new_signal(peer->bus, signal, VANE_CONTROL_PATH, VANE_CONTROL_INTERFACE,
                                      member);

    if (r >= 0 && peer->name)
        r = sd_bus_message_set_destination(*signal, peer->name);
    return r;
}

static void unref_message(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static void send_event(struct vane_peer *peer, const struct vane_event *event)
{
    _cleanup_(unref_message) sd_bus_message *signal = NULL;
    const char *text;
    size_t length;

    if (vane_event_json(event, &text, &length) < 0)
        return;
    if (new_signal(peer, "Event", &signal) < 0 ||
        sd_bus_message_append(signal, "ss", event->topic, text) < 0)
        return;
    vane_peer_send(peer, signal, length);
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_peer *peer = user;

    if (!peer->privileged && !vane_access_public_topic(event->topic))
        return 0;
    if (vane_peer_full(peer)) {
        peer->stalled = true;
        peer->sent(peer);
        return VANE_BUSY;
    }
    send_event(peer, event);
    return 0;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    struct vane_peer *peer = user;
    _cleanup_(unref_message) sd_bus_message *signal = NULL;

    if (new_signal(peer, "Lost", &signal) >= 0 &&
        sd_bus_message_append(signal, "tt", first, last) >= 0)
        vane_peer_send(peer, signal, 2 * sizeof(uint64_t));
}

void vane_manager_unsubscribe(struct vane_peer *peer)
{
    peer->stalled = false;
    if (peer->subscription)
        vane_subscription_free(g_steal_pointer(&peer->subscription));
}

static int subscribe(struct vane_peer *peer, const char *patterns)
{
    const struct vane_subscribe options = {.size = sizeof(options), .lost = on_lost};
    struct vane_subscription *subscription;
    int r = vane_event_bus_subscribe(peer->control->engine->bus, NULL, patterns, &options, on_event,
                                     peer, &subscription);

    if (r < 0)
        return r;
    vane_manager_unsubscribe(peer);
    peer->subscription = subscription;
    return 0;
}

#define PATTERNS_MAX 64u

/* The bus takes several patterns in one string; one that holds a space must not become two. */
static const char *check_patterns(const struct vane_peer *peer, char **patterns, int *error)
{
    for (char **at = patterns; *at; at++) {
        *error = -EINVAL;
        if (**at == '\0' || strchr(*at, ' '))
            return "a pattern is dotted tokens, as link.* or script.>";
        *error = -EACCES;
        if (!peer->privileged && !vane_access_public_pattern(*at))
            return "without privilege there are only link, address, route and wifi events";
    }
    *error = 0;
    return NULL;
}

static void free_patterns(char ***patterns)
{
    g_strfreev(*patterns);
}

int vane_manager_subscribe(struct vane_peer *peer, sd_bus_message *message)
{
    _cleanup_(free_patterns) char **patterns = NULL;
    g_autofree char *joined = NULL;
    const char *complaint;
    int r = vane_message_read_strings(message, PATTERNS_MAX, &patterns);

    if (r == -E2BIG)
        return vane_manager_fail(peer, message, -EINVAL, "too many patterns");
    if (r < 0)
        return r;
    complaint = check_patterns(peer, patterns, &r);
    if (complaint)
        return vane_manager_fail(peer, message, r, complaint);
    peer->listening = true;
    if (!*patterns) {
        vane_manager_unsubscribe(peer);
    } else {
        joined = g_strjoinv(" ", patterns);
        r = subscribe(peer, joined);
    }
    if (r < 0)
        return vane_manager_fail(peer, message, r, "a pattern is dotted tokens, as link.*");
    r = sd_bus_reply_method_return(message, NULL);
    peer->sent(peer);
    return r < 0 ? r : 1;
}
