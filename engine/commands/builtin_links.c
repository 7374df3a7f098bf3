/* show interfaces: a table, all about each, or their traffic. */
#include "engine/commands/builtin_internal.h"
#include "engine/commands/traffic.h"
#include "lib/cleanup.h"
#include "lib/json/reader.h"

static void write_payload(struct vane_json *json, const struct vane_payload *payload)
{
    const char *text;
    size_t length;

    if (vane_payload_json(payload, &text, &length) >= 0)
        vane_json_raw(json, text, length);
    else
        vane_json_null(json);
}

uint32_t vane_builtin_link_index(const struct vane_payload *link)
{
    uint64_t index = 0;

    vane_bus_table.get_uint64(link, "interface_index", &index);
    return (uint32_t)index;
}

/* A snapshot's members, and the traffic beside them. */
static void write_detail(struct vane_json *json, const struct vane_payload *payload,
                         const struct vane_traffic_table *traffic)
{
    const char *text, *name = NULL;
    struct vane_json_cursor members;
    struct vane_json_view key, value;
    size_t length;

    vane_json_object_begin(json);
    if (vane_payload_json(payload, &text, &length) >= 0) {
        members = vane_json_walk(vane_json_root(text, length));
        while (vane_json_next_member(&members, &key, &value)) {
            vane_json_key_len(json, key.at + 1, key.len - 2);
            vane_json_raw(json, value.at, value.len);
        }
    }
    vane_bus_table.get_string(payload, "interface_name", &name);
    vane_json_key(json, "traffic");
    vane_json_object_begin(json);
    vane_traffic_write(json, traffic, name ? name : "");
    vane_json_object_end(json);
    vane_json_object_end(json);
}

static void write_traffic(struct vane_json *json, const struct vane_payload *payload,
                          const struct vane_traffic_table *traffic)
{
    const char *name = NULL;

    vane_bus_table.get_string(payload, "interface_name", &name);
    vane_json_object_begin(json);
    vane_json_member_string(json, "interface_name", name ? name : "");
    vane_traffic_write(json, traffic, name ? name : "");
    vane_json_object_end(json);
}

static void write_plain(struct vane_json *json, const struct vane_payload *payload,
                        const struct vane_traffic_table *traffic)
{
    write_payload(json, payload);
}

static int show_all(void *user, struct vane_request *request,
                    void (*write)(struct vane_json *json, const struct vane_payload *payload,
                                  const struct vane_traffic_table *traffic))
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    _cleanup_(vane_traffic_freep) struct vane_traffic_table *traffic = NULL;
    const struct vane_payload *link;
    struct vane_json json = {0};
    uint32_t after = 0;

    if (!host->next_link)
        return vane_builtin_missing(request);
    traffic = write == write_plain ? NULL : vane_traffic_read();
    vane_json_array_begin(&json);
    while (host->next_link(host->user, after, &link) >= 0) {
        uint32_t index = vane_builtin_link_index(link);

        write(&json, link, traffic);
        vane_payload_unref(link);
        if (index <= after)
            break;
        after = index;
    }
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

static int show_interfaces(void *user, struct vane_request *request)
{
    return show_all(user, request, write_plain);
}

static int show_details(void *user, struct vane_request *request)
{
    return show_all(user, request, write_detail);
}

static int show_counters(void *user, struct vane_request *request)
{
    return show_all(user, request, write_traffic);
}

static int show_interface(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const char *name = vane_builtin_argument(request, "NAME");
    _cleanup_(vane_payload_cleanup) const struct vane_payload *link = NULL;
    _cleanup_(vane_traffic_freep) struct vane_traffic_table *traffic = NULL;
    struct vane_json json = {0};

    if (!host->link_by_name)
        return vane_builtin_missing(request);
    if (host->link_by_name(host->user, name, &link) < 0)
        return vane_request_failf(request, -ENODEV,
                                  "there is no interface %s (see \"show interfaces\")", name);
    if (vane_builtin_argument(request, "detail")) {
        traffic = vane_traffic_read();
        write_detail(&json, link, traffic);
    } else {
        write_payload(&json, link);
    }
    return vane_builtin_reply(request, &json);
}

void vane_builtin_offer_links(void *user, const char *parameter, struct vane_completion *completion)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const struct vane_payload *link;
    uint32_t after = 0;

    while (host->next_link && host->next_link(host->user, after, &link) >= 0) {
        const char *name = NULL, *type = NULL;
        uint32_t index = vane_builtin_link_index(link);

        vane_bus_table.get_string(link, "interface_name", &name);
        vane_bus_table.get_string(link, "interface_type", &type);
        vane_commands_table.offer(completion, name, type);
        vane_payload_unref(link);
        if (index <= after)
            break;
        after = index;
    }
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"interfaces", "network interfaces, their states and addresses"},
    {"detail", "all that is known, and the traffic"},
    {"counters", "the traffic of each"},
    {"NAME", "one interface, by its name or an alternative name"},
};

static const struct vane_command_column columns[] = {
    {"Name", "interface_name"},
    {"State", "operational_state"},
    {"MTU", "mtu"},
    {"Addresses", "address"},
};

static const struct vane_command_column traffic_columns[] = {
    {"Name", "interface_name"},   {"RX bytes", "rx_bytes"},     {"RX packets", "rx_packets"},
    {"RX errors", "rx_errors"},   {"RX dropped", "rx_dropped"}, {"TX bytes", "tx_bytes"},
    {"TX packets", "tx_packets"}, {"TX errors", "tx_errors"},   {"TX dropped", "tx_dropped"},
};

const struct vane_command vane_builtin_links[] = {
    {
        .syntax = "show interfaces",
        .help = "Show all network interfaces",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_interfaces,
    },
    {
        .syntax = "show interfaces detail",
        .help = "Show all that is known about all interfaces",
        VANE_BUILTIN_WORDS(words),
        .run = show_details,
    },
    {
        .syntax = "show interfaces counters",
        .help = "Show the traffic of all interfaces",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(traffic_columns),
        .run = show_counters,
    },
    {
        .syntax = "show interfaces NAME [detail]",
        .help = "Show all that is known about one interface",
        VANE_BUILTIN_WORDS(words),
        .run = show_interface,
        .complete = vane_builtin_offer_links,
    },
};
const unsigned vane_builtin_links_count = ELEMENTS(vane_builtin_links);
