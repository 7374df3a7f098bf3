/*
 * The state of buses. The kernel tells of a change only by error frames on the bus itself or when
 * it has another reason to speak of the link, so controllers are asked in an interval, as long as
 * there are any.
 */
#include <string.h>

#include "plugins/vcan/vcan.h"

static void publish_state(struct vane_vcan *vcan, const struct vane_payload *link,
                          const char *previous)
{
    static const char *const copied[] = {
        "interface_name",     "interface_index", "can_state",          "can_transmit_errors",
        "can_receive_errors", "can_bus_errors",  "can_error_warnings", "can_error_passives",
        "can_bus_offs",       "can_restarts"};
    struct vane_field fields[G_N_ELEMENTS(copied) + 1], field;
    const struct vane_bus *bus = vcan->host->bus;
    uint32_t count = 0;

    for (uint32_t i = 0; bus->member(link, i, &field, sizeof(field)) == 0; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(copied); j++)
            if (strcmp(field.name, copied[j]) == 0)
                fields[count++] = field;
    fields[count++] = vane_string("previous_state", previous);
    const struct vane_fields payload = {sizeof(fields[0]), count, fields};

    (void)bus->publish(vcan->self, "can.state", &payload, NULL, NULL);
}

static void compare(struct vane_vcan *vcan, const struct vane_payload *link)
{
    const char *state, *known;
    int64_t index = 0;

    if (vcan->host->bus->get_string(link, "can_state", &state) < 0 ||
        vcan->host->bus->get_int64(link, "interface_index", &index) < 0)
        return;
    known = g_hash_table_lookup(vcan->known_states, GUINT_TO_POINTER((guint)index));
    if (!known || strcmp(known, state) == 0)
        return;
    publish_state(vcan, link, known);
    g_hash_table_insert(vcan->known_states, GUINT_TO_POINTER((guint)index), g_strdup(state));
}

static void on_found(void *user, int result, const struct vane_payload *const *links,
                     uint32_t count)
{
    struct vane_vcan *vcan = user;

    vcan->jobs--;
    for (uint32_t i = 0; i < count && !vcan->stopping; i++)
        compare(vcan, links[i]);
    vane_vcan_settle(vcan);
}

static void on_interval(void *user)
{
    struct vane_vcan *vcan = user;
    gpointer index;
    GHashTableIter all;

    if (vcan->jobs > 0)
        return; /* the kernel is busy for us; the next time will do */
    g_hash_table_iter_init(&all, vcan->known_states);
    while (g_hash_table_iter_next(&all, &index, NULL))
        if (vcan->host->links->query(vcan->self, NULL, GPOINTER_TO_UINT(index), -1, on_found,
                                     vcan) == 0)
            vcan->jobs++;
}

static void set_timer(struct vane_vcan *vcan)
{
    bool wanted = g_hash_table_size(vcan->known_states) > 0 && vcan->options.state_interval_ms > 0;

    if (wanted && !vcan->states)
        (void)vcan->host->loop->timer_start(vcan->self, vcan->options.state_interval_ms,
                                            vcan->options.state_interval_ms, on_interval, vcan,
                                            &vcan->states);
    if (!wanted && vcan->states) {
        (void)vcan->host->loop->timer_stop(vcan->self, vcan->states);
        vcan->states = NULL;
    }
}

static void know(struct vane_vcan *vcan, const struct vane_payload *link)
{
    const char *state;
    int64_t index = 0;

    if (vcan->host->bus->get_string(link, "can_state", &state) < 0 ||
        vcan->host->bus->get_int64(link, "interface_index", &index) < 0)
        return;
    g_hash_table_insert(vcan->known_states, GUINT_TO_POINTER((guint)index), g_strdup(state));
    set_timer(vcan);
}

static int on_event(void *user, const struct vane_event *event)
{
    const struct vane_payload *link;
    struct vane_vcan *vcan = user;
    const char *topic = vcan->host->bus->event_topic(event);
    int64_t index = 0;

    link = vcan->host->bus->event_payload(event);
    (void)vcan->host->bus->get_int64(link, "interface_index", &index);
    if (strcmp(topic, "link.removed") == 0) {
        vane_vcan_disown(vcan, NULL, (uint32_t)index);
        g_hash_table_remove(vcan->known_states, GUINT_TO_POINTER((guint)index));
        set_timer(vcan);
    } else if (strcmp(topic, "link.added") == 0) {
        know(vcan, link);
    } else if (strcmp(topic, "link.renamed") == 0) {
        struct vane_vcan_owned *owned =
            g_hash_table_lookup(vcan->owned, GUINT_TO_POINTER((guint)index));
        const char *name;

        if (owned && vcan->host->bus->get_string(link, "interface_name", &name) == 0)
            g_strlcpy(owned->name, name, sizeof(owned->name));
    } else {
        compare(vcan, link);
    }
    return 0;
}

void vane_vcan_states_begin(struct vane_vcan *vcan)
{
    const struct vane_payload *link;
    int64_t index = 0;

    (void)vcan->host->bus->subscribe(vcan->self,
                                     "link.removed link.added link.renamed link.carrier", NULL,
                                     on_event, vcan, &vcan->subscription);
    while (vcan->host->links->next(vcan->self, (uint32_t)index, &link) == 0) {
        (void)vcan->host->bus->get_int64(link, "interface_index", &index);
        know(vcan, link);
        vcan->host->bus->payload_unref(link);
    }
}

void vane_vcan_states_end(struct vane_vcan *vcan)
{
    if (vcan->subscription)
        (void)vcan->host->bus->unsubscribe(vcan->self, vcan->subscription);
    vcan->subscription = NULL;
    g_hash_table_remove_all(vcan->known_states);
    set_timer(vcan);
}
