/* JSON values for people. See value.h. */
#include "cli/value.h"

#include <string.h>

#include "cli/width.h"
#include "lib/array.h"
#include "lib/json/scanner.h"
#include "lib/text/printable.h"

bool vane_cli_scan(const char *text, size_t length)
{
    const struct vane_json_limits limits = {
        .size = 64u << 20, .depth = VANE_JSON_DEPTH_MAX, .members = 65536, .uint64 = true};

    return vane_json_scan(text, length, &limits, NULL) == 0;
}

static char *string_text(struct vane_json_view value)
{
    g_autofree char *text = NULL;

    if (vane_json_get_string(value, &text) < 0)
        return g_strdup("");
    return vane_text_printable(text, strlen(text));
}

struct vane_json_view vane_cli_member(struct vane_json_view object, const char *path)
{
    g_auto(GStrv) keys = g_strsplit(path, ".", -1);

    for (char **key = keys; *key; key++)
        vane_json_find(object, *key, &object);
    return object;
}

static char *list_text(struct vane_json_view value)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    GString *text = g_string_new(NULL);
    struct vane_json_view element;

    while (vane_json_next_element(&cursor, &element)) {
        g_autofree char *one = vane_cli_text(element);

        g_string_append_printf(text, "%s%s", text->len ? "," : "", one);
    }
    return g_string_free(text, FALSE);
}

static char *object_text(struct vane_json_view value)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    GString *text = g_string_new(NULL);
    struct vane_json_view key, member;

    while (vane_json_next_member(&cursor, &key, &member)) {
        g_autofree char *name = string_text(key);
        g_autofree char *one = vane_cli_text(member);

        g_string_append_printf(text, "%s%s=%s", text->len ? " " : "", name, one);
    }
    return g_string_free(text, FALSE);
}

char *vane_cli_text(struct vane_json_view value)
{
    bool truth = false;

    switch (vane_json_type_of(value)) {
    case VANE_JSON_NONE:
    case VANE_JSON_NULL:
        break;
    case VANE_JSON_BOOL:
        vane_json_get_bool(value, &truth);
        return g_strdup(truth ? "yes" : "no");
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
        return g_strndup(value.at, value.len);
    case VANE_JSON_STRING:
        return string_text(value);
    case VANE_JSON_ARRAY:
        return list_text(value);
    case VANE_JSON_OBJECT:
        return object_text(value);
    }
    return g_strdup("");
}

GPtrArray *vane_cli_lines(struct vane_json_view value)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    struct vane_json_cursor cursor = vane_json_walk(value);
    enum vane_json_type type = vane_json_type_of(value);
    struct vane_json_view element;

    if (type == VANE_JSON_NONE || type == VANE_JSON_NULL)
        return lines;
    if (type != VANE_JSON_ARRAY) {
        g_ptr_array_add(lines, vane_cli_text(value));
        return lines;
    }
    while (vane_json_next_element(&cursor, &element))
        g_ptr_array_add(lines, vane_cli_text(element));
    return lines;
}

/* How a word is spelled that is more than a word; NULL: it is not. */
static const char *spelling_of(const char *word)
{
    static const char *const spellings[] = {"API", "BSSID", "DNS", "ESSID", "ID",
                                            "MTU", "NKey",  "NTP", "SIP"};

    for (size_t i = 0; i < ELEMENTS(spellings); i++) {
        if (g_ascii_strcasecmp(word, spellings[i]) == 0)
            return spellings[i];
    }
    return NULL;
}

/* "operational_state" reads better as "Operational state", "mtu" as "MTU". */
static char *title_of(struct vane_json_view key)
{
    g_autofree char *name = string_text(key);
    g_auto(GStrv) words = g_strsplit(name, "_", -1);

    for (char **word = words; *word; word++) {
        const char *spelling = spelling_of(*word);

        if (spelling)
            memcpy(*word, spelling, strlen(spelling));
        else if (word == words)
            **word = g_ascii_toupper(**word);
    }
    return g_strjoinv(" ", words);
}

static size_t widest_title(struct vane_json_view object)
{
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, value;
    size_t widest = 0;

    while (vane_json_next_member(&cursor, &key, &value)) {
        g_autofree char *title = title_of(key);

        widest = MAX(widest, vane_cli_width(title));
    }
    return widest;
}

static void append_lines(GString *out, struct vane_json_view value, size_t column)
{
    g_autoptr(GPtrArray) lines = vane_cli_lines(value);

    for (guint i = 0; i < lines->len; i++) {
        if (i > 0)
            vane_cli_pad(out, 0, column);
        g_string_append_printf(out, "%s\n", (const char *)g_ptr_array_index(lines, i));
    }
    if (lines->len == 0)
        g_string_append(out, "-\n");
}

void vane_cli_members(GString *out, struct vane_json_view object, size_t indent)
{
    struct vane_json_cursor cursor = vane_json_walk(object);
    size_t widest = widest_title(object);
    struct vane_json_view key, value;

    while (vane_json_next_member(&cursor, &key, &value)) {
        g_autofree char *title = title_of(key);

        vane_cli_pad(out, 0, indent);
        g_string_append_printf(out, "%s:", title);
        if (vane_json_type_of(value) == VANE_JSON_OBJECT) {
            g_string_append_c(out, '\n');
            vane_cli_members(out, value, indent + 2);
            continue;
        }
        vane_cli_pad(out, vane_cli_width(title), widest + 1);
        append_lines(out, value, indent + widest + 2);
    }
}
