/* Events as HaloX broadcasts them. See halox.h. */
#include "plugins/socketbus/halox.h"

#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"

/* Last words about an interface come seconds after its end, not after thousands of other ends. */
#define GONE_MAX 16384u

/* networkd's last word may come before the kernel's, and the kernel's before networkd's. */
enum { PRESENT, LINGERS, REMOVED };

struct vane_halox_tracker {
    GHashTable *gone; /* by ifindex */
    GQueue order;     /* of their ends, to forget the oldest */
};

struct vane_halox_tracker *vane_halox_tracker_new(void)
{
    struct vane_halox_tracker *tracker = g_new0(struct vane_halox_tracker, 1);

    tracker->gone = g_hash_table_new(NULL, NULL);
    return tracker;
}

void vane_halox_tracker_free(struct vane_halox_tracker *tracker)
{
    if (!tracker)
        return;
    g_hash_table_unref(tracker->gone);
    g_queue_clear(&tracker->order);
    g_free(tracker);
}

static enum vane_halox_kind ends(struct vane_halox_tracker *tracker, uint32_t ifindex, int how)
{
    gpointer key = GUINT_TO_POINTER(ifindex);
    int before = GPOINTER_TO_INT(g_hash_table_lookup(tracker->gone, key));

    g_hash_table_insert(tracker->gone, key, GINT_TO_POINTER(MAX(how, before)));
    if (before != PRESENT)
        return VANE_HALOX_NONE;
    g_queue_push_tail(&tracker->order, key);
    if (tracker->order.length > GONE_MAX)
        g_hash_table_remove(tracker->gone, g_queue_pop_head(&tracker->order));
    return VANE_HALOX_REMOVED;
}

static void returns(struct vane_halox_tracker *tracker, uint32_t ifindex)
{
    if (g_hash_table_remove(tracker->gone, GUINT_TO_POINTER(ifindex)))
        g_queue_remove(&tracker->order, GUINT_TO_POINTER(ifindex));
}

static enum vane_halox_kind judge_state(struct vane_halox_tracker *tracker, uint32_t ifindex,
                                        const char *administrative)
{
    int how = GPOINTER_TO_INT(g_hash_table_lookup(tracker->gone, GUINT_TO_POINTER(ifindex)));

    if (g_strcmp0(administrative, "linger") == 0)
        return ends(tracker, ifindex, LINGERS);
    if (how == REMOVED)
        return VANE_HALOX_NONE;
    if (how == LINGERS)
        returns(tracker, ifindex);
    return VANE_HALOX_STATE_CHANGE;
}

enum vane_halox_kind vane_halox_judge(struct vane_halox_tracker *tracker, const char *topic,
                                      uint32_t ifindex, const char *administrative)
{
    bool gone;

    if (strcmp(topic, "link.added") == 0) {
        returns(tracker, ifindex);
        return VANE_HALOX_ADDED;
    }
    if (strcmp(topic, "link.removed") == 0)
        return ends(tracker, ifindex, REMOVED);
    if (strcmp(topic, "link.state") == 0)
        return judge_state(tracker, ifindex, administrative);
    gone = g_hash_table_contains(tracker->gone, GUINT_TO_POINTER(ifindex));
    if (!gone && strcmp(topic, "address.added") == 0)
        return VANE_HALOX_ADDRESS_ADDED;
    if (!gone && strcmp(topic, "address.removed") == 0)
        return VANE_HALOX_ADDRESS_REMOVED;
    return VANE_HALOX_NONE;
}

/* ---- lines ---- */

static const char *const types[] = {
    [VANE_HALOX_NONE] = NULL,
    [VANE_HALOX_STATE_CHANGE] = "interface_state_change",
    [VANE_HALOX_ADDED] = "interface_added",
    [VANE_HALOX_REMOVED] = "interface_removed",
    [VANE_HALOX_ADDRESS_ADDED] = "ip_address_added",
    [VANE_HALOX_ADDRESS_REMOVED] = "ip_address_removed",
};

/* Zero values are left out: empty strings and lists. */
static bool is_empty(struct vane_json_view value)
{
    switch (vane_json_type_of(value)) {
    case VANE_JSON_NONE:
    case VANE_JSON_NULL:
        return true;
    case VANE_JSON_STRING:
        return value.len <= 2;
    case VANE_JSON_ARRAY: {
        struct vane_json_cursor cursor = vane_json_walk(value);
        struct vane_json_view first;

        return !vane_json_next_element(&cursor, &first);
    }
    case VANE_JSON_BOOL:
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
    case VANE_JSON_OBJECT:
        break;
    }
    return false;
}

