/*
 * Signals of D-Bus to NATS. The bus daemon matches, also who sends; but a signal that is sent to us
 * alone passes by all rules, so that any user of the machine could speak for systemd: those are
 * left out. See signals.h.
 */
#include "plugins/cluster/signals.h"

#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/value.h"

#define SYSTEMD "org.freedesktop.systemd1"

struct vane_signals {
    struct vane_cluster *cluster;
    GPtrArray *slots;
    uint64_t last_cookie; /* a signal that matches two rules comes twice, one after the other */
    char *last_sender;
    struct vane_json json;
};

static bool is_seen(struct vane_signals *signals, sd_bus_message *message)
{
    const char *sender = sd_bus_message_get_sender(message);
    uint64_t cookie = 0;

    (void)sd_bus_message_get_cookie(message, &cookie);
    if (cookie == signals->last_cookie && g_strcmp0(sender, signals->last_sender) == 0)
        return true;
    signals->last_cookie = cookie;
    if (g_strcmp0(sender, signals->last_sender) != 0) {
        g_free(signals->last_sender);
        signals->last_sender = g_strdup(sender);
    }
    return false;
}

static int publish(struct vane_cluster *cluster, sd_bus_message *message, const char *body,
                   size_t length)
{
    const char *sender = sd_bus_message_get_sender(message);
    const char *path = sd_bus_message_get_path(message);
    g_autofree char *subject = vane_subject_of_signal(cluster->key.nkey, sender, path);
    const struct vane_nats_header headers[] = {
        {"NKey", cluster->key.nkey},
        {"Sender", sender},
        {"Interface", sd_bus_message_get_interface(message)},
        {"Member", sd_bus_message_get_member(message)},
        {"Path", path},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing outgoing = {
        .subject = subject, .headers = headers, .body = body, .length = length};

    return subject ? vane_nats_publish(cluster->nats, &outgoing) : -EINVAL;
}

static int forward(struct vane_signals *signals, sd_bus_message *message)
{
    struct vane_cluster *cluster = signals->cluster;
    const struct vane_value_style style = {.limit = cluster->link.max_payload};
    const char *body;
    size_t length;
    int r;

    vane_json_clear(&signals->json);
    vane_json_array_begin(&signals->json);
    r = vane_value_write(&signals->json, message, &style);
    if (r < 0)
        return r;
    vane_json_array_end(&signals->json);
    body = vane_json_text(&signals->json, &length);
    return publish(cluster, message, body, length);
}

static int on_signal(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_signals *signals = user;
    struct vane_cluster *cluster = signals->cluster;

    if (!cluster->link.connected || sd_bus_message_get_destination(message) ||
        is_seen(signals, message))
        return 0;
    if (forward(signals, message) < 0)
        cluster->counters.signals_lost++;
    else
        cluster->counters.signals++;
    return 0;
}

/* ---- rules ---- */

/* systemd sends signals of its units only when somebody has asked for them. */
static void ask_systemd(struct vane_signals *signals)
{
    sd_bus *bus = signals->cluster->bus;
    sd_bus_message *message = NULL;

    if (sd_bus_message_new_method_call(bus, &message, SYSTEMD, "/org/freedesktop/systemd1",
                                       SYSTEMD ".Manager", "Subscribe") >= 0) {
        (void)sd_bus_message_set_auto_start(message, false);
        (void)sd_bus_message_set_expect_reply(message, false);
        (void)sd_bus_send(bus, message, NULL);
    }
    sd_bus_message_unref(message);
}

static int on_systemd_changed(sd_bus_message *message, void *user, sd_bus_error *error)
{
    ask_systemd(user);
    return 0;
}

static int on_rule_answered(sd_bus_message *message, void *user, sd_bus_error *ignored)
{
    const struct vane_cluster *cluster = ((struct vane_signals *)user)->cluster;
    const sd_bus_error *error = sd_bus_message_get_error(message);

    if (error)
        (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                        "the system bus refuses a rule of Signals=: %s",
                                        error->message);
    return 0;
}

static void add_rule(struct vane_signals *signals, const char *rule,
                     sd_bus_message_handler_t handler)
{
    const struct vane_cluster *cluster = signals->cluster;
    sd_bus_slot *slot = NULL;
    int r = sd_bus_add_match_async(cluster->bus, &slot, rule, handler, on_rule_answered, signals);

    if (r >= 0)
        g_ptr_array_add(signals->slots, slot);
    else
        (void)cluster->host->log->print(cluster->self, VANE_LOG_WARNING,
                                        "Signals=%s is no match rule: %s", rule, g_strerror(-r));
}

static void free_slot(gpointer slot)
{
    sd_bus_slot_unref(slot);
}

void vane_signals_start(struct vane_cluster *cluster)
{
    struct vane_signals *signals = g_new0(struct vane_signals, 1);
    bool wants_systemd = false;

    signals->cluster = cluster;
    signals->slots = g_ptr_array_new_with_free_func(free_slot);
    cluster->signals = signals;
    for (char **rule = cluster->options.signals; *rule; rule++) {
        add_rule(signals, *rule, on_signal);
        wants_systemd = wants_systemd || strstr(*rule, "sender='" SYSTEMD "'");
    }
    if (!wants_systemd)
        return;
    add_rule(signals,
             "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
             "member='NameOwnerChanged',arg0='" SYSTEMD "'",
             on_systemd_changed);
    ask_systemd(signals);
}

void vane_signals_stop(struct vane_cluster *cluster)
{
    struct vane_signals *signals = g_steal_pointer(&cluster->signals);

    if (!signals)
        return;
    g_ptr_array_unref(signals->slots);
    vane_json_clear(&signals->json);
    g_free(signals->last_sender);
    g_free(signals);
}
