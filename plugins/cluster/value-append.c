/* JSON to values of D-Bus. See value.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include <glib.h>

#include "lib/text/number.h"
#include "lib/nats/signature.h"
#include "plugins/cluster/value.h"

/* Where in the arguments we are, from the inside out. */
struct place {
    const struct place *outer;
    const char *name;          /* an argument's; NULL: unknown */
    struct vane_json_view key; /* of an object; empty: an index */
    size_t index;
};

struct task {
    sd_bus_message *message;
    char *error;
};

static int append_one(const struct task *task, const char *type, struct vane_json_view value,
                      const struct place *place);

/* ---- errors ---- */

static void put_place(GString *text, const struct place *place)
{
    if (place->outer) {
        put_place(text, place->outer);
        if (place->key.len > 0)
            g_string_append_printf(text, "[%.*s]", (int)MIN(place->key.len, 64), place->key.at);
        else
            g_string_append_printf(text, "[%zu]", place->index);
        return;
    }
    g_string_append_printf(text, "argument %zu", place->index + 1);
    if (place->name)
        g_string_append_printf(text, " (%s)", place->name);
}

__attribute__((format(printf, 4, 5))) static int refuse(const struct task *task,
                                                        const struct place *place, int error,
                                                        const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    va_list arguments;

    put_place(text, place);
    g_string_append(text, ": ");
    va_start(arguments, format);
    g_string_append_vprintf(text, format, arguments);
    va_end(arguments);
    g_strlcpy(task->error, text->str, VANE_VALUE_ERROR_SIZE);
    return error;
}

static int refuse_bus(const struct task *task, const struct place *place, int error)
{
    return refuse(task, place, error, "D-Bus does not take it: %s", strerror(-error));
}

/* ---- basic types ---- */

static const struct {
    char type;
    int64_t min;
    uint64_t max;
} ranges[] = {
    {'y', 0, UINT8_MAX},         {'n', INT16_MIN, INT16_MAX}, {'q', 0, UINT16_MAX},
    {'i', INT32_MIN, INT32_MAX}, {'u', 0, UINT32_MAX},        {'x', INT64_MIN, INT64_MAX},
    {'t', 0, UINT64_MAX},
};

static int append_integer(const struct task *task, char type, int64_t min, uint64_t max,
                          const char *digits, const struct place *place)
{
    uint64_t bits = 0;
    int64_t number = 0;
    int r;

    if (min < 0) {
        r = vane_text_parse_int64(digits, min, (int64_t)max, &number);
        bits = (uint64_t)number;
    } else {
        r = vane_text_parse_uint64(digits, 0, max, &bits);
    }
    if (r == -ERANGE || (r < 0 && digits[0] == '-'))
        return refuse(task, place, -ERANGE,
                      "%.40s is not within %" PRId64 " to %" PRIu64 " (type \"%c\")", digits, min,
                      max, type);
    if (r < 0)
        return refuse(task, place, -EINVAL, "\"%.40s\" is not a whole number (type \"%c\")", digits,
                      type);
    switch (type) {
    case 'y':
        return sd_bus_message_append_basic(task->message, type, &(uint8_t){(uint8_t)bits});
    case 'n':
    case 'q':
        return sd_bus_message_append_basic(task->message, type, &(uint16_t){(uint16_t)bits});
    case 'i':
    case 'u':
        return sd_bus_message_append_basic(task->message, type, &(uint32_t){(uint32_t)bits});
    }
    return sd_bus_message_append_basic(task->message, type, &bits);
}

static int append_double(const struct task *task, const char *text, const struct place *place)
{
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);

    if (strcmp(text, "NaN") == 0)
        number = NAN;
    else if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)
        number = *text == '-' ? -INFINITY : INFINITY;
    else if (end == text || *end || !isfinite(number))
        return refuse(task, place, -EINVAL, "\"%.40s\" is not a number (type \"d\")", text);
    return sd_bus_message_append_basic(task->message, 'd', &number);
}

static int append_bool(const struct task *task, const char *text, const struct place *place)
{
    int truth = strcmp(text, "true") == 0;

    if (!truth && strcmp(text, "false") != 0)
        return refuse(task, place, -EINVAL, "\"%.40s\" is not true or false (type \"b\")", text);
    return sd_bus_message_append_basic(task->message, 'b', &truth);
}

