/* The commands "get" and "invoke". See commands.h. */
#include "cli/cluster/commands.h"

#include <string.h>
#include <unistd.h>

#include "cli/cluster/discovery.h"
#include "cli/cluster/query.h"
#include "cli/cluster/scatter.h"
#include "cli/cluster/told.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"

#define ASKING_OPTIONS                                                                             \
    {"--nodes", "only machines with these names, NKeys or tags, with commas"},                     \
        {"--nkeys", "only machines with these NKeys, with commas"},                                \
        {"--server", "NATS servers as nats://host:4222, with commas"},                             \
        {"--creds", "credentials of a NATS user"}, {"--nkey-file", "the key of a NATS user"},      \
        {"--context", "a context of the nats program"}, {"--no-pager", "do not page long output"}, \
    {                                                                                              \
        "--json", "JSON; -J is short for it"                                                       \
    }
#define TIMEOUT_OPTION                                                                             \
    {                                                                                              \
        "--timeout", "how long to wait for answers, as 5s"                                         \
    }

const struct vane_local_option vane_get_options[] = {
    {"DESTINATION PATH PROPERTY", "a property of D-Bus, as org.freedesktop.systemd1 / Version"},
    {"--variants", "what a variant holds with its signature"},
    TIMEOUT_OPTION,
    ASKING_OPTIONS,
    {NULL, NULL},
};

const struct vane_local_option vane_invoke_options[] = {
    {"DESTINATION PATH METHOD [ARGUMENT...]", "a method of D-Bus; arguments as busctl has them"},
    {"--variants", "what a variant holds with its signature"},
    TIMEOUT_OPTION,
    ASKING_OPTIONS,
    {NULL, NULL},
};

const struct vane_local_option vane_watch_options[] = {
    {"PATTERN", "an object's path, or a topic; * is one part, > is all that follows"},
    {"--events", "not signals of D-Bus, but Netvane's events"},
    ASKING_OPTIONS,
    {NULL, NULL},
};

/* ---- what is told ---- */

static int print(struct vane_cli *cli, GString *text, guint rows, bool no_pager)
{
    g_autofree char *why = NULL;
    GString *out = text;

    if (cli->pipeline) {
        out = vane_pipeline_apply(cli->pipeline, text->str, rows, &why);
        if (!out) {
            vane_cli_complain(cli, "%s", why);
            return VANE_EXIT_FAILED;
        }
    }
    vane_cli_print(out, no_pager);
    if (out != text)
        g_string_free(out, TRUE);
    return VANE_EXIT_DONE;
}

static bool wants_json(const struct vane_cli *cli, const struct vane_asking *asking)
{
    return cli->json || asking->json ||
           (cli->pipeline && vane_pipeline_has(cli->pipeline, VANE_FILTER_JSON));
}

static int show(struct vane_cli *cli, const struct vane_query *query,
                const struct vane_gathered *gathered)
{
    const struct vane_question question = {.destination = query->call.destination,
                                           .path = query->call.path,
                                           .silent = gathered->silent};
    unsigned flags = isatty(STDOUT_FILENO) ? VANE_JSON_ASCII : 0;
    g_autoptr(GString) out = g_string_new(NULL);

    if (wants_json(cli, &query->asking))
        vane_answers_json(out, &question, gathered->answers, flags);
    else
        vane_answers_text(out, gathered->answers, flags);
    return print(cli, out, gathered->answers->len, cli->no_pager || query->asking.no_pager);
}

/* ---- asking ---- */

static char *subject_for(const void *user, const char *nkey)
{
    return vane_subject_of_call(user, nkey);
}

static int ask(struct vane_session *session, struct vane_query *query, struct vane_targets *targets)
{
    g_autofree char *header = vane_call_header_format(&query->call);
    const struct vane_scatter scatter = {
        .body = query->arguments,
        .call_header = header,
        .variants = query->variants,
        .subject = subject_for,
        .user = &query->call,
        .timeout_ms = query->asking.timeout_ms,
    };
    _cleanup_(vane_gathered_clear) struct vane_gathered gathered = {0};
    int status = vane_scatter(session, &scatter, targets, &gathered);

    if (status == VANE_EXIT_DONE)
        status = show(session->cli, query, &gathered);
    if (status != VANE_EXIT_DONE)
        return status;
    fflush(stdout);
    vane_tell_silent(session->cli, targets, &gathered);
    return vane_gathered_status(&gathered);
}

static int choose_and_ask(struct vane_session *session, struct vane_query *query)
{
    _cleanup_(vane_targets_clear) struct vane_targets targets = {0};
    int status = vane_discover_targets(session, &query->asking, &targets);

    return status == VANE_EXIT_DONE ? ask(session, query, &targets) : status;
}

static int run(struct vane_cli *cli, enum vane_call_kind kind, char *const *words)
{
    _cleanup_(vane_query_clear) struct vane_query query;
    _cleanup_(vane_session_close) struct vane_session session = {.wake = -1};
    g_autofree char *why = NULL;
    int status;

    if (vane_query_read(&query, kind, words, &why) < 0) {
        vane_cli_complain(cli, "%s", why);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    status = vane_session_open(&session, cli, &query.asking);
    return status == VANE_EXIT_DONE ? choose_and_ask(&session, &query) : status;
}

int vane_cli_get(struct vane_cli *cli, char *const *words)
{
    return run(cli, VANE_CALL_PROPERTY, words);
}

int vane_cli_invoke(struct vane_cli *cli, char *const *words)
{
    return run(cli, VANE_CALL_METHOD, words);
}
