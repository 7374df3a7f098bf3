/* Which machines there are right now. See discovery.h. */
#include "cli/cluster/discovery.h"

#include <errno.h>

#include "cli/signals.h"
#include "cli/value.h"
#include "lib/keys/nkey.h"

#define STALL_MS 300 /* after the last answer nobody else is expected */

static void on_pong(void *user, const struct vane_nats_message *message)
{
    struct vane_discovery *discovery = user;
    const char *nkey;

    if (message->no_responders) {
        discovery->nobody = true;
        return;
    }
    if (!vane_cli_scan(message->body, message->length))
        return;
    nkey = vane_roster_add_pong(discovery->roster, vane_json_root(message->body, message->length));
    discovery->last = vane_session_now();
    if (nkey && discovery->found)
        discovery->found(discovery->user, nkey);
}

int vane_discovery_begin(struct vane_discovery *discovery)
{
    struct vane_session *session = discovery->session;
    g_autofree char *inbox = g_strconcat(session->inbox, ".ping.0", NULL);
    const struct vane_nats_outgoing ping = {
        .subject = "$SRV.PING.netvane", .reply = inbox, .body = ""};

    discovery->last = -1;
    discovery->subscription = vane_nats_subscribe(session->nats, inbox, NULL, on_pong, discovery);
    return vane_session_publish(session, &ping, 1000);
}

void vane_discovery_end(struct vane_discovery *discovery)
{
    vane_nats_unsubscribe(discovery->session->nats, discovery->subscription);
}

static int64_t left(const struct vane_discovery *discovery, int64_t until)
{
    int64_t now = vane_session_now();

    if (discovery->nobody)
        return 0;
    if (discovery->last >= 0)
        until = MIN(until, discovery->last + STALL_MS);
    return MAX(until - now, 0);
}

static int discover(struct vane_session *session, GPtrArray *roster, int64_t timeout_ms)
{
    struct vane_discovery discovery = {.session = session, .roster = roster};
    int64_t until = vane_session_now() + timeout_ms, wait;
    int status = vane_discovery_begin(&discovery);

    while (status == VANE_EXIT_DONE && (wait = left(&discovery, until)) > 0)
        if (vane_session_turn(session, wait) == -EINTR &&
            (vane_signals_interrupted() || vane_signals_ending()))
            status = VANE_EXIT_INTERRUPTED;
    vane_discovery_end(&discovery);
    return status;
}

static bool needs_names(const struct vane_asking *asking)
{
    for (guint i = 0; i < asking->nodes->len; i++)
        if (!vane_nkey_valid(g_ptr_array_index(asking->nodes, i)))
            return true;
    return false;
}

int vane_discover_targets(struct vane_session *session, const struct vane_asking *asking,
                          struct vane_targets *targets)
{
    GPtrArray *roster = vane_roster_new();
    g_autofree char *why = NULL;
    int status = VANE_EXIT_DONE;

    if (needs_names(asking))
        status = discover(session, roster, asking->timeout_ms);
    if (vane_targets_choose(targets, asking->nodes, asking->nkeys, roster, &why) == 0 ||
        status != VANE_EXIT_DONE)
        return status;
    vane_cli_complain(session->cli, "%s", why);
    return VANE_EXIT_SILENT;
}
