/* JSON to values of D-Bus: basic types, and what is said of those that do not fit. See value.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include <glib.h>

#include "lib/nats/signature.h"
#include "lib/text/number.h"
#include "plugins/cluster/value-internal.h"

static void put_place(GString *text, const struct vane_value_place *place)
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

int vane_value_refuse(const struct vane_value_task *task, const struct vane_value_place *place,
                      int error, const char *format, ...)
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

int vane_value_refuse_bus(const struct vane_value_task *task, const struct vane_value_place *place,
                          int error)
{
    return vane_value_refuse(task, place, error, "D-Bus does not take it: %s", strerror(-error));
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

static int append_integer(const struct vane_value_task *task, char type, int64_t min, uint64_t max,
                          const char *digits, const struct vane_value_place *place)
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
        return vane_value_refuse(task, place, -ERANGE,
                                 "%.40s is not within %" PRId64 " to %" PRIu64 " (type \"%c\")",
                                 digits, min, max, type);
    if (r < 0)
        return vane_value_refuse(task, place, -EINVAL,
                                 "\"%.40s\" is not a whole number (type \"%c\")", digits, type);
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

static int append_double(const struct vane_value_task *task, const char *text,
                         const struct vane_value_place *place)
{
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);

    if (strcmp(text, "NaN") == 0)
        number = NAN;
    else if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)
        number = *text == '-' ? -INFINITY : INFINITY;
    else if (end == text || *end || !isfinite(number))
        return vane_value_refuse(task, place, -EINVAL, "\"%.40s\" is not a number (type \"d\")",
                                 text);
    return sd_bus_message_append_basic(task->message, 'd', &number);
}

static int append_bool(const struct vane_value_task *task, const char *text,
                       const struct vane_value_place *place)
{
    int truth = strcmp(text, "true") == 0;

    if (!truth && strcmp(text, "false") != 0)
        return vane_value_refuse(task, place, -EINVAL,
                                 "\"%.40s\" is not true or false (type \"b\")", text);
    return sd_bus_message_append_basic(task->message, 'b', &truth);
}

static int append_text(const struct vane_value_task *task, char type, const char *text,
                       const struct vane_value_place *place)
{
    if (type == 'o' && !sd_bus_object_path_is_valid(text))
        return vane_value_refuse(task, place, -EINVAL, "\"%.80s\" is no object path (type \"o\")",
                                 text);
    if (type == 'g' && !vane_signature_valid(text))
        return vane_value_refuse(task, place, -EINVAL, "\"%.80s\" is no signature (type \"g\")",
                                 text);
    return sd_bus_message_append_basic(task->message, type, text);
}

int vane_value_append_scalar(const struct vane_value_task *task, char type, const char *text,
                             const struct vane_value_place *place)
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

const char *vane_value_word(enum vane_json_type type)
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

int vane_value_append_basic(const struct vane_value_task *task, char type,
                            struct vane_json_view value, const struct vane_value_place *place)
{
    enum vane_json_type json = vane_json_type_of(value);
    g_autofree char *text = NULL;

    if (type == 'h')
        return vane_value_refuse(task, place, -EINVAL,
                                 "a file descriptor cannot come from another machine");
    if (!is_scalar_for(type, json))
        return vane_value_refuse(task, place, -EINVAL, "%s does not fit the type \"%c\"",
                                 vane_value_word(json), type);
    if (json != VANE_JSON_STRING)
        text = g_strndup(value.at, value.len);
    else if (vane_json_get_string(value, &text) < 0)
        return vane_value_refuse(task, place, -EINVAL, "is damaged");
    return vane_value_append_scalar(task, type, text, place);
}
