/* One request to many machines. See scatter.h. */
#include "cli/cluster/scatter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cluster/discovery.h"
#include "cli/cluster/gather.h"
#include "cli/cluster/request.h"
#include "cli/signals.h"
#include "lib/text/number.h"

#define STALL_SHARE 10 /* of the timeout, by ADR-47 */

struct conversation {
    struct vane_session *session;
    const struct vane_targets *targets;
    struct vane_request request;
    struct vane_gather *gather;
    struct vane_discovery discovery; /* where all are asked */
    struct vane_gathered *gathered;
    GPtrArray *subjects; /* asked under, of char *: the one for all, or as targets->nkeys */
    const char *inboxes; /* where answers come */
    bool refused;        /* the server lets no question or no answer through */
    unsigned nameless;   /* replies that do not say whose they are */
};

void vane_gathered_clear(struct vane_gathered *gathered)
{
    g_clear_pointer(&gathered->answers, g_ptr_array_unref);
    g_clear_pointer(&gathered->silent, g_ptr_array_unref);
}

/* Who was asked at this inbox, which ends with a number; NULL: all. */
static const char *asked_at(const struct conversation *conversation, const char *subject)
{
    const char *dot = strrchr(subject, '.');
    int64_t index;

    if (conversation->targets->all || !dot ||
        vane_text_parse_int64(dot + 1, 0, (int64_t)conversation->targets->nkeys->len - 1, &index) <
            0)
        return NULL;
    return g_ptr_array_index(conversation->targets->nkeys, (guint)index);
}

static void take(struct conversation *conversation, struct vane_answer *answer)
{
    switch (vane_gather_take(conversation->gather, answer->nkey, !answer->unproven,
                             vane_session_now())) {
    case VANE_GATHER_FIRST:
    case VANE_GATHER_BETTER:
        if (conversation->targets->named)
            answer->name = g_strdup(vane_targets_name(conversation->targets, answer->nkey));
        vane_answers_put(conversation->gathered->answers, answer);
        return;
    case VANE_GATHER_AGAIN:
    case VANE_GATHER_UNASKED:
        vane_answer_free(answer);
        return;
    }
}

/* Who has gone is asked with all the others, but not waited for. */
static void on_found(void *user, const char *nkey, enum vane_machine_state state)
{
    const struct conversation *conversation = user;

    vane_gather_expect(conversation->gather, nkey, vane_session_now());
    if (state != VANE_MACHINE_HERE)
        vane_gather_absent(conversation->gather, nkey);
}

static void on_reply(void *user, const struct vane_nats_message *message)
{
    struct conversation *conversation = user;
    const char *asked = asked_at(conversation, message->subject);
    struct vane_answer *answer;

    if (message->no_responders) {
        if (asked)
            vane_gather_absent(conversation->gather, asked);
        else
            conversation->gathered->nobody = true;
        return;
    }
    answer = vane_request_answer(conversation->session, &conversation->request, message, asked);
    if (!answer || (asked && !g_str_equal(answer->nkey, asked))) {
        conversation->nameless++;
        if (answer)
            vane_answer_free(answer);
        return;
    }
    take(conversation, answer);
}

static int send_one(struct conversation *conversation, const struct vane_scatter *scatter,
                    const char *nkey, guint index)
{
    char *subject = scatter->subject(scatter->user, nkey);
    g_autofree char *inbox = g_strdup_printf("%s.%u", conversation->session->inbox, index);

    g_ptr_array_add(conversation->subjects, subject);
    return vane_request_send(conversation->session, &conversation->request, subject, inbox,
                             scatter->timeout_ms);
}

static int send_all(struct conversation *conversation, const struct vane_scatter *scatter)
{
    const struct vane_targets *targets = conversation->targets;
    int status = VANE_EXIT_DONE;

    if (targets->all)
        return send_one(conversation, scatter, NULL, 0);
    for (guint i = 0; status == VANE_EXIT_DONE && i < targets->nkeys->len; i++)
        status = send_one(conversation, scatter, g_ptr_array_index(targets->nkeys, i), i);
    return status;
}

/* With the connection the answers are gone: they went to an inbox of that connection. */
static bool is_cut(const struct conversation *conversation, uint64_t connections)
{
    const struct vane_session *session = conversation->session;

    return !session->connected || session->connections != connections;
}

