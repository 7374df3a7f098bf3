/* Views and cursors over scanned JSON. Every step is bounded by the end of the view, scanned or
 * not. */
#include "lib/json/reader.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "lib/json/escape.h"
#include "lib/json/plain.h"

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        at += vane_json_plain(at, (size_t)(end - at));
        if (at == end)
            break;
        if (*at == '"')
            return at + 1;
        if (*at == '\\' && ++at == end)
            break;
    }
    return end;
}

static const char *skip_container(const char *at, const char *end)
{
    size_t depth = 0;

    while (at < end) {
        switch (*at) {
        case '"':
            at = skip_string(at, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return at + 1;
            break;
        }
        at++;
    }
    return end;
}

static bool ends_scalar(char byte)
{
    return byte == ',' || byte == ']' || byte == '}' || byte == ' ' || byte == '\n' ||
           byte == '\r' || byte == '\t' || byte == ':';
}

static const char *skip_value(const char *at, const char *end)
{
    if (at == end)
        return end;
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_container(at, end);
    while (at < end && !ends_scalar(*at))
        at++;
    return at;
}

/* The value at the cursor, which then stands behind it. Empty if there is none. */
static struct vane_json_view take(struct vane_json_cursor *cursor)
{
    const char *start = skip_space(cursor->at, cursor->end);

    cursor->at = skip_value(start, cursor->end);
    return (struct vane_json_view){start, (size_t)(cursor->at - start)};
}

static void skip_separator(struct vane_json_cursor *cursor, char separator)
{
    cursor->at = skip_space(cursor->at, cursor->end);
    if (cursor->at < cursor->end && *cursor->at == separator)
        cursor->at++;
}

struct vane_json_view vane_json_root(const char *text, size_t len)
{
    return take(&(struct vane_json_cursor){text, text + len});
}

static bool has_fraction(struct vane_json_view number)
{
    for (size_t i = 0; i < number.len; i++) {
        if (number.at[i] == '.' || number.at[i] == 'e' || number.at[i] == 'E')
            return true;
    }
    return false;
}

enum vane_json_type vane_json_type_of(struct vane_json_view value)
{
    if (!value.len)
        return VANE_JSON_NONE;
    switch (*value.at) {
    case 'n':
        return VANE_JSON_NULL;
    case 't':
    case 'f':
        return VANE_JSON_BOOL;
    case '"':
        return VANE_JSON_STRING;
    case '[':
        return VANE_JSON_ARRAY;
    case '{':
        return VANE_JSON_OBJECT;
    default:
        return has_fraction(value) ? VANE_JSON_DOUBLE : VANE_JSON_INTEGER;
    }
}

struct vane_json_cursor vane_json_walk(struct vane_json_view container)
{
    enum vane_json_type type = vane_json_type_of(container);

    if (container.len < 2 || (type != VANE_JSON_ARRAY && type != VANE_JSON_OBJECT))
        return (struct vane_json_cursor){NULL, NULL};
    return (struct vane_json_cursor){container.at + 1, container.at + container.len - 1};
}

bool vane_json_next_element(struct vane_json_cursor *cursor, struct vane_json_view *value)
{
    *value = take(cursor);
    skip_separator(cursor, ',');
    return value->len > 0;
}

bool vane_json_next_member(struct vane_json_cursor *cursor, struct vane_json_view *key,
                           struct vane_json_view *value)
{
    *key = take(cursor);
    skip_separator(cursor, ':');
    return vane_json_next_element(cursor, value) && key->len > 0;
}

bool vane_json_find(struct vane_json_view object, const char *key, struct vane_json_view *value)
{
    struct vane_json_cursor cursor = {NULL, NULL};
    struct vane_json_view name;

    if (vane_json_type_of(object) == VANE_JSON_OBJECT)
        cursor = vane_json_walk(object);
    while (vane_json_next_member(&cursor, &name, value)) {
        if (vane_json_equals(name, key))
            return true;
    }
    *value = (struct vane_json_view){NULL, 0};
    return false;
}

/* What stands between the quotes. */
static struct vane_json_view inside(struct vane_json_view string)
{
    return (struct vane_json_view){string.at + 1, string.len - 2};
}

static bool is_string(struct vane_json_view value)
{
    return value.len >= 2 && *value.at == '"';
}

bool vane_json_equals(struct vane_json_view string, const char *text)
{
    size_t len = strlen(text);
    struct vane_json_view raw;

    if (!is_string(string))
        return false;
    raw = inside(string);
    if (!memchr(raw.at, '\\', raw.len))
        return raw.len == len && memcmp(raw.at, text, len) == 0;
    g_autofree char *plain = g_malloc(raw.len);
    return vane_json_unescape(raw.at, raw.len, plain) == len && memcmp(plain, text, len) == 0;
}

int vane_json_get_string(struct vane_json_view value, char **text)
{
    struct vane_json_view raw;
    char *plain;

    if (!is_string(value))
        return -EINVAL;
    raw = inside(value);
    plain = g_malloc(raw.len + 1);
    plain[vane_json_unescape(raw.at, raw.len, plain)] = '\0';
    *text = plain;
    return 0;
}
