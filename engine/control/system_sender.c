/*
 * Senders on the system bus: who each one is, asked of the bus daemon once, and the calls that wait
 * for that.
 */
#include <errno.h>
#include <stddef.h>

#include "engine/control/system.h"
#include "lib/cleanup.h"

#define SENDERS_MAX  1024u
#define DEFERRED_MAX 64u

struct deferred {
    sd_bus_message *message;
    vane_manager_call call;
};

static void deferred_free(gpointer data)
{
    struct deferred *deferred = data;

    sd_bus_message_unref(deferred->message);
    g_free(deferred);
}

void vane_sender_free(gpointer data)
{
    struct vane_sender *sender = data;

    sd_bus_slot_unref(sender->question);
    g_queue_clear_full(&sender->deferred, deferred_free);
    vane_peer_clear(&sender->peer);
    g_free(sender);
}

static struct vane_sender *sender_new(struct vane_system_bus *system, const char *name)
{
    struct vane_sender *sender = g_new0(struct vane_sender, 1);

    sender->system = system;
    sender->peer = (struct vane_peer){.control = system->control,
                                      .bus = system->bus,
                                      .name = g_strdup(name),
                                      .uid = (uid_t)-1,
                                      .sent = vane_system_sent};
    g_hash_table_insert(system->senders, sender->peer.name, sender);
    return sender;
}

static int read_groups(sd_bus_message *message, struct vane_credentials *credentials)
{
    const uint32_t *groups;
    size_t size;
    int r = sd_bus_message_enter_container(message, 'v', "au");

    if (r >= 0)
        r = sd_bus_message_read_array(message, 'u', (const void **)&groups, &size);
    if (r < 0)
        return r;
    g_free(credentials->groups);
    credentials->groups = g_memdup2(groups, size);
    credentials->group_count = size / sizeof(*groups);
    return sd_bus_message_exit_container(message);
}

static int read_credential(sd_bus_message *message, struct vane_credentials *credentials)
{
    const char *key;
    uint32_t uid;
    int r = sd_bus_message_read(message, "s", &key);

    if (r < 0)
        return r;
    if (g_str_equal(key, "UnixUserID")) {
        r = sd_bus_message_read(message, "v", "u", &uid);
        if (r >= 0)
            credentials->uid = uid;
        return r;
    }
    if (g_str_equal(key, "UnixGroupIDs"))
        return read_groups(message, credentials);
    return sd_bus_message_skip(message, "v");
}

static int read_credentials(sd_bus_message *message, struct vane_credentials *credentials)
{
    int r;

    if (sd_bus_message_is_method_error(message, NULL))
        return -sd_bus_message_get_errno(message);
    r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = read_credential(message, credentials);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r;
}

static void answer_deferred(struct vane_sender *sender)
{
    struct deferred *next;

    while ((next = g_queue_pop_head(&sender->deferred))) {
        int r = next->call(&sender->peer, next->message);

        if (r < 0)
            sd_bus_reply_method_errno(next->message, r, NULL);
        deferred_free(next);
    }
}

static int on_credentials(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct vane_sender *sender = userdata;
    _cleanup_(vane_credentials_clear) struct vane_credentials credentials = {.uid = (uid_t)-1};
    int r = read_credentials(message, &credentials);

    sender->question = sd_bus_slot_unref(sender->question);
    if (r < 0)
        vane_control_complain(sender->system->control, "cannot tell who %s is: %s",
                              sender->peer.name, g_strerror(-r));
    sender->peer.uid = credentials.uid;
    sender->peer.privileged = credentials.uid != (uid_t)-1 &&
                              vane_control_privileged(sender->system->control, &credentials);
    answer_deferred(sender);
    if (r < 0)
        g_hash_table_remove(sender->system->senders, sender->peer.name);
    return 1;
}

static int ask(struct vane_sender *sender)
{
    return sd_bus_call_method_async(sender->system->bus, &sender->question, "org.freedesktop.DBus",
                                    "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                    "GetConnectionCredentials", on_credentials, sender, "s",
                                    sender->peer.name);
}

static int defer(struct vane_sender *sender, sd_bus_message *message, vane_manager_call call)
{
    struct deferred *deferred;

    if (g_queue_get_length(&sender->deferred) >= DEFERRED_MAX)
        return -EBUSY;
    deferred = g_new0(struct deferred, 1);
    deferred->message = sd_bus_message_ref(message);
    deferred->call = call;
    g_queue_push_tail(&sender->deferred, deferred);
    return 1;
}

int vane_sender_route(struct vane_object *object, sd_bus_message *message, vane_manager_call call)
{
    struct vane_system_bus *system =
        (struct vane_system_bus *)(void *)((char *)object -
                                           offsetof(struct vane_system_bus, object));
    const char *name = sd_bus_message_get_sender(message);
    struct vane_sender *sender = name ? g_hash_table_lookup(system->senders, name) : NULL;
    int r;

    if (!name)
        return -EINVAL;
    if (!sender) {
        if (g_hash_table_size(system->senders) >= SENDERS_MAX)
            return -EBUSY;
        sender = sender_new(system, name);
        r = ask(sender);
        if (r < 0) {
            g_hash_table_remove(system->senders, name);
            return r;
        }
    }
    if (sender->question)
        return defer(sender, message, call);
    return call(&sender->peer, message);
}
