/* Events into CloudEvents 1.0: a walk over the rendered event, no document in between. */
#include "lib/cloudevent.h"

#include <unistd.h>

#include <glib.h>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

#define TYPE_PREFIX "org.netvane."

char *vane_cloudevent_source(void)
{
    char name[256] = "";

    if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
        g_strlcpy(name, "localhost", sizeof(name));
    return g_strconcat("/netvane/", name, NULL);
}

static void copy_member(struct vane_json *out, struct vane_json_view from, const char *member,
                        const char *as)
{
    struct vane_json_view value;

    if (!vane_json_find(from, member, &value))
        return;
    vane_json_key(out, as);
    vane_json_raw(out, value.at, value.len);
}

static void write_type(struct vane_json *out, struct vane_json_view topic)
{
    g_autofree char *text = NULL;
    g_autofree char *type = NULL;

    (void)vane_json_get_string(topic, &text);
    type = g_strconcat(TYPE_PREFIX, text, NULL);
    vane_json_member_string(out, "type", type);
}

char *vane_cloudevent(const char *json, size_t length, const char *source, size_t *out_length)
{
    struct vane_json_view event = vane_json_root(json, length), topic, payload;
    struct vane_json out = {0};

    if (!vane_json_find(event, "topic", &topic) || !vane_json_find(event, "payload", &payload) ||
        vane_json_type_of(topic) != VANE_JSON_STRING)
        return NULL;
    vane_json_object_begin(&out);
    vane_json_member_string(&out, "specversion", "1.0");
    copy_member(&out, event, "id", "id");
    vane_json_member_string(&out, "source", source);
    write_type(&out, topic);
    copy_member(&out, event, "time", "time");
    copy_member(&out, payload, "interface_name", "subject");
    vane_json_member_string(&out, "datacontenttype", "application/json");
    copy_member(&out, event, "seq", "seq");
    copy_member(&out, event, "cause", "cause");
    vane_json_key(&out, "data");
    vane_json_raw(&out, payload.at, payload.len);
    vane_json_object_end(&out);
    return vane_json_steal(&out, out_length);
}
