/* link create, delete, up, down, mtu: the gate decides, the kernel does, and says why not. */
#include "engine/commands/builtin_internal.h"

#include <stdlib.h>

#include "engine/gate.h"
#include "engine/links/operate.h"
#include "lib/cleanup.h"

static uint32_t number_of(const struct vane_request *request, const char *name)
{
    const char *text = vane_builtin_argument(request, name);

    return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

/* Asks "link.change"; false: it was denied, and the request is answered. */
static bool allowed(const struct vane_builtin *builtin, struct vane_request *request,
                    const char *change)
{
    const char *name = vane_builtin_argument(request, "NAME");
    int64_t uid = vane_commands_table.uid(request);
    struct vane_field fields[] = {
        vane_string("interface_name", name),
        vane_string("change", change),
        vane_int64("uid", uid),
    };
    const struct vane_fields facts = {sizeof(fields[0]), ELEMENTS(fields), fields};
    const struct vane_gate_request question = {
        .size = sizeof(question),
        .origin = uid < 0 ? VANE_ORIGIN_REMOTE : VANE_ORIGIN_LOCAL,
        .access = VANE_ACCESS_CHANGE,
        .action = "link.change",
        .facts = &facts,
    };
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (!builtin->engine->gate ||
        vane_gate_ask(builtin->engine->gate, "netvane", &question, &verdict) > 0)
        return true;
    vane_request_failf(request, -EACCES, "the change of %s is denied: %s", name,
                       verdict.reason[0] ? verdict.reason : "the policy does not allow it");
    return false;
}

static void on_done(void *user, int result, const char *message)
{
    struct vane_request *request = user;
    const char *name = vane_builtin_argument(request, "NAME");
    g_autofree char *text = NULL;

    if (result < 0 && message && *message)
        text = g_strdup_printf("the kernel refused it for %s: %s (%s)", name, message,
                               g_strerror(-result));
    else if (result < 0)
        text = g_strdup_printf("the kernel refused it for %s: %s", name, g_strerror(-result));
    else
        text = g_strdup_printf("done: %s", name);
    vane_builtin_outcome(request, result, text);
}

/* What a request about a link returned at once. */
static int started(struct vane_request *request, int r)
{
    if (r >= 0)
        return -EINPROGRESS;
    return vane_request_failf(request, r, "no kernel would take that for %s: %s",
                              vane_builtin_argument(request, "NAME"), g_strerror(-r));
}

/* -ENODEV when there is none, and the request is answered. */
static int find(const struct vane_builtin *builtin, struct vane_request *request,
                const char *parameter, uint32_t *index)
{
    const struct vane_builtin_host *host = builtin->host;
    const char *name = vane_builtin_argument(request, parameter);
    _cleanup_(vane_payload_cleanup) const struct vane_payload *link = NULL;

    if (!host->link_by_name || host->link_by_name(host->user, name, &link) < 0) {
        vane_request_failf(request, -ENODEV, "there is no interface %s (see \"show interfaces\")",
                           name);
        return -ENODEV;
    }
    *index = vane_builtin_link_index(link);
    return 0;
}

static int create(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;
    struct vane_link_create create = {
        .size = sizeof(create),
        .netns_fd = -1,
        .peer_netns_fd = -1,
        .name = vane_builtin_argument(request, "NAME"),
        .kind = vane_builtin_argument(request, "KIND"),
        .peer_name = vane_builtin_argument(request, "PEER"),
        .vlan_id = number_of(request, "ID"),
        .mtu = number_of(request, "MTU"),
        .up = vane_builtin_argument(request, "up") != NULL,
    };

    if (vane_builtin_argument(request, "LOWER") &&
        find(builtin, request, "LOWER", &create.lower_index) < 0)
        return 0;
    if (!allowed(builtin, request, "create"))
        return 0;
    return started(request, vane_link_operate_create(builtin->engine, &create, on_done, request));
}

static int delete_link(void *user, struct vane_request *request)
{
    const struct vane_builtin *builtin = user;
    uint32_t index;

    if (find(builtin, request, "NAME", &index) < 0 || !allowed(builtin, request, "delete"))
        return 0;
    return started(request, vane_link_operate_remove(builtin->engine, index, on_done, request));
}

static int change(void *user, struct vane_request *request, const char *word, uint32_t what)
{
    const struct vane_builtin *builtin = user;
    const struct vane_link_change wanted = {
        .size = sizeof(wanted),
        .what = what,
        .netns_fd = -1,
        .move_netns_fd = -1,
        .mtu = number_of(request, "MTU"),
    };
    uint32_t index;

    if (find(builtin, request, "NAME", &index) < 0 || !allowed(builtin, request, word))
        return 0;
    return started(request,
                   vane_link_operate_change(builtin->engine, index, &wanted, on_done, request));
}

static int set_up(void *user, struct vane_request *request)
{
    return change(user, request, "up", VANE_LINK_UP);
}

static int set_down(void *user, struct vane_request *request)
{
    return change(user, request, "down", VANE_LINK_DOWN);
}

static int set_mtu(void *user, struct vane_request *request)
{
    return change(user, request, "mtu", VANE_LINK_MTU);
}

static void complete(void *user, const char *parameter, struct vane_completion *completion)
{
    static const char *const kinds[] = {"bridge", "dummy", "ifb",  "macvlan",
                                        "vcan",   "veth",  "vlan", "vxcan"};

    if (g_str_equal(parameter, "LOWER"))
        vane_builtin_offer_links(user, parameter, completion);
    for (size_t i = 0; g_str_equal(parameter, "KIND") && i < ELEMENTS(kinds); i++)
        vane_commands_table.offer(completion, kinds[i], NULL);
}

static const struct vane_command_word words[] = {
    {"link", "change network interfaces"},
    {"create", "make a new one"},
    {"delete", "remove one"},
    {"up", "set it up"},
    {"down", "set it down"},
    {"mtu", "the largest packet, in bytes"},
    {"kind", "what it is to be"},
    {"peer", "of veth and vxcan: the name of the other end"},
    {"lower", "of macvlan and vlan: the interface below"},
    {"id", "of vlan: its number"},
    {"NAME", "the name of an interface"},
    {"KIND", "a kind of interface that the kernel can make"},
    {"PEER", "a name for the other end"},
    {"LOWER", "the name of an interface"},
    {"(1-4094)", "the number of the VLAN"},
    {"(68-65536)", "a number of bytes"},
};

const struct vane_command vane_builtin_link[] = {
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "link create NAME kind KIND [peer PEER] [lower LOWER] [id ID:(1-4094)] "
                  "[mtu MTU:(68-65536)] [up]",
        .help = "Create a network interface",
        VANE_BUILTIN_WORDS(words),
        .run = create,
        .complete = complete,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "link delete NAME",
        .help = "Delete a network interface",
        VANE_BUILTIN_WORDS(words),
        .run = delete_link,
        .complete = vane_builtin_offer_links,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "link up NAME",
        .help = "Set a network interface up",
        VANE_BUILTIN_WORDS(words),
        .run = set_up,
        .complete = vane_builtin_offer_links,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "link down NAME",
        .help = "Set a network interface down",
        VANE_BUILTIN_WORDS(words),
        .run = set_down,
        .complete = vane_builtin_offer_links,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "link mtu NAME MTU:(68-65536)",
        .help = "Set the MTU of a network interface",
        VANE_BUILTIN_WORDS(words),
        .run = set_mtu,
        .complete = vane_builtin_offer_links,
    },
};
const unsigned vane_builtin_link_count = ELEMENTS(vane_builtin_link);
