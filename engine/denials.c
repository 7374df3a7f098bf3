/* What is published of denials. See denials.h. */
#include "engine/denials.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "engine/engine.h"

#define DENIALS_A_SECOND 32u

/* Facts are for people and rules; an event is no place for a document. */
#define FACTS_MAX       32
#define FACTS_BYTES_MAX 65536u

/* Of one action of one asker. Both are names in programs, so there are few. */
struct window {
    int64_t began; /* g_get_monotonic_time() */
    unsigned told; /* since then */
    uint64_t suppressed;
};

struct vane_denials {
    struct vane_engine *engine;
    GHashTable *windows; /* "ASKER ACTION" -> struct window */
};

struct vane_denials *vane_denials_new(struct vane_engine *engine)
{
    struct vane_denials *denials = g_new0(struct vane_denials, 1);

    denials->engine = engine;
    denials->windows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return denials;
}

void vane_denials_free(struct vane_denials *denials)
{
    g_hash_table_unref(denials->windows);
    g_free(denials);
}

/* ---- facts ---- */

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

/* What is missing in a fact weighs nothing here, and is the bus's to refuse. */
static size_t weight_of(const struct vane_field *field)
{
    size_t weight = strlen(field->name);

    switch (field->type) {
    case VANE_STRING:
        return weight + length_of(field->value.string);
    case VANE_JSON:
        return weight + field->count;
    case VANE_STRINGS:
        for (uint32_t i = 0; field->value.strings && i < field->count; i++)
            weight += length_of(field->value.strings[i]);
        return weight;
    default:
        return weight + sizeof(field->value);
    }
}

static bool has_name(const GArray *fields, const char *name)
{
    for (guint i = 0; i < fields->len; i++)
        if (strcmp(g_array_index(fields, struct vane_field, i).name, name) == 0)
            return true;
    return false;
}

static void add_facts(GArray *fields, const struct vane_fields *facts)
{
    size_t left = FACTS_BYTES_MAX;

    for (uint32_t i = 0; facts && i < MIN(facts->count, FACTS_MAX); i++) {
        struct vane_field fact = vane_fields_at(facts, i);

        if (!fact.name || has_name(fields, fact.name) || weight_of(&fact) > left)
            continue;
        left -= weight_of(&fact);
        g_array_append_val(fields, fact);
    }
}

static int publish(const struct vane_denials *denials, const GArray *fields, const char *cause)
{
    const struct vane_fields payload = {
        .field_size = sizeof(struct vane_field),
        .count = fields->len,
        .at = (const struct vane_field *)(void *)fields->data,
    };

    return vane_event_bus_publish_fields(denials->engine->bus, "policy.denied", &payload, cause);
}

/* ---- how many ---- */

static struct window *window_of(struct vane_denials *denials, const char *asker, const char *action)
{
    g_autofree char *key = g_strdup_printf("%s %s", asker, action);
    struct window *window = g_hash_table_lookup(denials->windows, key);

    if (window)
        return window;
    window = g_new0(struct window, 1);
    g_hash_table_insert(denials->windows, g_steal_pointer(&key), window);
    return window;
}

/* Whoever is denied may come as often as it likes, and must not push all else out of the history.
 */
static bool may_tell(struct window *window)
{
    int64_t now = g_get_monotonic_time();

    if (window->told == 0 || now - window->began >= G_USEC_PER_SEC) {
        window->began = now;
        window->told = 0;
    }
    if (window->told >= DENIALS_A_SECOND) {
        window->suppressed++;
        return false;
    }
    window->told++;
    return true;
}

/* ---- telling ---- */

/* Facts that the bus refuses must not hide the denial. */
void vane_denials_tell(struct vane_denials *denials, const char *asker,
                       const struct vane_gate_request *request, const struct vane_verdict *verdict)
{
    struct window *window = window_of(denials, asker, request->action);
    const struct vane_field own[] = {
        vane_string("action", request->action),
        vane_string("asker", asker),
        vane_string("rule", verdict->rule),
        vane_string("reason", verdict->reason),
        vane_string("origin", request->origin == VANE_ORIGIN_LOCAL ? "local" : "remote"),
        vane_string("access", request->access == VANE_ACCESS_READ ? "read" : "change"),
        vane_uint64("suppressed", window->suppressed),
    };
    const char *cause = request->cause ? request->cause->id : NULL;
    g_autoptr(GArray) fields = NULL;
    int r;

    if (!may_tell(window))
        return;
    window->suppressed = 0;
    fields = g_array_new(FALSE, FALSE, sizeof(struct vane_field));
    g_array_append_vals(fields, own, G_N_ELEMENTS(own));
    add_facts(fields, request->facts);
    r = publish(denials, fields, cause);
    if (r < 0 && fields->len > G_N_ELEMENTS(own)) {
        g_array_set_size(fields, G_N_ELEMENTS(own));
        r = publish(denials, fields, cause);
    }
    if (r < 0)
        vane_warning("gate", "%s of %s was denied (%s), but no event could tell: %s",
                     request->action, asker, verdict->reason, strerror(-r));
}