/* Whoever the server does not let us ask will not answer. */
static void heed_refusals(struct conversation *conversation)
{
    const struct vane_session *session = conversation->session;
    const struct vane_targets *targets = conversation->targets;
    guint refused = 0;

    if (session->refused->len == 0)
        return;
    for (guint i = 0; i < conversation->subjects->len; i++) {
        if (!vane_session_refuses(session, g_ptr_array_index(conversation->subjects, i)))
            continue;
        refused++;
        if (!targets->all)
            vane_gather_absent(conversation->gather, g_ptr_array_index(targets->nkeys, i));
    }
    conversation->refused = refused == conversation->subjects->len ||
                            vane_session_refuses(session, conversation->inboxes);
}

/* For answers, and for who else there is. */
static int64_t wait_of(struct conversation *conversation)
{
    const struct vane_discovery *discovery = &conversation->discovery;
    int64_t now = vane_session_now();

    int64_t more = discovery->asked > 0 ? vane_discovery_wait(discovery, now) : 0;

    heed_refusals(conversation);
    if (conversation->gathered->nobody || conversation->refused)
        return 0;
    if (vane_discovery_complete(discovery, now))
        vane_gather_complete(conversation->gather);
    vane_gather_hold(conversation->gather, more > 0);
    return more > 0 ? MIN(more, vane_gather_wait(conversation->gather, now))
                    : vane_gather_wait(conversation->gather, now);
}

static int wait_for_all(struct conversation *conversation)
{
    struct vane_session *session = conversation->session;
    uint64_t connections = session->connections;
    int64_t left;

    while ((left = wait_of(conversation)) > 0) {
        if (vane_session_turn(session, left) == -EINTR &&
            (vane_signals_interrupted() || vane_signals_ending()))
            return VANE_EXIT_INTERRUPTED;
        if (is_cut(conversation, connections)) {
            vane_cli_complain(session->cli,
                              "the connection to NATS on %s was lost before all had answered: %s",
                              session->server, session->problem ? session->problem : "closed");
            return VANE_EXIT_FAILED;
        }
    }
    return conversation->refused ? VANE_EXIT_FAILED : VANE_EXIT_DONE;
}

static struct vane_gather *plan(const struct vane_targets *targets, int64_t timeout_ms)
{
    const struct vane_gather_plan made = {
        .expected = targets->nkeys,
        .only_expected = !targets->all,
        .timeout_ms = timeout_ms,
        .stall_ms = MAX(timeout_ms / STALL_SHARE, 1),
    };

    return vane_gather_new(&made, vane_session_now());
}

static int talk(struct conversation *conversation, const struct vane_scatter *scatter)
{
    struct vane_discovery *discovery = &conversation->discovery;
    bool all = conversation->targets->all;
    int status;

    *discovery = (struct vane_discovery){.session = conversation->session,
                                         .roster = conversation->targets->roster,
                                         .found = on_found,
                                         .user = conversation};
    status = all ? vane_discovery_begin(discovery) : VANE_EXIT_DONE;

    if (status == VANE_EXIT_DONE)
        status = send_all(conversation, scatter);
    if (status == VANE_EXIT_DONE)
        status = wait_for_all(conversation);
    if (all)
        vane_discovery_end(discovery);
    return status;
}

int vane_scatter(struct vane_session *session, const struct vane_scatter *scatter,
                 struct vane_targets *targets, struct vane_gathered *gathered)
{
    g_autofree char *inboxes = g_strconcat(session->inbox, ".*", NULL);
    struct conversation conversation = {
        .session = session, .targets = targets, .gathered = gathered, .inboxes = inboxes};
    uint32_t subscription;
    int status;

    *gathered = (struct vane_gathered){.answers = vane_answers_new()};
    vane_request_init(&conversation.request, scatter->body, scatter->call_header);
    conversation.request.variants = scatter->variants;
    conversation.subjects = g_ptr_array_new_with_free_func(g_free);
    conversation.gather = plan(targets, scatter->timeout_ms);
    subscription = vane_nats_subscribe(session->nats, inboxes, NULL, on_reply, &conversation);
    status = talk(&conversation, scatter);
    vane_nats_unsubscribe(session->nats, subscription);
    gathered->silent = vane_gather_silent(conversation.gather);
    vane_answers_sort(gathered->answers);
    vane_gather_free(conversation.gather);
    g_ptr_array_unref(conversation.subjects);
    if (conversation.nameless > 0)
        vane_cli_complain(session->cli, "%u replies do not say whose they are, and are left out",
                          conversation.nameless);
    return status;
}
