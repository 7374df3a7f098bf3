/*
 * As much of org.freedesktop.DBus as busctl, gdbus and client libraries ask of a message bus
 * before they talk to anybody on it. There are two names: ours, and the client's.
 */
#include <errno.h>
#include <string.h>

#include "engine/control/internal.h"
#include "lib/array.h"

#define BUS_NAME    "org.freedesktop.DBus"
#define BUS_PATH    "/org/freedesktop/DBus"
#define OUR_NAME    ":1.0"
#define CLIENT_NAME ":1.1"

static const char *const names[] = {BUS_NAME, VANE_CONTROL_NAME, OUR_NAME, CLIENT_NAME};

static const char *owner_of(const char *name)
{
    if (strcmp(name, VANE_CONTROL_NAME) == 0)
        return OUR_NAME;
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return names[i];
    }
    return NULL;
}

static int on_hello(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return sd_bus_reply_method_return(message, "s", CLIENT_NAME);
}

/* Signals are sent to who subscribed to them here; a rule only says that somebody listens. */
static int on_add_match(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct vane_peer *peer = userdata;

    peer->listening = true;
    return sd_bus_reply_method_return(message, NULL);
}

static int on_remove_match(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return sd_bus_reply_method_return(message, NULL);
}

static int on_get_name_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const char *name, *owner;
    int r = sd_bus_message_read(message, "s", &name);

    if (r < 0)
        return r;
    owner = owner_of(name);
    if (!owner)
        return sd_bus_error_setf(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                 "there is no %s on this private connection", name);
    return sd_bus_reply_method_return(message, "s", owner);
}

static int on_name_has_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const char *name;
    int r = sd_bus_message_read(message, "s", &name);

    if (r < 0)
        return r;
    return sd_bus_reply_method_return(message, "b", owner_of(name) != NULL);
}

static int reply_names(sd_bus_message *message, const char *const *list, size_t count)
{
    sd_bus_message *reply = NULL;
    int r = sd_bus_message_new_method_return(message, &reply);

    if (r >= 0)
        r = sd_bus_message_open_container(reply, 'a', "s");
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = sd_bus_message_append(reply, "s", list[i]);
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    if (r >= 0)
        r = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return r < 0 ? r : 1;
}

static int on_list_names(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return reply_names(message, names, ELEMENTS(names));
}

static int on_list_activatable_names(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return reply_names(message, names, 1);
}

static const sd_bus_vtable stub_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Hello", "", "s", on_hello, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AddMatch", "s", "", on_add_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveMatch", "s", "", on_remove_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetNameOwner", "s", "s", on_get_name_owner, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("NameHasOwner", "s", "b", on_name_has_owner, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListNames", "", "as", on_list_names, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListActivatableNames", "", "as", on_list_activatable_names,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int vane_stub_add(sd_bus *bus, struct vane_peer *peer)
{
    return sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_NAME, stub_vtable, peer);
}
