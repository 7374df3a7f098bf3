/* Reading a request line, member by member from a table. See request.h. */
#include "plugins/socketbus/request.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "lib/json/scanner.h"
#include "lib/text/hex.h"
#include "lib/text/nearest.h"
#include "lib/text/number.h"
#include "lib/text/span.h"

#define DEPTH_MAX    8
#define PATTERNS_MAX 64
#define WHERE_MAX    16
#define TOPIC_MAX    128
#define GLOB_MAX     1024

static const char *const formats[VANE_FORMATS] = {
    [VANE_FORMAT_NATIVE] = "native",
    [VANE_FORMAT_CLOUDEVENTS] = "cloudevents",
    [VANE_FORMAT_HALOX] = "halox",
};

const char *vane_format_name(enum vane_format format)
{
    return formats[format];
}

__attribute__((format(printf, 3, 4))) static int refuse(struct vane_request_error *error,
                                                        const char *member, const char *format, ...)
{
    va_list arguments;

    g_strlcpy(error->member, member, sizeof(error->member));
    va_start(arguments, format);
    g_vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* ---- subscribe ---- */

static bool token_valid(const char *token, bool last)
{
    size_t length = strlen(token);

    if (strcmp(token, "*") == 0 || (last && strcmp(token, ">") == 0))
        return true;
    return length > 0 && strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static bool pattern_valid(const char *pattern)
{
    g_auto(GStrv) tokens = g_strsplit(pattern, ".", -1);

    if (strlen(pattern) > TOPIC_MAX || !tokens[0])
        return false;
    for (char **token = tokens; *token; token++)
        if (!token_valid(*token, !token[1]))
            return false;
    return true;
}

static int add_pattern(GString *patterns, struct vane_json_view value,
                       struct vane_request_error *error)
{
    g_autofree char *pattern = NULL;

    if (vane_json_get_string(value, &pattern) < 0)
        return refuse(error, "subscribe", "a pattern is a string, such as \"link.>\"");
    if (!pattern_valid(pattern))
        return refuse(error, "subscribe",
                      "\"%.60s\" is no topic pattern; one looks like \"link.>\" or \"address.*\"",
                      pattern);
    g_string_append_printf(patterns, "%s%s", patterns->len > 0 ? " " : "", pattern);
    return 0;
}

static int take_subscribe(struct vane_stream_request *request, struct vane_json_view value,
                          struct vane_request_error *error)
{
    g_autoptr(GString) patterns = g_string_new(NULL);
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_json_view element;
    unsigned count = 0;
    int r = 0;

    if (vane_json_type_of(value) != VANE_JSON_ARRAY)
        return refuse(error, "subscribe", "must be an array of topic patterns");
    while (r == 0 && vane_json_next_element(&cursor, &element)) {
        if (++count > PATTERNS_MAX)
            return refuse(error, "subscribe", "has more than %d patterns", PATTERNS_MAX);
        r = add_pattern(patterns, element, error);
    }
    if (r < 0)
        return r;
    g_free(request->patterns);
    request->patterns = g_string_free(g_steal_pointer(&patterns), FALSE);
    return 0;
}

/* ---- where ---- */

/* Numbers and truth values are compared as they are written. */
static char *glob_of(struct vane_json_view value)
{
    char *text = NULL;

    switch (vane_json_type_of(value)) {
    case VANE_JSON_STRING:
        return vane_json_get_string(value, &text) < 0 ? NULL : text;
    case VANE_JSON_BOOL:
    case VANE_JSON_INTEGER:
    case VANE_JSON_DOUBLE:
        return g_strndup(value.at, value.len);
    case VANE_JSON_NONE:
    case VANE_JSON_NULL:
    case VANE_JSON_ARRAY:
    case VANE_JSON_OBJECT:
        break;
    }
    return NULL;
}

static bool member_name_valid(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static int add_where(struct vane_stream_request *request, struct vane_json_view key,
                     struct vane_json_view value, struct vane_request_error *error)
{
    g_autofree char *member = NULL;
    g_autofree char *glob = glob_of(value);

    (void)vane_json_get_string(key, &member);
    if (!member || !member_name_valid(member))
        return refuse(error, "where", "\"%.60s\" cannot be a member of a payload",
                      member ? member : "");
    if (!glob || strlen(glob) > GLOB_MAX) {
        g_autofree char *path = g_strconcat("where.", member, NULL);

        return refuse(error, path, "must be a glob of at most %d bytes, such as \"eth*\"",
                      GLOB_MAX);
    }
    request->where = g_renew(struct vane_where, request->where, request->where_count + 1);
    request->where[request->where_count++] =
        (struct vane_where){g_steal_pointer(&member), g_steal_pointer(&glob)};
    return 0;
}

static int take_where(struct vane_stream_request *request, struct vane_json_view value,
                      struct vane_request_error *error)
{
    struct vane_json_cursor cursor = vane_json_walk(value);
    struct vane_json_view key, each;
    int r = 0;

    if (vane_json_type_of(value) != VANE_JSON_OBJECT)
        return refuse(error, "where", "must be an object of payload members and globs");
    while (r == 0 && vane_json_next_member(&cursor, &key, &each)) {
        if (request->where_count == WHERE_MAX)
            return refuse(error, "where", "has more than %d members", WHERE_MAX);
        r = add_where(request, key, each, error);
    }
    return r;
}

/* ---- since ---- */

static int parse_id(const char *text, struct vane_since *since)
{
    uint8_t bytes[8];

    if (strlen(text) < 18 || text[16] != '-' ||
        vane_text_parse_uint64(text + 17, 0, UINT64_MAX, &since->seq) < 0)
        return -EINVAL;
    memcpy(since->epoch, text, 16);
    since->epoch[16] = '\0';
    if (vane_text_unhex(since->epoch, bytes, sizeof(bytes)) < 0)
        return -EINVAL;
    since->kind = VANE_SINCE_ID;
    return 0;
}

int vane_since_parse(const char *text, struct vane_since *since)
{
    struct vane_since parsed = {0};

    if (vane_text_parse_uint64(text, 0, UINT64_MAX, &parsed.seq) == 0)
        parsed.kind = VANE_SINCE_SEQ;
    else if (parse_id(text, &parsed) < 0) {
        parsed = (struct vane_since){.kind = VANE_SINCE_SPAN};
        if (vane_text_parse_span(text, &parsed.usec) < 0 || parsed.usec == VANE_SPAN_INFINITY)
            return -EINVAL;
    }
    *since = parsed;
    return 0;
}

static int take_since(struct vane_stream_request *request, struct vane_json_view value,
                      struct vane_request_error *error)
{
    g_autofree char *text = NULL;
    uint64_t seq;

    if (vane_json_type_of(value) == VANE_JSON_NULL)
        return 0;
    if (vane_json_get_uint64(value, &seq) == 0) {
        request->since = (struct vane_since){.kind = VANE_SINCE_SEQ, .seq = seq};
        return 0;
    }
    if (vane_json_get_string(value, &text) < 0 || vane_since_parse(text, &request->since) < 0)
        return refuse(error, "since",
                      "must be a seq, the id of an event, or a time span such as \"5m\"");
    return 0;
}

/* ---- the rest ---- */

static int take_format(struct vane_stream_request *request, struct vane_json_view value,
                       struct vane_request_error *error)
{
    for (unsigned i = 0; i < VANE_FORMATS; i++)
        if (vane_json_type_of(value) == VANE_JSON_STRING && vane_json_equals(value, formats[i])) {
            request->format = (enum vane_format)i;
            return 0;
        }
    return refuse(error, "format", "must be \"native\", \"cloudevents\" or \"halox\"");
}

static int take_snapshot(struct vane_stream_request *request, struct vane_json_view value,
                         struct vane_request_error *error)
{
    if (vane_json_get_bool(value, &request->snapshot) < 0)
        return refuse(error, "snapshot", "must be true or false");
    return 0;
}

static int take_strict(struct vane_stream_request *request, struct vane_json_view value,
                       struct vane_request_error *error)
{
    if (vane_json_get_bool(value, &request->strict) < 0)
        return refuse(error, "strict", "must be true or false");
    return 0;
}

static const char *const names[] = {"subscribe", "where", "since", "snapshot", "format", "strict"};

static int (*const takers[])(struct vane_stream_request *request, struct vane_json_view value,
                             struct vane_request_error *error) = {
    take_subscribe, take_where, take_since, take_snapshot, take_format, take_strict,
};

static int refuse_unknown(struct vane_json_view key, struct vane_request_error *error)
{
    g_autofree char *name = NULL;
    const char *nearest;

    if (vane_json_get_string(key, &name) < 0)
        return refuse(error, "", "a member has no readable name");
    nearest = vane_text_nearest(name, names, ELEMENTS(names));
    if (nearest)
        return refuse(error, name, "is no member of a request; did you mean \"%s\"?", nearest);
    return refuse(error, name, "is no member of a request");
}

static int take_member(struct vane_stream_request *request, struct vane_json_view key,
                       struct vane_json_view value, struct vane_request_error *error)
{
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (vane_json_equals(key, names[i]))
            return takers[i](request, value, error);
    return refuse_unknown(key, error);
}

static int check_json(const char *line, size_t length, struct vane_request_error *error)
{
    const struct vane_json_limits limits = {
        .size = VANE_REQUEST_MAX, .depth = DEPTH_MAX, .members = PATTERNS_MAX, .uint64 = true};
    struct vane_json_error where;

    if (vane_json_scan(line, length, &limits, &where) < 0) {
        (void)refuse(error, "", "not JSON: %s at column %zu", where.reason, where.column);
        return -EBADMSG;
    }
    if (vane_json_type_of(vane_json_root(line, length)) == VANE_JSON_OBJECT)
        return 0;
    (void)refuse(error, "", "a request is a JSON object, such as {\"subscribe\":[\"link.>\"]}");
    return -EBADMSG;
}

int vane_request_parse(const char *line, size_t length, struct vane_stream_request *request,
                       struct vane_request_error *error)
{
    struct vane_json_cursor cursor;
    struct vane_json_view key, value;
    int r = check_json(line, length, error);

    if (r < 0)
        return r;
    *request = (struct vane_stream_request){.patterns = g_strdup(">")};
    cursor = vane_json_walk(vane_json_root(line, length));
    while (r == 0 && vane_json_next_member(&cursor, &key, &value))
        r = take_member(request, key, value, error);
    if (r < 0)
        vane_request_clear(request);
    return r;
}

void vane_request_clear(struct vane_stream_request *request)
{
    for (size_t i = 0; i < request->where_count; i++) {
        g_free(request->where[i].member);
        g_free(request->where[i].glob);
    }
    g_free(request->where);
    g_free(request->patterns);
    *request = (struct vane_stream_request){0};
}
