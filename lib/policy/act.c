/* The actions that only change the state, limits, and the values of actions. See state.h. */
#include <string.h>

#include "lib/cel/json.h"
#include "lib/policy/state-internal.h"

#define TAG_MAX 128u /* bytes */

#define VALUE_MAX (1u << 20) /* bytes, as JSON */

/* ---- values ---- */

struct vane_cel_value vane_policy_resolve(struct vane_policy_state *state,
                                          const struct vane_policy_value *value)
{
    struct vane_cel_value result;

    if (value->constant)
        return value->constant->value;
    result = vane_policy_evaluate(state, state->rule, value->program);
    if (result.kind == VANE_CEL_ERROR)
        vane_policy_failed(state, state->rule, result.problem->message);
    else if (!vane_cel_json_fits(result, VALUE_MAX))
        vane_policy_failed(state, state->rule, "a value has more than a mebibyte as JSON");
    else
        return result;
    return (struct vane_cel_value){0};
}

static char *text_of(struct vane_cel_value value)
{
    struct vane_json json = {0};
    char *text;

    if (value.kind == VANE_CEL_STRING || value.kind == VANE_CEL_TYPE)
        return g_strndup(value.text, value.len);
    if (value.kind == VANE_CEL_ABSENT)
        return NULL;
    vane_cel_write_json(&json, VANE_CEL_PLAIN, value);
    text = vane_json_steal(&json, NULL);
    vane_json_clear(&json);
    return text;
}

char *vane_policy_resolve_text(struct vane_policy_state *state,
                               const struct vane_policy_value *value)
{
    return text_of(vane_policy_resolve(state, value));
}

/* ---- tags ---- */

static GPtrArray *tags_of_peer(struct vane_policy_state *state, uint32_t peer)
{
    const struct vane_policy_peer *known = vane_policy_peer_of(state);
    GPtrArray *tags =
        known ? known->tags : g_hash_table_lookup(state->peers, GUINT_TO_POINTER(peer));

    if (tags || g_hash_table_size(state->peers) >= VANE_POLICY_PEERS_MAX)
        return tags;
    tags = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(state->peers, GUINT_TO_POINTER(peer), tags);
    return tags;
}

static bool has(const GPtrArray *tags, const char *tag, guint *index)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)tags, tag, g_str_equal, index);
}

static bool add_tag(struct vane_policy_state *state, GPtrArray *tags, const char *tag)
{
    if (!*tag || has(tags, tag, NULL))
        return false;
    if (tags->len >= VANE_POLICY_TAGS_MAX || strlen(tag) > TAG_MAX) {
        vane_policy_failed(state, state->rule,
                           "there are too many tags, or one is over 128 bytes long");
        return false;
    }
    g_ptr_array_add(tags, g_strdup(tag));
    return true;
}

static bool remove_tag(GPtrArray *tags, const char *tag)
{
    guint index;

    if (!has(tags, tag, &index))
        return false;
    g_ptr_array_remove_index(tags, index);
    return true;
}

static bool change_tags(struct vane_policy_state *state, GPtrArray *tags, const GArray *values,
                        bool add)
{
    bool changed = false;

    for (guint i = 0; i < values->len; i++) {
        g_autofree char *tag =
            vane_policy_resolve_text(state, &g_array_index(values, struct vane_policy_value, i));

        if (tag)
            changed |= add ? add_tag(state, tags, tag) : remove_tag(tags, tag);
    }
    return changed;
}

void vane_policy_do_tag(struct vane_policy_state *state, const struct vane_policy_action *action)
{
    bool of_peer = action->params[VANE_POLICY_TARGET].number == VANE_POLICY_TARGET_PEER;
    const struct vane_policy_peer *known = vane_policy_peer_of(state);
    const uint32_t peer = known ? known->id : state->occurrence->peer_id;
    GPtrArray *tags = state->tags;
    bool changed;

    if (of_peer)
        tags = known || state->occurrence->has_peer ? tags_of_peer(state, peer) : NULL;
    if (!tags) {
        vane_policy_failed(state, state->rule,
                           "there is no peer to be tagged, or there are too many that are");
        return;
    }
    changed = change_tags(state, tags, action->params[VANE_POLICY_REMOVE].values, false);
    changed |= change_tags(state, tags, action->params[VANE_POLICY_ADD].values, true);
    if (!changed)
        return;
    state->generation++; /* the rules behind this one see it */
    if (of_peer && known)
        state->members->revision++;
    if (state->hands.tagged)
        state->hands.tagged(state->hands.user, state->rule, tags, of_peer ? &peer : NULL);
}

/* ---- facts ---- */

void vane_policy_do_set(struct vane_policy_state *state, const struct vane_policy_action *action)
{
    const struct vane_policy_param *param = &action->params[VANE_POLICY_VALUE];
    const char *name = action->params[VANE_POLICY_FACT].text;
    struct vane_cel_value value =
        vane_policy_resolve(state, &g_array_index(param->values, struct vane_policy_value, 0));
    struct vane_policy_constant *constant;

    if (value.kind == VANE_CEL_ABSENT)
        return;
    state->generation++;
    if (value.kind == VANE_CEL_NULL) {
        g_hash_table_remove(state->facts, name);
        return;
    }
    constant = vane_policy_constant_copy(value);
    if (constant)
        g_hash_table_replace(state->facts, g_strdup(name), constant);
    else
        vane_policy_failed(state, state->rule,
                           "a fact is a text, a number, true, false, a time, or a list of them");
}

void vane_policy_state_write_facts(const struct vane_policy_state *state, struct vane_json *json)
{
    GHashTableIter iterator;
    gpointer name, constant;

    vane_json_object_begin(json);
    g_hash_table_iter_init(&iterator, state->facts);
    while (g_hash_table_iter_next(&iterator, &name, &constant)) {
        vane_json_key(json, name);
        vane_cel_write_json(json, VANE_CEL_PLAIN, ((struct vane_policy_constant *)constant)->value);
    }
    vane_json_object_end(json);
}

/* ---- limits ---- */

struct vane_policy_limit *vane_policy_limit_of(struct vane_policy_state *state,
                                               const struct vane_policy_action *action)
{
    struct vane_policy_limit *limit = g_hash_table_lookup(state->limits, action);

    if (limit)
        return limit;
    limit = vane_policy_limit_new((uint32_t)action->params[VANE_POLICY_COUNT].number,
                                  (uint64_t)action->params[VANE_POLICY_PER].number * 1000000u);
    g_hash_table_insert(state->limits, (gpointer)action, limit);
    return limit;
}

bool vane_policy_within_limit(struct vane_policy_state *state,
                              const struct vane_policy_action *action, bool only_ask,
                              struct vane_policy_outcome *outcome)
{
    const GArray *keys = action->params[VANE_POLICY_KEY].values;
    g_autofree char *key = NULL;

    if (keys->len > 0)
        key = vane_policy_resolve_text(state, &g_array_index(keys, struct vane_policy_value, 0));
    if (keys->len > 0 && !key) {
        g_strlcpy(outcome->reason, "the key of its limit cannot be evaluated",
                  sizeof(outcome->reason));
        return false;
    }
    if (vane_policy_limit_take(vane_policy_limit_of(state, action), key ? key : "", state->now_ns,
                               only_ask))
        return true;
    g_snprintf(outcome->reason, sizeof(outcome->reason),
               "more than %" G_GINT64_FORMAT " in %" G_GINT64_FORMAT " ms",
               action->params[VANE_POLICY_COUNT].number, action->params[VANE_POLICY_PER].number);
    return false;
}