static int append_text(const struct task *task, char type, const char *text,
                       const struct place *place)
{
    if (type == 'o' && !sd_bus_object_path_is_valid(text))
        return refuse(task, place, -EINVAL, "\"%.80s\" is no object path (type \"o\")", text);
    if (type == 'g' && !vane_signature_valid(text))
        return refuse(task, place, -EINVAL, "\"%.80s\" is no signature (type \"g\")", text);
    return sd_bus_message_append_basic(task->message, type, text);
}

/* A scalar by its text: an object's key, or what a string or number says. */
static int append_scalar(const struct task *task, char type, const char *text,
                         const struct place *place)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (ranges[i].type == type)
            return append_integer(task, type, ranges[i].min, ranges[i].max, text, place);
    if (type == 'd')
        return append_double(task, text, place);
    if (type == 'b')
        return append_bool(task, text, place);
    return append_text(task, type, text, place);
}

static const char *word_for(enum vane_json_type type)
{
    static const char *const words[] = {
        [VANE_JSON_NONE] = "nothing",    [VANE_JSON_NULL] = "null",
        [VANE_JSON_BOOL] = "a boolean",  [VANE_JSON_INTEGER] = "a number",
        [VANE_JSON_DOUBLE] = "a number", [VANE_JSON_STRING] = "a string",
        [VANE_JSON_ARRAY] = "an array",  [VANE_JSON_OBJECT] = "an object",
    };

    return words[type];
}

/* A string may stand for a number, but not the other way round. */
static bool is_scalar_for(char type, enum vane_json_type json)
{
    switch (json) {
    case VANE_JSON_STRING:
        return type != 'b';
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
        return !strchr("bsog", type);
    case VANE_JSON_BOOL:
        return type == 'b';
    case VANE_JSON_NONE:
    case VANE_JSON_NULL:
    case VANE_JSON_ARRAY:
    case VANE_JSON_OBJECT:
        break;
    }
    return false;
}

static int append_basic(const struct task *task, char type, struct vane_json_view value,
                        const struct place *place)
{
    enum vane_json_type json = vane_json_type_of(value);
    g_autofree char *text = NULL;

    if (type == 'h')
        return refuse(task, place, -EINVAL, "a file descriptor cannot come from another machine");
    if (!is_scalar_for(type, json))
        return refuse(task, place, -EINVAL, "%s does not fit the type \"%c\"", word_for(json),
                      type);
    if (json != VANE_JSON_STRING)
        text = g_strndup(value.at, value.len);
    else if (vane_json_get_string(value, &text) < 0)
        return refuse(task, place, -EINVAL, "is damaged");
    return append_scalar(task, type, text, place);
}

/* ---- containers ---- */

static int append_base64(const struct task *task, struct vane_json_view value,
                         const struct place *place)
{
    g_autofree char *text = NULL;
    g_autofree guchar *bytes = NULL;
    g_autofree char *again = NULL;
    gsize length = 0;

    if (vane_json_get_string(value, &text) < 0)
        return refuse(task, place, -EINVAL, "is damaged");
    bytes = *text ? g_base64_decode(text, &length) : g_malloc0(1);
    again = g_base64_encode(bytes, length);
    if (strcmp(again, text) != 0) /* glib passes over what it does not know */
        return refuse(task, place, -EINVAL, "is not base64 with padding (type \"ay\")");
    return sd_bus_message_append_array(task->message, 'y', bytes, length);
}

static int append_elements(const struct task *task, const char *type, struct vane_json_view value,
                           const struct place *place)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct place at = {.outer = place};
    struct vane_json_view element;
    int r = 0;

    for (; r >= 0 && vane_json_next_element(&cursor, &element); at.index++)
        r = append_one(task, type, element, &at);
    return r;
}

static int append_entry(const struct task *task, const char *type, struct vane_json_view key,
                        struct vane_json_view value, const struct place *place)
{
    const struct place at = {.outer = place, .key = key};
    g_autofree char *contents = g_strndup(type + 1, strlen(type) - 2);
    g_autofree char *text = NULL;
    int r = vane_json_get_string(key, &text);

    if (r >= 0)
        r = sd_bus_message_open_container(task->message, 'e', contents);
    if (r < 0)
        return refuse_bus(task, &at, r);
    if (contents[0] == 'h')
        return refuse(task, &at, -EINVAL, "a file descriptor cannot come from another machine");
    r = append_scalar(task, contents[0], text, &at);
    if (r >= 0)
        r = append_one(task, contents + 1, value, &at);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

static int append_entries(const struct task *task, const char *type, struct vane_json_view value,
                          const struct place *place)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_json_view key, member;
    int r = 0;

    while (r >= 0 && vane_json_next_member(&cursor, &key, &member))
        r = append_entry(task, type, key, member, place);
    return r;
}

