/* What is sent. See body.h. */
#include "plugins/webhook/body.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/cloudevent.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"

static const struct {
    const char *word;
    const char *content_type;
} formats[] = {
    [VANE_WEBHOOK_STANDARD] = {"standard", "application/json"},
    [VANE_WEBHOOK_CLOUDEVENTS] = {"cloudevents", "application/cloudevents+json; charset=UTF-8"},
    [VANE_WEBHOOK_PILOT] = {"pilot", "application/json"},
};

int vane_webhook_format_parse(const char *word, enum vane_webhook_format *format)
{
    for (size_t i = 0; i < ELEMENTS(formats); i++)
        if (strcmp(word, formats[i].word) == 0) {
            *format = (enum vane_webhook_format)i;
            return 0;
        }
    return -EINVAL;
}

const char *vane_webhook_format_word(enum vane_webhook_format format)
{
    return formats[format].word;
}

const char *vane_webhook_content_type(enum vane_webhook_format format)
{
    return formats[format].content_type;
}

static void copy(struct vane_json *out, struct vane_json_view from, const char *member,
                 const char *as)
{
    struct vane_json_view value;

    if (!vane_json_find(from, member, &value))
        return;
    vane_json_key(out, as);
    vane_json_raw(out, value.at, value.len);
}

static void write_standard(struct vane_json *out, struct vane_json_view event)
{
    copy(out, event, "id", "id");
    copy(out, event, "topic", "type");
    copy(out, event, "time", "timestamp");
    copy(out, event, "cause", "cause");
    copy(out, event, "payload", "data");
}

static void write_pilot(struct vane_json *out, struct vane_json_view event, uint32_t node_id)
{
    copy(out, event, "id", "event_id");
    copy(out, event, "topic", "event");
    vane_json_member_uint64(out, "node_id", node_id);
    copy(out, event, "time", "timestamp");
    copy(out, event, "payload", "data");
}

static bool is_event(struct vane_json_view event)
{
    struct vane_json_view member;

    return vane_json_find(event, "id", &member) && vane_json_find(event, "topic", &member) &&
           vane_json_find(event, "payload", &member);
}

char *vane_webhook_body(enum vane_webhook_format format, const char *event, size_t length,
                        const struct vane_webhook_sender *sender, size_t *body_length)
{
    struct vane_json_view root = vane_json_root(event, length);
    struct vane_json out = {0};

    if (!is_event(root))
        return NULL;
    if (format == VANE_WEBHOOK_CLOUDEVENTS)
        return vane_cloudevent(event, length, sender->source, body_length);
    vane_json_object_begin(&out);
    if (format == VANE_WEBHOOK_PILOT)
        write_pilot(&out, root, sender->node_id);
    else
        write_standard(&out, root);
    vane_json_object_end(&out);
    return vane_json_steal(&out, body_length);
}

/* ---- headers ---- */

static bool is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`~";

    for (const char *at = name; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr(others, *at))
            return false;
    return name[0] != '\0';
}

static bool is_ours(const char *name)
{
    static const char *const names[] = {
        "content-type", "content-length", "transfer-encoding",     "host",
        "connection",   "expect",         "x-pilot-signature-256", "upgrade",
        "te",           "trailer",        "content-encoding"};

    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return true;
    return g_ascii_strncasecmp(name, "webhook-", strlen("webhook-")) == 0;
}

static bool is_value(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return false;
    return true;
}

static const char *complaint(const char *name, const char *value)
{
    if (!is_token(name))
        return "the name of a header is missing, or has letters that no name has";
    if (is_ours(name))
        return "it sets a header that is set by itself";
    if (!value[0] || !is_value(value))
        return "the value of a header is empty, or has control characters";
    return NULL;
}

static char *check_header(char *text, const char **why)
{
    char *colon = strchr(text, ':');

    if (!colon) {
        *why = "a header looks like Name: value, and several are separated by |";
        return NULL;
    }
    *colon = '\0';
    *why = complaint(g_strstrip(text), g_strstrip(colon + 1));
    return *why ? NULL : g_strdup_printf("%s: %s", text, g_strchug(colon + 1));
}

char **vane_webhook_headers(const char *text, const char **why)
{
    g_auto(GStrv) parts = g_strsplit(text, "|", -1);
    g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func(g_free);

    for (char **part = parts; *part; part++) {
        char *header = check_header(*part, why);

        if (!header)
            return NULL;
        g_ptr_array_add(headers, header);
    }
    g_ptr_array_add(headers, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&headers), FALSE);
}
