/* `show scripts` and `show scripts queue`. See show.h. */
#include "plugins/scripts/show.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "lib/trust.h"
#include "plugins/scripts/catalog.h"
#include "plugins/scripts/runner.h"
#include "plugins/scripts/states.h"

static int reply(struct vane_scripts *scripts, struct vane_request *request, struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = scripts->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

static void write_script(struct vane_json *json, const char *state, const char *path, bool runs,
                         const char *reason)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "state", state);
    vane_json_member_string(json, "script", path);
    vane_json_member_bool(json, "runs", runs);
    vane_json_member_string(json, "reason", reason);
    vane_json_object_end(json);
}

/* Why the candidate is not run, to be freed; NULL: it is. */
static char *objection_to(const struct vane_candidate *candidate)
{
    struct vane_refusal refusal = {0};
    int r;

    if (candidate->unfit)
        return g_strdup(candidate->unfit);
    r = vane_trust_check(candidate->path, VANE_TRUST_PROGRAM, geteuid(), &refusal);
    return r == 0 || refusal.reason ? refusal.reason : g_strdup(g_strerror(-r));
}

/* A refused file leaves its name to the next directory, as when scripts run. */
static void write_state(struct vane_scripts *scripts, struct vane_json *json, const char *state)
{
    g_autofree char *subdirectory = g_strconcat(state, ".d", NULL);
    g_autofree char *never = vane_directory_objection(state);
    g_autoptr(GPtrArray) candidates = vane_catalog_scan(scripts->options.directories, subdirectory,
                                                        vane_scripts_unreadable, scripts);
    const char *taken = NULL;

    for (guint i = 0; i < candidates->len; i++) {
        const struct vane_candidate *candidate = g_ptr_array_index(candidates, i);
        g_autofree char *objection = NULL;

        if (never)
            objection = g_strdup(never);
        else if (taken && strcmp(taken, candidate->name) == 0)
            objection = g_strdup("overridden by an earlier directory");
        else
            objection = objection_to(candidate);
        if (!objection)
            taken = candidate->name;
        write_script(json, state, candidate->path, !objection, objection ? objection : "");
    }
}

static int show_scripts(void *user, struct vane_request *request)
{
    struct vane_scripts *scripts = user;
    g_autoptr(GPtrArray) states =
        vane_catalog_subdirectories(scripts->options.directories, vane_scripts_unreadable, scripts);
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (guint i = 0; i < states->len; i++)
        write_state(scripts, &json, g_ptr_array_index(states, i));
    vane_json_array_end(&json);
    return reply(scripts, request, &json);
}

static void write_running(const struct vane_scripts *scripts, struct vane_json *json,
                          const struct vane_job *job)
{
    int64_t pid = -1;
    uint64_t now = 0;

    if (!job || !job->child)
        return;
    (void)scripts->host->loop->child_pid(scripts->self, job->child, &pid);
    (void)scripts->host->loop->now(&now);
    vane_json_member_string(json, "running", job->path);
    vane_json_member_string(json, "state", job->trigger->state);
    vane_json_member_int64(json, "pid", pid);
    vane_json_member_uint64(json, "running_ms", (now - job->started) / 1000000u);
}

static void write_waiting(struct vane_json *json, const struct vane_lane *lane)
{
    vane_json_key(json, "waiting_states");
    vane_json_array_begin(json);
    for (const GList *at = lane->waiting.head; at; at = at->next)
        vane_json_string(json, ((const struct vane_job *)at->data)->trigger->state);
    vane_json_array_end(json);
}

static void write_lane(const struct vane_scripts *scripts, struct vane_json *json,
                       const struct vane_lane *lane)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "interface_name", lane->name);
    vane_json_member_uint64(json, "interface_index", lane->ifindex);
    write_running(scripts, json, lane->running);
    vane_json_member_uint64(json, "waiting", lane->waiting.length);
    write_waiting(json, lane);
    vane_json_member_bool(json, "debouncing", lane->held);
    vane_json_member_uint64(json, "superseded", lane->superseded);
    vane_json_member_uint64(json, "dropped", lane->dropped);
    vane_json_object_end(json);
}

static int show_queue(void *user, struct vane_request *request)
{
    struct vane_scripts *scripts = user;
    g_autoptr(GList) lanes = vane_lanes_list(&scripts->lanes);
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (const GList *at = lanes; at; at = at->next)
        write_lane(scripts, &json, at->data);
    vane_json_array_end(&json);
    return reply(scripts, request, &json);
}

static const struct vane_command_word words[] = {
    {"show", "Show information"},
    {"scripts", "scripts that run when the network changes"},
    {"queue", "What runs and what waits, by interface"},
};

static const struct vane_command_column script_columns[] = {
    {"State", "state"},
    {"Script", "script"},
    {"Runs", "runs"},
    {"Reason", "reason"},
};

static const struct vane_command_column queue_columns[] = {
    {"Interface", "interface_name"}, {"Running", "running"}, {"State", "state"},     {"Pid", "pid"},
    {"Since (ms)", "running_ms"},    {"Waiting", "waiting"}, {"Dropped", "dropped"},
};

int vane_show_add(struct vane_scripts *scripts)
{
    const struct vane_command show = {
        .size = sizeof(show),
        .syntax = "show scripts",
        .help = "List the scripts of every state, and why a file is not run",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = 2,
        .columns = script_columns,
        .column_size = sizeof(script_columns[0]),
        .column_count = ELEMENTS(script_columns),
        .run = show_scripts,
        .user = scripts,
    };
    struct vane_command queue = show;
    int r = scripts->host->commands->add(scripts->self, &show, &scripts->commands[0]);

    if (r < 0)
        return r;
    queue.syntax = "show scripts queue";
    queue.help = "Show the scripts that run and those that wait, by interface";
    queue.word_count = ELEMENTS(words);
    queue.columns = queue_columns;
    queue.column_count = ELEMENTS(queue_columns);
    queue.run = show_queue;
    return scripts->host->commands->add(scripts->self, &queue, &scripts->commands[1]);
}

void vane_show_remove(struct vane_scripts *scripts)
{
    for (size_t i = 0; i < ELEMENTS(scripts->commands); i++)
        if (scripts->commands[i])
            (void)scripts->host->commands->remove(scripts->self, scripts->commands[i]);
}