static void copy(struct vane_json *out, struct vane_json_view from, const char *member,
                 const char *as)
{
    struct vane_json_view value;

    if (!vane_json_find(from, member, &value) || is_empty(value))
        return;
    vane_json_key(out, as);
    vane_json_raw(out, value.at, value.len);
}

/* What HaloX always has, be it empty. */
static void copy_text(struct vane_json *out, struct vane_json_view from, const char *member,
                      const char *as)
{
    struct vane_json_view value;

    vane_json_key(out, as);
    if (vane_json_find(from, member, &value) && vane_json_type_of(value) == VANE_JSON_STRING)
        vane_json_raw(out, value.at, value.len);
    else
        vane_json_string(out, "");
}

static void write_state(struct vane_json *out, struct vane_json_view link)
{
    g_autofree char *operational = NULL;
    g_autofree char *administrative = NULL;
    g_autofree char *state = NULL;
    struct vane_json_view value;

    if (vane_json_find(link, "operational_state", &value))
        (void)vane_json_get_string(value, &operational);
    if (vane_json_find(link, "administrative_state", &value))
        (void)vane_json_get_string(value, &administrative);
    state = g_strdup_printf("%s (%s)", operational ? operational : "",
                            administrative ? administrative : "");
    vane_json_member_string(out, "State", state);
}

static void write_data(struct vane_json *out, struct vane_json_view link)
{
    vane_json_key(out, "data");
    vane_json_object_begin(out);
    copy_text(out, link, "interface_type", "Type");
    copy_text(out, link, "operational_state", "OperationalState");
    copy_text(out, link, "administrative_state", "AdministrativeState");
    copy_text(out, link, "interface_name", "InterfaceName");
    write_state(out, link);
    copy(out, link, "essid", "ESSID");
    copy(out, link, "address", "Address");
    copy(out, link, "gateway", "Gateway");
    copy(out, link, "dns", "DNS");
    copy(out, link, "domain", "Domain");
    vane_json_object_end(out);
}

static void write_state_change(struct vane_json *out, struct vane_json_view link)
{
    copy(out, link, "operational_state", "operational_state");
    copy(out, link, "administrative_state", "administrative_state");
    copy(out, link, "interface_type", "interface_type");
    copy(out, link, "address", "address");
    copy(out, link, "gateway", "gateway");
    copy(out, link, "dns", "dns");
    copy(out, link, "essid", "essid");
    write_data(out, link);
}

static void write_address(struct vane_json *out, struct vane_json_view payload,
                          const char *interface_type)
{
    g_autofree char *address = NULL;
    g_autofree char *text = NULL;
    struct vane_json_view value;
    int64_t prefix;

    if (interface_type)
        vane_json_member_string(out, "interface_type", interface_type);
    if (!vane_json_find(payload, "address", &value) || vane_json_get_string(value, &address) < 0)
        return;
    if (vane_json_find(payload, "prefix_length", &value) &&
        vane_json_get_int64(value, &prefix) == 0)
        text = g_strdup_printf("%s/%" G_GINT64_FORMAT, address, prefix);
    vane_json_key(out, "address");
    vane_json_array_begin(out);
    vane_json_string(out, text ? text : address);
    vane_json_array_end(out);
}

char *vane_halox_render(enum vane_halox_kind kind, const char *json, size_t length,
                        const char *interface_type, size_t *out_length)
{
    struct vane_json_view event = vane_json_root(json, length), payload = {0};
    struct vane_json out = {0};

    (void)vane_json_find(event, "payload", &payload);
    vane_json_object_begin(&out);
    vane_json_member_string(&out, "type", types[kind]);
    copy(&out, event, "time", "timestamp");
    copy_text(&out, payload, "interface_name", "interface_name");
    copy(&out, payload, "interface_index", "interface_index");
    switch (kind) {
    case VANE_HALOX_STATE_CHANGE:
        write_state_change(&out, payload);
        break;
    case VANE_HALOX_ADDED:
        copy(&out, payload, "interface_type", "interface_type");
        break;
    case VANE_HALOX_ADDRESS_ADDED:
    case VANE_HALOX_ADDRESS_REMOVED:
        write_address(&out, payload, interface_type);
        break;
    case VANE_HALOX_REMOVED:
    case VANE_HALOX_NONE:
        break;
    }
    copy(&out, event, "seq", "seq"); /* ours, beside what HaloX has: to resume with "since" */
    copy(&out, event, "id", "id");
    vane_json_object_end(&out);
    return vane_json_steal(&out, out_length);
}
