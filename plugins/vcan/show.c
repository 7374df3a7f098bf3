/* `show can`, `show can NAME detail` and `show can counters`. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/vcan/vcan.h"

static int reply(struct vane_vcan *vcan, struct vane_request *request, struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = vcan->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

struct question {
    struct vane_vcan *vcan;
    struct vane_request *request;
};

static void write_owner(struct vane_json *json, const char *alias)
{
    struct vane_mark mark;

    if (!vane_mark_read(alias, &mark))
        return;
    vane_json_member_uint64(json, "owner", mark.uid);
    if (mark.lease == VANE_LEASE_CONNECTION)
        vane_json_member_string(json, "lease", "connection");
    if (mark.lease == VANE_LEASE_UNTIL) {
        vane_json_member_string(json, "lease", "time");
        vane_json_member_uint64(json, "lease_seconds", vane_vcan_lease_left(&mark));
    }
}

static void write_number(const struct vane_vcan *vcan, struct vane_json *json,
                         const struct vane_payload *link, const char *member)
{
    uint64_t number;

    if (vcan->host->bus->get_uint64(link, member, &number) == 0)
        vane_json_member_uint64(json, member, number);
}

static void write_link(const struct vane_vcan *vcan, struct vane_json *json,
                       const struct vane_payload *link)
{
    static const char *const numbers[] = {"mtu", "can_bitrate", "can_data_bitrate",
                                          "can_transmit_errors", "can_receive_errors"};

    vane_json_object_begin(json);
    vane_json_member_string(json, "interface_name",
                            vane_vcan_link_text(vcan, link, "interface_name"));
    write_number(vcan, json, link, "interface_index");
    vane_json_member_string(json, "kind", vane_vcan_link_text(vcan, link, "kind"));
    vane_json_member_string(json, "state", vane_vcan_has_flag(vcan, link, "up") ? "up" : "down");
    if (*vane_vcan_link_text(vcan, link, "can_state"))
        vane_json_member_string(json, "can_state", vane_vcan_link_text(vcan, link, "can_state"));
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        write_number(vcan, json, link, numbers[i]);
    write_owner(json, vane_vcan_link_text(vcan, link, "alias"));
    vane_json_object_end(json);
}

static void on_all(void *user, int result, const struct vane_payload *const *links, uint32_t count)
{
    g_autofree struct question *question = user;
    struct vane_vcan *vcan = question->vcan;
    struct vane_json json = {0};

    vcan->jobs--;
    vane_json_array_begin(&json);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(vane_vcan_link_text(vcan, links[i], "interface_type"), "can") == 0)
            write_link(vcan, &json, links[i]);
    vane_json_array_end(&json);
    (void)reply(vcan, question->request, &json);
    vane_vcan_settle(vcan);
}

static void on_one(void *user, int result, const struct vane_payload *const *links, uint32_t count)
{
    g_autofree struct question *question = user;
    struct vane_vcan *vcan = question->vcan;
    const struct vane_commands *commands = vcan->host->commands;
    const char *json;
    size_t length;

    vcan->jobs--;
    if (result < 0 || count == 0)
        (void)commands->fail(question->request, -ENODEV, "there is no interface of this name");
    else if (strcmp(vane_vcan_link_text(vcan, links[0], "interface_type"), "can") != 0)
        (void)commands->fail(question->request, -EINVAL, "this is not a CAN interface");
    else if (vcan->host->bus->payload_json(links[0], &json, &length) == 0)
        (void)commands->reply(question->request, json, length);
    vane_vcan_settle(vcan);
}

static int ask(struct vane_vcan *vcan, struct vane_request *request, const char *name,
               vane_links_found found)
{
    struct question *question = g_new0(struct question, 1);
    int r;

    question->vcan = vcan;
    question->request = request;
    r = vcan->host->links->query(vcan->self, name, 0, -1, found, question);
    if (r < 0) {
        g_free(question);
        return r;
    }
    vcan->jobs++;
    return -EINPROGRESS;
}

int vane_vcan_show_all(void *user, struct vane_request *request)
{
    return ask(user, request, NULL, on_all);
}

int vane_vcan_show_one(void *user, struct vane_request *request)
{
    struct vane_vcan *vcan = user;

    return ask(vcan, request, vcan->host->commands->argument(request, "NAME"), on_one);
}

int vane_vcan_show_counters(void *user, struct vane_request *request)
{
    struct vane_vcan *vcan = user;
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_bool(&json, "supported", vcan->unsupported == NULL);
    vane_json_member_uint64(&json, "sockets", vcan->doors->len);
    vane_json_member_uint64(&json, "clients", vcan->clients.length);
    vane_json_member_uint64(&json, "requests", vcan->requests);
    vane_json_member_uint64(&json, "refused", vcan->refused);
    vane_json_member_uint64(&json, "created", vcan->created);
    vane_json_member_uint64(&json, "deleted", vcan->deleted);
    vane_json_member_uint64(&json, "loop_ns_per_request",
                            vcan->requests ? vcan->held_ns / vcan->requests : 0);
    vane_json_object_end(&json);
    return reply(vcan, request, &json);
}
