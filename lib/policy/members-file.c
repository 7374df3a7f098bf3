/*
 * Members as they are kept over a restart: who is one, waits or is evicted, since and until when,
 * why, trusted or not, and the tags that rules gave. See members.h.
 */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"
#include "lib/policy/members.h"
#include "lib/policy/state.h"

static const enum vane_policy_standing kept[] = {VANE_POLICY_MEMBER, VANE_POLICY_WAITING,
                                                 VANE_POLICY_EVICTED};

static bool is_kept(const struct vane_policy_peer *peer)
{
    for (size_t i = 0; i < ELEMENTS(kept); i++)
        if (peer->standing == kept[i])
            return true;
    return false;
}

/* ---- writing ---- */

static void write_peer(struct vane_json *json, const struct vane_policy_peer *peer)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "nkey", peer->nkey);
    vane_json_member_uint64(json, "id", peer->id);
    vane_json_member_string(json, "name", peer->name ? peer->name : "");
    vane_json_member_string(json, "standing", vane_policy_standing_word(peer->standing));
    vane_json_member_int64(json, "joined_ns", peer->joined_ns);
    vane_json_member_int64(json, "since_ns", peer->since_ns);
    vane_json_member_int64(json, "until_ns", peer->until_ns);
    vane_json_member_bool(json, "trusted", peer->trusted);
    vane_json_member_string(json, "rule", peer->rule);
    vane_json_member_string(json, "reason", peer->reason);
    vane_json_key(json, "tags");
    vane_json_array_begin(json);
    for (guint i = 0; i < peer->tags->len; i++)
        vane_json_string(json, peer->tags->pdata[i]);
    vane_json_array_end(json);
    vane_json_object_end(json);
}

char *vane_policy_members_format(const struct vane_policy_members *members, size_t *length)
{
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(members);
    struct vane_json json = {0};
    char *text;

    vane_json_object_begin(&json);
    vane_json_member_uint64(&json, "version", 1);
    vane_json_key(&json, "peers");
    vane_json_array_begin(&json);
    for (guint i = 0; i < peers->len; i++)
        if (is_kept(peers->pdata[i]))
            write_peer(&json, peers->pdata[i]);
    vane_json_array_end(&json);
    vane_json_object_end(&json);
    text = vane_json_steal(&json, length);
    vane_json_clear(&json);
    return text;
}

/* ---- reading ---- */

static bool text_of(struct vane_json_view object, const char *name, size_t max, char **text)
{
    struct vane_json_view value;

    *text = NULL;
    return vane_json_find(object, name, &value) && vane_json_get_string(value, text) == 0 &&
           strlen(*text) <= max;
}

static bool time_of(struct vane_json_view object, const char *name, int64_t *ns)
{
    struct vane_json_view value;

    return vane_json_find(object, name, &value) && vane_json_get_int64(value, ns) == 0 && *ns >= 0;
}

static bool standing_of(struct vane_json_view object, enum vane_policy_standing *standing)
{
    struct vane_json_view value;

    if (!vane_json_find(object, "standing", &value))
        return false;
    for (size_t i = 0; i < ELEMENTS(kept); i++)
        if (vane_json_equals(value, vane_policy_standing_word(kept[i]))) {
            *standing = kept[i];
            return true;
        }
    return false;
}

static bool read_tags(struct vane_json_view object, GPtrArray *tags)
{
    struct vane_json_view list, value;
    struct vane_json_cursor cursor;

    if (!vane_json_find(object, "tags", &list) || vane_json_type_of(list) != VANE_JSON_ARRAY)
        return false;
    cursor = vane_json_walk(list);
    while (vane_json_next_element(&cursor, &value)) {
        char *tag = NULL;

        if (vane_json_get_string(value, &tag) == 0)
            g_ptr_array_add(tags, tag);
        if (!tag || tags->len > VANE_POLICY_TAGS_MAX)
            return false;
    }
    return true;
}

static bool read_why(struct vane_json_view object, struct vane_policy_peer *peer)
{
    g_autofree char *rule = NULL, *reason = NULL;

    if (!text_of(object, "rule", sizeof(peer->rule) - 1, &rule) ||
        !text_of(object, "reason", 3 * VANE_POLICY_REASON_MAX, &reason))
        return false;
    g_strlcpy(peer->rule, rule, sizeof(peer->rule));
    g_strlcpy(peer->reason, reason, sizeof(peer->reason));
    return true;
}

static bool read_peer(struct vane_policy_members *members, struct vane_json_view object)
{
    g_autofree char *nkey = NULL, *name = NULL;
    struct vane_json_view id, trusted;
    struct vane_policy_peer *peer;
    uint64_t number;

    if (!text_of(object, "nkey", VANE_NKEY_LENGTH, &nkey) ||
        !text_of(object, "name", 1024, &name) || !vane_json_find(object, "id", &id) ||
        vane_json_get_uint64(id, &number) < 0 || number > UINT32_MAX)
        return false;
    peer = vane_policy_members_add(members, nkey, (uint32_t)number);
    if (!peer)
        return false;
    peer->name = g_steal_pointer(&name);
    return standing_of(object, &peer->standing) && time_of(object, "joined_ns", &peer->joined_ns) &&
           time_of(object, "since_ns", &peer->since_ns) &&
           time_of(object, "until_ns", &peer->until_ns) &&
           vane_json_find(object, "trusted", &trusted) &&
           vane_json_get_bool(trusted, &peer->trusted) == 0 && read_why(object, peer) &&
           read_tags(object, peer->tags);
}

static bool read_all(struct vane_policy_members *members, struct vane_json_view root)
{
    struct vane_json_view version, list, value;
    struct vane_json_cursor cursor;
    uint64_t number;

    if (!vane_json_find(root, "version", &version) || vane_json_get_uint64(version, &number) < 0 ||
        number != 1 || !vane_json_find(root, "peers", &list) ||
        vane_json_type_of(list) != VANE_JSON_ARRAY)
        return false;
    cursor = vane_json_walk(list);
    while (vane_json_next_element(&cursor, &value))
        if (!read_peer(members, value))
            return false;
    return true;
}

int vane_policy_members_parse(struct vane_policy_members *members, const char *text, size_t length)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;

    limits.size = VANE_POLICY_MEMBERS_FILE_MAX;
    limits.depth = 8;
    if (vane_json_scan(text, length, &limits, NULL) == 0 &&
        read_all(members, vane_json_root(text, length)))
        return 0;
    g_hash_table_remove_all(members->peers);
    g_hash_table_remove_all(members->ids);
    return -EINVAL;
}
