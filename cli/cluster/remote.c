/* Commands of the shell on other machines. See remote.h. */
#include "cli/cluster/remote.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cluster/discovery.h"
#include "cli/cluster/remote-output.h"
#include "cli/cluster/scatter.h"
#include "cli/cluster/told.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"

static int read_options(const struct vane_cli *cli, struct vane_asking *asking)
{
    char *const *word = cli->remote;
    g_autofree char *why = NULL;

    for (; *word; word++) {
        if (vane_asking_take(asking, &word, &why) > 0)
            continue;
        vane_cli_complain(cli, "%s", why ? why : "an option has no value");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (asking->nodes->len + asking->nkeys->len > 0)
        return VANE_EXIT_DONE;
    vane_cli_complain(cli, "on which machines? --nodes NAME,... or --nodes all");
    return VANE_EXIT_NOT_A_COMMAND;
}

static char *subject_for(const void *user, const char *nkey)
{
    return g_strconcat(user, nkey, NULL);
}

/* The words as a JSON array. */
static char *body_of(char *const *words)
{
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (; *words; words++)
        vane_json_string(&json, *words);
    vane_json_array_end(&json);
    return vane_json_steal(&json, NULL);
}

static bool show(struct vane_cli *cli, const struct vane_pipeline *pipeline,
                 const struct vane_gathered *gathered)
{
    bool json = cli->json || vane_pipeline_has(pipeline, VANE_FILTER_JSON);
    struct vane_rendering rendering;

    if (json)
        vane_remote_render_json(&rendering, gathered->answers, gathered->silent,
                                isatty(STDOUT_FILENO) ? VANE_JSON_ASCII : 0);
    else
        vane_remote_render(&rendering, gathered->answers);
    return vane_cli_show(cli, pipeline, &rendering);
}

static int ask(struct vane_session *session, const struct vane_pipeline *pipeline,
               const struct vane_asking *asking, struct vane_targets *targets)
{
    g_autofree char *body = body_of(pipeline->words);
    const struct vane_scatter scatter = {
        .body = body,
        .subject = subject_for,
        .user = VANE_COMMAND_SUBJECT,
        .timeout_ms = asking->timeout_ms,
    };
    _cleanup_(vane_gathered_clear) struct vane_gathered gathered = {0};
    int status = vane_scatter(session, &scatter, targets, &gathered);

    if (status != VANE_EXIT_DONE)
        return status;
    if (!show(session->cli, pipeline, &gathered))
        return VANE_EXIT_FAILED;
    fflush(stdout);
    vane_tell_answers(session->cli, gathered.answers);
    vane_tell_silent(session->cli, targets, &gathered);
    return vane_gathered_status(&gathered);
}

static int run(struct vane_cli *cli, const struct vane_pipeline *pipeline,
               struct vane_asking *asking)
{
    _cleanup_(vane_session_close) struct vane_session session = {.wake = -1};
    _cleanup_(vane_targets_clear) struct vane_targets targets = {0};
    int status = vane_session_open(&session, cli, asking);

    if (status == VANE_EXIT_DONE)
        status = vane_discover_targets(&session, asking, &targets);
    return status == VANE_EXIT_DONE ? ask(&session, pipeline, asking, &targets) : status;
}

int vane_cli_remote(struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    struct vane_asking asking;
    int status;

    vane_asking_init(&asking);
    status = read_options(cli, &asking);
    if (status == VANE_EXIT_DONE)
        status = run(cli, pipeline, &asking);
    vane_asking_clear(&asking);
    return status;
}
