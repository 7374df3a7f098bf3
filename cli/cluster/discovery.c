/* Which machines there are right now. See discovery.h. */
#include "cli/cluster/discovery.h"

#include <errno.h>
#include <string.h>

#include "cli/signals.h"
#include "cli/value.h"
#include "lib/keys/nkey.h"

#define PING        "$SRV.PING.netvane"
#define STALL_MS    300  /* after the last answer nobody else is expected */
#define PATIENCE_MS 2000 /* for all of it */

static void tell(const struct vane_discovery *discovery, const char *nkey,
                 enum vane_machine_state state)
{
    if (discovery->found)
        discovery->found(discovery->user, nkey, state);
}

/* ---- rosters ---- */

/* False: whose roster it is has come a moment ago, and others know more. */
static bool take_rows(struct vane_discovery *discovery, const struct vane_answer *answer)
{
    struct vane_json_view root = vane_json_root(answer->value, strlen(answer->value)), row;
    struct vane_json_cursor cursor = vane_json_walk(vane_cli_member(root, "result"));
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    bool is_new = false;

    while (vane_json_next_element(&cursor, &row)) {
        const struct vane_machine *machine = vane_roster_add_row(discovery->roster, row, now);

        is_new |= vane_roster_row_is_new(row, answer->nkey);
        if (machine)
            tell(discovery, machine->nkey, machine->state);
    }
    return !is_new;
}

/* A roster that nobody vouches for is none. */
static void on_rows(void *user, const struct vane_nats_message *message)
{
    struct vane_discovery *discovery = user;
    struct vane_answer *answer = NULL;

    if (!message->no_responders)
        answer = vane_request_answer(discovery->session, &discovery->question, message, NULL);
    discovery->last = vane_session_now();
    if (!answer || !answer->value || answer->unproven ||
        !g_strv_contains((const char *const *)discovery->who, answer->nkey))
        discovery->refused++;
    else if (take_rows(discovery, answer))
        discovery->told++;
    else
        discovery->newcomers++;
    if (answer)
        vane_answer_free(answer);
}

static void ask_for_roster(struct vane_discovery *discovery, const char *nkey)
{
    g_autofree char *subject = g_strconcat(VANE_COMMAND_SUBJECT, nkey, NULL);
    g_autofree char *inbox = g_strconcat(discovery->session->inbox, ".roster.0", NULL);

    discovery->who[discovery->asked++] = g_strdup(nkey);
    if (!discovery->rows)
        discovery->rows =
            vane_nats_subscribe(discovery->session->nats, inbox, NULL, on_rows, discovery);
    if (vane_request_send(discovery->session, &discovery->question, subject, inbox, 0) !=
        VANE_EXIT_DONE)
        discovery->refused++;
}

/* ---- pings ---- */

static void on_pong(void *user, const struct vane_nats_message *message)
{
    struct vane_discovery *discovery = user;
    const char *nkey;

    discovery->nobody |= message->no_responders;
    if (message->no_responders || !vane_cli_scan(message->body, message->length))
        return;
    discovery->last = vane_session_now();
    nkey = vane_roster_add_pong(discovery->roster, vane_json_root(message->body, message->length));
    if (!nkey)
        return;
    tell(discovery, nkey, VANE_MACHINE_HERE);
    if (discovery->asked < VANE_DISCOVERY_ASKED)
        ask_for_roster(discovery, nkey);
}

static char *pong_inbox(const struct vane_session *session)
{
    return g_strconcat(session->inbox, ".ping.0", NULL);
}

int vane_discovery_begin(struct vane_discovery *discovery)
{
    struct vane_session *session = discovery->session;
    g_autofree char *inbox = pong_inbox(session);
    const struct vane_nats_outgoing ping = {.subject = PING, .reply = inbox, .body = ""};

    vane_request_init(&discovery->question, "[\"show\",\"cluster\",\"nodes\"]", NULL);
    discovery->begun = discovery->last = vane_session_now();
    discovery->pings = vane_nats_subscribe(session->nats, inbox, NULL, on_pong, discovery);
    return vane_session_publish(session, &ping, 1000);
}

void vane_discovery_end(struct vane_discovery *discovery)
{
    vane_nats_unsubscribe(discovery->session->nats, discovery->pings);
    if (discovery->rows)
        vane_nats_unsubscribe(discovery->session->nats, discovery->rows);
    for (unsigned i = 0; i < discovery->asked; i++)
        g_clear_pointer(&discovery->who[i], g_free);
}

static bool all_have_answered(const struct vane_discovery *discovery)
{
    return discovery->told + discovery->newcomers + discovery->refused >= discovery->asked;
}

bool vane_discovery_complete(const struct vane_discovery *discovery, int64_t now_ms)
{
    if (!all_have_answered(discovery))
        return false;
    return discovery->told > 0 ||
           (discovery->newcomers > 0 && now_ms >= discovery->last + STALL_MS);
}

/* Somebody was named of whom nobody has told: his answer may be late. */
static bool looks_for_one(const struct vane_discovery *discovery)
{
    const GPtrArray *nodes = discovery->asking ? discovery->asking->nodes : NULL;

    for (guint i = 0; nodes && i < nodes->len; i++)
        if (!vane_nkey_valid(g_ptr_array_index(nodes, i)) &&
            !vane_roster_knows(discovery->roster, g_ptr_array_index(nodes, i)))
            return true;
    return false;
}

int64_t vane_discovery_wait(const struct vane_discovery *discovery, int64_t now_ms)
{
    int64_t until = discovery->begun + PATIENCE_MS;

    if (discovery->nobody)
        return 0;
    if (looks_for_one(discovery))
        return MAX(discovery->begun + discovery->asking->timeout_ms - now_ms, 0);
    if (vane_discovery_complete(discovery, now_ms))
        return 0;
    if (discovery->asked > 0 && all_have_answered(discovery))
        until = MIN(until, discovery->last + STALL_MS);
    return MAX(until - now_ms, 0);
}

static bool is_refused(const struct vane_session *session)
{
    g_autofree char *inbox = pong_inbox(session);

    return vane_session_refuses(session, PING) || vane_session_refuses(session, inbox);
}

static int discover(struct vane_session *session, const struct vane_asking *asking,
                    GPtrArray *roster)
{
    struct vane_discovery discovery = {.session = session, .roster = roster, .asking = asking};
    int status = vane_discovery_begin(&discovery);
    int64_t wait;

    while (status == VANE_EXIT_DONE &&
           (wait = vane_discovery_wait(&discovery, vane_session_now())) > 0 && !is_refused(session))
        if (vane_session_turn(session, wait) == -EINTR &&
            (vane_signals_interrupted() || vane_signals_ending()))
            status = VANE_EXIT_INTERRUPTED;
    vane_discovery_end(&discovery);
    if (status == VANE_EXIT_DONE && is_refused(session)) {
        vane_cli_complain(session->cli,
                          "so there is no finding out whose names and tags these are; "
                          "give NKeys");
        status = VANE_EXIT_FAILED;
    }
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
        status = discover(session, asking, roster);
    if (vane_targets_choose(targets, asking->nodes, asking->nkeys, roster, &why) == 0 ||
        status != VANE_EXIT_DONE)
        return status;
    vane_cli_complain(session->cli, "%s", why);
    return VANE_EXIT_SILENT;
}
