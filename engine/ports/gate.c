/*
 * What passes a port passes the gate: peers that connect, connections that are dialled, datagrams.
 * Without a gatekeeper all of it would be allowed, and nobody is asked; except what comes over the
 * cluster, which the default denies.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/gate.h"
#include "engine/ports/internal.h"

/* How many facts at the end of the list are of machines of the cluster. */
#define FIELDS_OF_NODES 3

/* The port of "tcp:192.0.2.1:80"; 0 for others. */
static int64_t port_of(const char *address)
{
    const char *colon = address ? strrchr(address, ':') : NULL;

    if (!colon || g_str_has_prefix(address, "unix"))
        return 0;
    return strtol(colon + 1, NULL, 10);
}

/* Does the peer sit on another machine, as far as its address tells? */
static bool is_elsewhere(const char *remote)
{
    const char *host = remote ? strchr(remote, ':') : NULL;

    if (!host || g_str_has_prefix(remote, "unix"))
        return false;
    return !g_str_has_prefix(host, ":127.") && !g_str_has_prefix(host, ":[::1]") &&
           !g_str_has_prefix(host, ":localhost:");
}

static bool comes_from_elsewhere(const struct vane_port_passage *passage)
{
    if (!passage->inward)
        return false;
    return passage->node ? !passage->node->local : is_elsewhere(passage->remote);
}

static bool ask(struct vane_endpoint *endpoint, const struct vane_gate_request *request)
{
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    return vane_gate_ask(endpoint->table->engine->gate, endpoint->self->name, request, &verdict) ==
           1;
}

bool vane_port_permits(struct vane_endpoint *endpoint, const struct vane_port_passage *passage)
{
    const struct vane_engine *engine = endpoint->table->engine;
    const struct vane_transport_node *node = passage->node;
    bool in = passage->inward;
    const struct vane_field fields[] = {
        vane_int64("port", port_of(in ? passage->local : passage->remote)),
        vane_int64("peer_id", node ? node->node_id : 0),
        vane_uint64("size", passage->size),
        vane_string("direction", in ? "in" : "out"),
        vane_int64("network_id", node ? node->network_id : 0),
        vane_string("local", passage->local ? passage->local : ""),
        vane_string("remote", passage->remote ? passage->remote : ""),
        vane_int64("uid", passage->peer ? passage->peer->uid : -1),
        vane_int64("pid", passage->peer ? passage->peer->pid : -1),
        vane_string("node", node ? node->key : ""),
        vane_strings("peer_tags", node ? node->tags : NULL, node ? node->tag_count : 0),
        vane_int64("peer_age_s", node ? node->age_s : 0),
    };
    /* what only nodes have is absent for others */
    const struct vane_fields facts = {sizeof(fields[0]),
                                      G_N_ELEMENTS(fields) - (node ? 0 : FIELDS_OF_NODES), fields};
    const struct vane_gate_request request = {
        .size = sizeof(request),
        .origin = comes_from_elsewhere(passage) ? VANE_ORIGIN_REMOTE : VANE_ORIGIN_LOCAL,
        .access = node ? node->access : VANE_ACCESS_READ,
        .action = passage->action,
        .facts = &facts,
    };

    if (!engine->gate || (!vane_gate_keeper(engine->gate) && !(node && in)))
        return true;
    return ask(endpoint, &request);
}