static int append_array(const struct task *task, const char *element, struct vane_json_view value,
                        const struct place *place)
{
    bool is_dictionary = *element == '{';
    enum vane_json_type json = vane_json_type_of(value);
    int r;

    if (*element == 'y' && json == VANE_JSON_STRING)
        return append_base64(task, value, place);
    if (json != (is_dictionary ? VANE_JSON_OBJECT : VANE_JSON_ARRAY))
        return refuse(task, place, -EINVAL, "%s does not fit the type \"a%s\"", word_for(json),
                      element);
    r = sd_bus_message_open_container(task->message, 'a', element);
    if (r < 0)
        return refuse_bus(task, place, r);
    r = is_dictionary ? append_entries(task, element, value, place)
                      : append_elements(task, element, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

/* As many values as types, one of each. */
static int append_row(const struct task *task, const char *types, const char *const *names,
                      struct vane_json_view row, const struct place *outer)
{
    struct vane_json_cursor cursor = vane_json_walk(row);
    struct place at = {.outer = outer};
    struct vane_json_view value;

    for (; *types; at.index++) {
        g_autofree char *type = g_strndup(types, vane_signature_next(types));
        int r;

        at.name = names ? names[at.index] : NULL;
        if (!vane_json_next_element(&cursor, &value))
            return refuse(task, &at, -EINVAL, "is missing (type \"%s\")", type);
        r = append_one(task, type, value, &at);
        if (r < 0)
            return r;
        types += strlen(type);
    }
    at.name = NULL;
    if (vane_json_next_element(&cursor, &value))
        return refuse(task, &at, -EINVAL, "is one too many");
    return 0;
}

static int append_struct(const struct task *task, const char *type, struct vane_json_view value,
                         const struct place *place)
{
    g_autofree char *members = g_strndup(type + 1, strlen(type) - 2);
    enum vane_json_type json = vane_json_type_of(value);
    int r;

    if (json != VANE_JSON_ARRAY)
        return refuse(task, place, -EINVAL, "%s does not fit the type \"%s\"", word_for(json),
                      type);
    r = sd_bus_message_open_container(task->message, 'r', members);
    if (r < 0)
        return refuse_bus(task, place, r);
    r = append_row(task, members, NULL, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

/* {"signature", "value"}, or a string or truth value, whose type is plain. */
static int open_variant(const struct task *task, struct vane_json_view *value, char **type,
                        const struct place *place)
{
    struct vane_json_view signature, inner;
    enum vane_json_type json = vane_json_type_of(*value);

    if (json == VANE_JSON_STRING || json == VANE_JSON_BOOL) {
        *type = g_strdup(json == VANE_JSON_STRING ? "s" : "b");
        return 0;
    }
    if (!vane_json_find(*value, "signature", &signature) ||
        !vane_json_find(*value, "value", &inner) || vane_json_get_string(signature, type) < 0)
        return refuse(task, place, -EINVAL,
                      "%s does not say its type; write {\"signature\": \"...\", \"value\": ...}",
                      word_for(json));
    if (!*type || !vane_signature_single(*type))
        return refuse(task, place, -EINVAL, "\"%.80s\" is not the signature of one type", *type);
    *value = inner;
    return 0;
}

static int append_variant(const struct task *task, struct vane_json_view value,
                          const struct place *place)
{
    g_autofree char *type = NULL;
    int r = open_variant(task, &value, &type, place);

    if (r < 0)
        return r;
    g_assert(type);
    r = sd_bus_message_open_container(task->message, 'v', type);
    if (r < 0)
        return refuse_bus(task, place, r);
    r = append_one(task, type, value, place);
    return r < 0 ? r : sd_bus_message_close_container(task->message);
}

static int append_one(const struct task *task, const char *type, struct vane_json_view value,
                      const struct place *place)
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
        r = append_basic(task, *type, value, place);
    }
    if (r < 0 && task->error[0] == '\0')
        return refuse_bus(task, place, r);
    return r;
}

int vane_value_append(sd_bus_message *message, const char *signature, const char *const *names,
                      struct vane_json_view arguments, char error[VANE_VALUE_ERROR_SIZE])
{
    const struct task task = {message, error};

    error[0] = '\0';
    if (vane_json_type_of(arguments) != VANE_JSON_ARRAY) {
        g_strlcpy(error, "the arguments are not a JSON array", VANE_VALUE_ERROR_SIZE);
        return -EINVAL;
    }
    return append_row(&task, signature, names, arguments, NULL);
}
