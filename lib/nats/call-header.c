/* The header Netvane-Call: a call's exact parts as JSON. See subject.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/json/reader.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"
#include "lib/nats/names.h"
#include "lib/nats/subject.h"

char *vane_call_header_format(const struct vane_bus_call *call)
{
    struct vane_json json;

    vane_json_init(&json, VANE_JSON_ASCII);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "destination", call->destination);
    vane_json_member_string(&json, "path", call->path);
    if (call->interface)
        vane_json_member_string(&json, "interface", call->interface);
    vane_json_member_string(&json, "member", call->member);
    vane_json_object_end(&json);
    return vane_json_steal(&json, NULL);
}

static int read_part(struct vane_json_view object, const char *name,
                     bool (*is_legal)(const char *text), char **part)
{
    struct vane_json_view value;

    if (!vane_json_find(object, name, &value))
        return -ENOENT;
    return vane_json_get_string(value, part) < 0 || !is_legal(*part) ? -EINVAL : 0;
}

static int read_parts(struct vane_json_view object, struct vane_bus_call *call)
{
    int r;

    if (read_part(object, "destination", vane_dbus_is_bus_name, &call->destination) < 0 ||
        read_part(object, "path", vane_dbus_is_path, &call->path) < 0 ||
        read_part(object, "member", vane_dbus_is_member, &call->member) < 0)
        return -EINVAL;
    r = read_part(object, "interface", vane_dbus_is_interface, &call->interface);
    return r == -ENOENT ? 0 : r;
}

int vane_call_header_parse(const char *text, struct vane_bus_call *call)
{
    struct vane_bus_call read = {.kind = call->kind};
    int r = vane_json_scan(text, strlen(text), NULL, NULL);

    r = r < 0 ? -EINVAL : read_parts(vane_json_root(text, strlen(text)), &read);
    if (r < 0) {
        vane_bus_call_clear(&read);
        return r;
    }
    vane_bus_call_clear(call);
    *call = read;
    return 0;
}
