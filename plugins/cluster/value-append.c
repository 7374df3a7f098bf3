/* JSON to values of D-Bus: containers, and the whole. See value.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/nats/signature.h"
#include "plugins/cluster/value-internal.h"

static int append_one(const struct vane_value_task *task, const char *type,
                      struct vane_json_view value, const struct vane_value_place *place);

static int append_base64(const struct vane_value_task *task, struct vane_json_view value,
                         const struct vane_value_place *place)
{
    g_autofree char *text = NULL;
    g_autofree guchar *bytes = NULL;
    g_autofree char *again = NULL;
    gsize length = 0;

    if (vane_json_get_string(value, &text) < 0)
        return vane_value_refuse(task, place, -EINVAL, "is damaged");
    bytes = *text ? g_base64_decode(text, &length) : g_malloc0(1);
    again = g_base64_encode(bytes, length);
    if (strcmp(again, text) != 0) /* glib passes over what it does not know */
        return vane_value_refuse(task, place, -EINVAL, "is not base64 with padding (type \"ay\")");
    return sd_bus_message_append_array(task->message, 'y', bytes, length);
}

static int append_elements(const struct vane_value_task *task, const char *type,
                           struct vane_json_view value, const struct vane_value_place *place)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_value_place at = {.outer = place};
    struct vane_json_view element;
    int r = 0;

    for (; r >= 0 && vane_json_next_element(&cursor, &element); at.index++)
        r = append_one(task, type, element, &at);
    return r;
}

static int append_entry(const struct vane_value_task *task, const char *type,
                        struct vane_json_view key, struct vane_json_view value,
                        const struct vane_value_place *place)
{
    const struct vane_value_place at = {.outer = place, .key = key};
    g_autofree char *contents = g_strndup(type + 1, strlen(type) - 2);
    g_autofree char *text = NULL;
    int r = vane_json_get_string(key, &text);

    if (r >= 0)
        r = sd_bus_message_open_container(task->message, 'e', contents);
    if (r < 0)
        return vane_value_refuse_bus(task, &at, r);
    if (contents[0] == 'h')
        return vane_value_refuse(task, &at, -EINVAL,
                                 "a file descriptor cannot come from another machine");
    r = vane_value_append_scalar(task, contents[0], text, &at);
    if (r >= 0)
        r = append_one(task, contents + 1, value, &at);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

static int append_entries(const struct vane_value_task *task, const char *type,
                          struct vane_json_view value, const struct vane_value_place *place)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_json_view key, member;
    int r = 0;

    while (r >= 0 && vane_json_next_member(&cursor, &key, &member))
        r = append_entry(task, type, key, member, place);
    return r;
}

static int append_array(const struct vane_value_task *task, const char *element,
                        struct vane_json_view value, const struct vane_value_place *place)
{
    bool is_dictionary = *element == '{';
    enum vane_json_type json = vane_json_type_of(value);
    int r;

    if (*element == 'y' && json == VANE_JSON_STRING)
        return append_base64(task, value, place);
    if (json != (is_dictionary ? VANE_JSON_OBJECT : VANE_JSON_ARRAY))
        return vane_value_refuse(task, place, -EINVAL, "%s does not fit the type \"a%s\"",
                                 vane_value_word(json), element);
    r = sd_bus_message_open_container(task->message, 'a', element);
    if (r < 0)
        return vane_value_refuse_bus(task, place, r);
    r = is_dictionary ? append_entries(task, element, value, place)
                      : append_elements(task, element, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

/* As many values as types, one of each. */
static int append_row(const struct vane_value_task *task, const char *types,
                      const char *const *names, struct vane_json_view row,
                      const struct vane_value_place *outer)
{
    struct vane_json_cursor cursor = vane_json_walk(row);
    struct vane_value_place at = {.outer = outer};
    struct vane_json_view value;

    for (; *types; at.index++) {
        g_autofree char *type = g_strndup(types, vane_signature_next(types));
        int r;

        at.name = names ? names[at.index] : NULL;
        if (!vane_json_next_element(&cursor, &value))
            return vane_value_refuse(task, &at, -EINVAL, "is missing (type \"%s\")", type);
        r = append_one(task, type, value, &at);
        if (r < 0)
            return r;
        types += strlen(type);
    }
    at.name = NULL;
    if (vane_json_next_element(&cursor, &value))
        return vane_value_refuse(task, &at, -EINVAL, "is one too many");
    return 0;
}

static int append_struct(const struct vane_value_task *task, const char *type,
                         struct vane_json_view value, const struct vane_value_place *place)
{
    g_autofree char *members = g_strndup(type + 1, strlen(type) - 2);
    enum vane_json_type json = vane_json_type_of(value);
    int r;

    if (json != VANE_JSON_ARRAY)
        return vane_value_refuse(task, place, -EINVAL, "%s does not fit the type \"%s\"",
                                 vane_value_word(json), type);
    r = sd_bus_message_open_container(task->message, 'r', members);
    if (r < 0)
        return vane_value_refuse_bus(task, place, r);
    r = append_row(task, members, NULL, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

/* {"signature", "value"}, or a string or truth value, whose type is plain. */
static int open_variant(const struct vane_value_task *task, struct vane_json_view *value,
                        char **type, const struct vane_value_place *place)
{
    struct vane_json_view signature, inner;
    enum vane_json_type json = vane_json_type_of(*value);

    if (json == VANE_JSON_STRING || json == VANE_JSON_BOOL) {
        *type = g_strdup(json == VANE_JSON_STRING ? "s" : "b");
        return 0;
    }
    if (!vane_json_find(*value, "signature", &signature) ||
        !vane_json_find(*value, "value", &inner) || vane_json_get_string(signature, type) < 0)
        return vane_value_refuse(
            task, place, -EINVAL,
            "%s does not say its type; write {\"signature\": \"...\", \"value\": ...}",
            vane_value_word(json));
    if (!*type || !vane_signature_single(*type))
        return vane_value_refuse(task, place, -EINVAL, "\"%.80s\" is not the signature of one type",
                                 *type);
    *value = inner;
    return 0;
}

static int append_variant(const struct vane_value_task *task, struct vane_json_view value,
                          const struct vane_value_place *place)
{
    g_autofree char *type = NULL;
    int r = open_variant(task, &value, &type, place);

    if (r < 0)
        return r;
    g_assert(type);
    r = sd_bus_message_open_container(task->message, 'v', type);
    if (r < 0)
        return vane_value_refuse_bus(task, place, r);
    r = append_one(task, type, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

static int append_one(const struct vane_value_task *task, const char *type,
                      struct vane_json_view value, const struct vane_value_place *place)
{
    int r;

    switch (*type) {
    case 'a':
        r = append_array(task, type + 1, value, place);
        break;
    case '(':
        r = append_struct(task, type, value, place);
        break;
    case 'v':
        r = append_variant(task, value, place);
        break;
    default:
        r = vane_value_append_basic(task, *type, value, place);
    }
    if (r < 0 && task->error[0] == '\0')
        return vane_value_refuse_bus(task, place, r);
    return r;
}

int vane_value_append(sd_bus_message *message, const char *signature, const char *const *names,
                      struct vane_json_view arguments, char error[VANE_VALUE_ERROR_SIZE])
{
    const struct vane_value_task task = {message, error};

    error[0] = '\0';
    if (vane_json_type_of(arguments) != VANE_JSON_ARRAY) {
        g_strlcpy(error, "the arguments are not a JSON array", VANE_VALUE_ERROR_SIZE);
        return -EINVAL;
    }
    return append_row(&task, signature, names, arguments, NULL);
}
