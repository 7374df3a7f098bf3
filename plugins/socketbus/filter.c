/* Filters: topic first, then payload. See filter.h. */
#include "plugins/socketbus/filter.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "plugins/socketbus/glob.h"

static const char *const public_tokens[] = {"link.", "address.", "route.", "wifi."};

bool vane_topic_is_public(const char *topic)
{
    for (size_t i = 0; i < ELEMENTS(public_tokens); i++)
        if (g_str_has_prefix(topic, public_tokens[i]))
            return true;
    return false;
}

static int compare_where(const void *a, const void *b)
{
    const struct vane_where *x = a, *y = b;

    return strcmp(x->member, y->member);
}

/* Nothing in it can hold the control characters that separate the parts. */
static char *make_key(const struct vane_filter *filter)
{
    GString *key = g_string_new(NULL);

    g_string_append_printf(key, "%d%d\n%s", filter->format, filter->privileged, filter->patterns);
    for (size_t i = 0; i < filter->where_count; i++)
        g_string_append_printf(key, "\n%s=%zu:%s", filter->where[i].member,
                               strlen(filter->where[i].glob), filter->where[i].glob);
    return g_string_free(key, FALSE);
}

void vane_filter_init(struct vane_filter *filter, struct vane_stream_request *request,
                      bool privileged)
{
    *filter = (struct vane_filter){
        .patterns = g_steal_pointer(&request->patterns),
        .where = g_steal_pointer(&request->where),
        .where_count = request->where_count,
        .format = request->format,
        .privileged = privileged,
    };
    request->where_count = 0;
    if (filter->where_count > 1)
        qsort(filter->where, filter->where_count, sizeof(filter->where[0]), compare_where);
    filter->key = make_key(filter);
}

void vane_filter_clear(struct vane_filter *filter)
{
    for (size_t i = 0; i < filter->where_count; i++) {
        g_free(filter->where[i].member);
        g_free(filter->where[i].glob);
    }
    g_free(filter->where);
    g_free(filter->patterns);
    g_free(filter->key);
    *filter = (struct vane_filter){0};
}

bool vane_filter_wants_topic(const struct vane_filter *filter, const char *topic,
                             int (*match)(const char *patterns, const char *topic))
{
    if (!filter->privileged && !vane_topic_is_public(topic))
        return false;
    if (strcmp(filter->patterns, ">") == 0)
        return true;
    return filter->patterns[0] && match(filter->patterns, topic) == 1;
}

static bool text_matches(const char *glob, struct vane_json_view value)
{
    g_autofree char *text = NULL;

    if (vane_json_get_string(value, &text) < 0)
        text = g_strndup(value.at, value.len);
    return vane_glob_match(glob, text);
}

/* A list matches when one of its elements does. */
static bool value_matches(const char *glob, struct vane_json_view value)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_json_view element;

    if (vane_json_type_of(value) != VANE_JSON_ARRAY)
        return text_matches(glob, value);
    while (vane_json_next_element(&cursor, &element))
        if (text_matches(glob, element))
            return true;
    return false;
}

static bool wants_object(const struct vane_filter *filter, struct vane_json_view payload)
{
    struct vane_json_view value;

    for (size_t i = 0; i < filter->where_count; i++)
        if (!vane_json_find(payload, filter->where[i].member, &value) ||
            !value_matches(filter->where[i].glob, value))
            return false;
    return true;
}

bool vane_filter_wants_payload(const struct vane_filter *filter, const char *payload, size_t length)
{
    return filter->where_count == 0 || wants_object(filter, vane_json_root(payload, length));
}

bool vane_filter_wants_line(const struct vane_filter *filter, struct vane_line *line)
{
    struct vane_json_view payload;

    if (filter->format == VANE_FORMAT_HALOX && line->halox == VANE_HALOX_NONE)
        return false;
    if (filter->where_count == 0)
        return true;
    return vane_json_find(vane_json_root(line->json, line->json_length), "payload", &payload) &&
           wants_object(filter, payload);
}
