/* Announcements as JSON and out of it. See roster.h. */
#include <errno.h>
#include <string.h>

#include "lib/json/reader.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"
#include "plugins/cluster/roster.h"

void vane_presence_clear(struct vane_presence *presence)
{
    GArray *networks = presence->networks;

    for (guint i = 0; networks && i < networks->len; i++)
        g_strfreev(g_array_index(networks, struct vane_membership, i).tags);
    g_clear_pointer(&presence->networks, g_array_unref);
    g_clear_pointer(&presence->name, g_free);
    g_clear_pointer(&presence->version, g_free);
    g_clear_pointer(&presence->tags, g_strfreev);
}

static bool same_words(char *const *a, char *const *b)
{
    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return (!a || !*a) && (!b || !*b);
}

static bool same_networks(const GArray *a, const GArray *b)
{
    guint count = a ? a->len : 0;

    if (count != (b ? b->len : 0))
        return false;
    for (guint i = 0; i < count; i++) {
        const struct vane_membership *left = &g_array_index(a, struct vane_membership, i);
        const struct vane_membership *right = &g_array_index(b, struct vane_membership, i);

        if (left->network != right->network || !same_words(left->tags, right->tags))
            return false;
    }
    return true;
}

bool vane_presence_equal(const struct vane_presence *a, const struct vane_presence *b)
{
    return g_strcmp0(a->name, b->name) == 0 && g_strcmp0(a->version, b->version) == 0 &&
           same_words(a->tags, b->tags) && same_networks(a->networks, b->networks);
}

static void write_words(struct vane_json *json, char **words)
{
    vane_json_key(json, "tags");
    vane_json_array_begin(json);
    for (; words && *words; words++)
        vane_json_string(json, *words);
    vane_json_array_end(json);
}

void vane_presence_write_networks(struct vane_json *json, const GArray *networks)
{
    vane_json_key(json, "networks");
    vane_json_array_begin(json);
    for (guint i = 0; networks && i < networks->len; i++) {
        const struct vane_membership *at = &g_array_index(networks, struct vane_membership, i);

        vane_json_object_begin(json);
        vane_json_member_uint64(json, "id", at->network);
        write_words(json, at->tags);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

char *vane_presence_format(const struct vane_presence *presence, size_t *length)
{
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "name", presence->name);
    vane_json_member_string(&json, "version", presence->version);
    write_words(&json, presence->tags);
    vane_presence_write_networks(&json, presence->networks);
    vane_json_member_uint64(&json, "interval_ms", presence->interval_ms);
    vane_json_member_bool(&json, "leaving", presence->leaving);
    vane_json_object_end(&json);
    return vane_json_steal(&json, length);
}

bool vane_presence_fits(const struct vane_presence *presence)
{
    size_t length;
    g_autofree char *text = vane_presence_format(presence, &length);

    return text && length <= VANE_PRESENCE_MAX;
}

/* What is shown to people: no control characters, and not endless. */
static bool is_text(const char *text)
{
    const char *at = text;

    while (*at && !g_ascii_iscntrl(*at))
        at++;
    return *at == '\0' && at - text <= VANE_ROSTER_TEXT_MAX;
}

static int read_text(struct vane_json_view object, const char *name, char **text)
{
    struct vane_json_view value;

    if (!vane_json_find(object, name, &value) || vane_json_get_string(value, text) < 0)
        return -EINVAL;
    return is_text(*text) ? 0 : -EINVAL;
}

static int read_words(struct vane_json_view object, char ***words)
{
    struct vane_json_view list, value;
    struct vane_json_cursor cursor;
    guint count = 0;

    *words = g_new0(char *, VANE_ROSTER_WORDS_MAX + 1);
    if (!vane_json_find(object, "tags", &list))
        return 0;
    if (vane_json_type_of(list) != VANE_JSON_ARRAY)
        return -EINVAL;
    cursor = vane_json_walk(list);
    while (vane_json_next_element(&cursor, &value)) {
        if (count >= VANE_ROSTER_WORDS_MAX || vane_json_get_string(value, &(*words)[count]) < 0 ||
            !is_text((*words)[count]))
            return -EINVAL;
        count++;
    }
    return 0;
}

static int read_network(struct vane_json_view object, GArray *networks)
{
    struct vane_membership membership = {0};
    struct vane_json_view id;
    uint64_t number;
    int r;

    if (networks->len >= VANE_ROSTER_WORDS_MAX || !vane_json_find(object, "id", &id) ||
        vane_json_get_uint64(id, &number) < 0 || number > UINT16_MAX)
        return -EINVAL;
    membership.network = (uint16_t)number;
    r = read_words(object, &membership.tags);
    g_array_append_val(networks, membership);
    return r;
}

static int read_networks(struct vane_json_view object, GArray *networks)
{
    struct vane_json_view list, value;
    struct vane_json_cursor cursor;
    int r = 0;

    if (!vane_json_find(object, "networks", &list))
        return 0;
    cursor = vane_json_walk(list);
    while (r == 0 && vane_json_next_element(&cursor, &value))
        r = read_network(value, networks);
    return r;
}

static int read_all(struct vane_json_view object, struct vane_presence *presence)
{
    struct vane_json_view value;

    if (read_text(object, "name", &presence->name) < 0 ||
        read_text(object, "version", &presence->version) < 0 ||
        read_words(object, &presence->tags) < 0 || read_networks(object, presence->networks) < 0 ||
        !vane_json_find(object, "interval_ms", &value) ||
        vane_json_get_uint64(value, &presence->interval_ms) < 0 || presence->interval_ms < 1 ||
        presence->interval_ms > VANE_PRESENCE_INTERVAL_MOST_MS)
        return -EINVAL;
    if (vane_json_find(object, "leaving", &value) &&
        vane_json_get_bool(value, &presence->leaving) < 0)
        return -EINVAL;
    return 0;
}

int vane_presence_parse(const char *text, size_t length, struct vane_presence *presence)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    int r;

    limits.size = VANE_PRESENCE_MAX;
    *presence = (struct vane_presence){0};
    if (vane_json_scan(text, length, &limits, NULL) < 0)
        return -EINVAL;
    presence->networks = g_array_new(FALSE, FALSE, sizeof(struct vane_membership));
    r = read_all(vane_json_root(text, length), presence);
    if (r < 0)
        vane_presence_clear(presence);
    return r;
}
