/* The command "watch": signals of D-Bus, or events of Netvane, as machines forward them. See
 * commands.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cluster/commands.h"
#include "cli/cluster/discovery.h"
#include "cli/cluster/query.h"
#include "cli/cluster/session.h"
#include "cli/cluster/watch-pattern.h"
#include "cli/event-format.h"
#include "cli/pipeline.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "lib/cleanup.h"
#include "lib/json/copy.h"
#include "lib/text/printable.h"

struct watch {
    struct vane_session session;
    struct vane_asking asking;
    struct vane_targets targets;
    struct vane_discovery discovery; /* for names */
    GPtrArray *subjects;             /* followed, of char * */
    const char *pattern;
    bool json, events;
    unsigned flags; /* of the JSON writer */
};

struct signal {
    const char *nkey, *sender, *path, *interface, *member;
    struct vane_json_view body;
};

static const char *title_of(const struct watch *watch, const char *nkey)
{
    const char *name = vane_targets_name(&watch->targets, nkey);

    return name ? name : nkey;
}

/* ---- one signal ---- */

static bool read_signal(const struct watch *watch, const struct vane_nats_message *message,
                        struct signal *signal)
{
    const struct {
        const char *header;
        const char **value;
    } headers[] = {
        {"NKey", &signal->nkey},           {"Sender", &signal->sender}, {"Path", &signal->path},
        {"Interface", &signal->interface}, {"Member", &signal->member},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
        *headers[i].value = vane_nats_header(watch->session.nats, message, headers[i].header);
        if (!*headers[i].value)
            return false;
    }
    signal->body = vane_json_root(message->body, message->length);
    return vane_cli_scan(message->body, message->length);
}

static void member_name(const struct watch *watch, struct vane_json *json, const char *nkey)
{
    const char *name = vane_targets_name(&watch->targets, nkey);

    if (name)
        vane_json_member_string(json, "name", name);
}

static char *json_of(const struct watch *watch, const struct signal *signal)
{
    struct vane_json json;

    vane_json_init(&json, watch->flags);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "nkey", signal->nkey);
    member_name(watch, &json, signal->nkey);
    vane_json_member_string(&json, "sender", signal->sender);
    vane_json_member_string(&json, "path", signal->path);
    vane_json_member_string(&json, "interface", signal->interface);
    vane_json_member_string(&json, "member", signal->member);
    vane_json_key(&json, "body");
    vane_json_copy(&json, signal->body);
    vane_json_object_end(&json);
    return vane_json_steal(&json, NULL);
}

static char *line_of(const struct watch *watch, const struct signal *signal)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
    const char *title = title_of(watch, signal->nkey);
    g_autofree char *line = NULL;
    struct vane_json json;

    vane_json_init(&json, watch->flags);
    vane_json_copy(&json, signal->body);
    line = g_strdup_printf("%s %s %s %s.%s %s", time, title, signal->path, signal->interface,
                           signal->member, vane_json_text(&json, NULL));
    vane_json_clear(&json);
    return vane_text_printable(line, strlen(line));
}

static void write_line(const struct watch *watch, const char *line)
{
    const struct vane_pipeline *pipeline = watch->session.cli->pipeline;
    g_autofree char *text = g_strconcat(line, "\n", NULL), *why = NULL;
    GString *out;

    if (!pipeline) {
        fputs(text, stdout);
        return;
    }
    out = vane_pipeline_apply(pipeline, text, 1, &why);
    if (!out)
        return;
    fputs(out->str, stdout);
    g_string_free(out, TRUE);
}

static void on_signal(void *user, const struct vane_nats_message *message)
{
    const struct watch *watch = user;
    g_autofree char *line = NULL;
    struct signal signal;

    if (!read_signal(watch, message, &signal))
        return;
    line = watch->json ? json_of(watch, &signal) : line_of(watch, &signal);
    write_line(watch, line);
    fflush(stdout);
}

/* ---- one event ---- */

static char *json_of_event(const struct watch *watch, const char *nkey, struct vane_json_view event)
{
    struct vane_json json;

    vane_json_init(&json, watch->flags);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "nkey", nkey);
    member_name(watch, &json, nkey);
    vane_json_key(&json, "event");
    vane_json_copy(&json, event);
    vane_json_object_end(&json);
    return vane_json_steal(&json, NULL);
}

static char *line_of_event(const struct watch *watch, const char *nkey, struct vane_json_view event)
{
    const char *title = title_of(watch, nkey);
    g_autofree char *node = vane_text_printable(title, strlen(title));
    g_autofree char *line = vane_event_format(event, VANE_EVENT_LINE);

    return g_strdup_printf("%s %s", node, line);
}

static void on_event(void *user, const struct vane_nats_message *message)
{
    const struct watch *watch = user;
    struct vane_json_view event = vane_json_root(message->body, message->length);
    char nkey[VANE_NKEY_LENGTH + 1];
    g_autofree char *line = NULL;

    if (!vane_watch_event_nkey(message->subject, nkey) ||
        !vane_cli_scan(message->body, message->length))
        return;
    line = watch->json ? json_of_event(watch, nkey, event) : line_of_event(watch, nkey, event);
    write_line(watch, line);
    fflush(stdout);
}

/* ---- what is asked for ---- */

static int refuse(const struct vane_cli *cli, const char *word, const char *why)
{
    vane_cli_complain(cli, "\"%s\" %s", word, why);
    return VANE_EXIT_NOT_A_COMMAND;
}

static char *subject_for(const struct watch *watch, const char *nkey)
{
    return watch->events ? vane_watch_events_subject(nkey, watch->pattern)
                         : vane_watch_subject(nkey, watch->pattern);
}

static int read_word(const struct vane_cli *cli, struct watch *watch, char *const **words)
{
    g_autofree char *why = NULL;
    const char *word = **words;
    int r = g_str_equal(word, "--events") ? 1 : vane_asking_take(&watch->asking, words, &why);

    watch->events |= g_str_equal(word, "--events");
    if (r > 0)
        return VANE_EXIT_DONE;
    if (r < 0) {
        vane_cli_complain(cli, "%s", why);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (*word == '-')
        return refuse(cli, word, "is no option, or its value is missing");
    if (watch->pattern)
        return refuse(cli, word, "is a second pattern; give one");
    watch->pattern = word;
    return VANE_EXIT_DONE;
}

static int read_words(const struct vane_cli *cli, struct watch *watch, char *const *words)
{
    g_autofree char *subject = NULL;
    int status = VANE_EXIT_DONE;

    for (; status == VANE_EXIT_DONE && *words; words++)
        status = read_word(cli, watch, &words);
    if (status != VANE_EXIT_DONE)
        return status;
    subject = subject_for(watch, NULL);
    if (!subject)
        return refuse(cli, watch->pattern,
                      watch->events ? "is no pattern for topics, as link.* or script.>"
                                    : "is no pattern for paths, as "
                                      "/org/freedesktop/systemd1/unit/* or org.freedesktop.>");
    watch->json = cli->json || watch->asking.json ||
                  (cli->pipeline && vane_pipeline_has(cli->pipeline, VANE_FILTER_JSON));
    watch->flags = isatty(STDOUT_FILENO) ? VANE_JSON_ASCII : 0;
    return VANE_EXIT_DONE;
}

/* ---- following ---- */

static void subscribe(struct watch *watch)
{
    const struct vane_targets *targets = &watch->targets;
    guint count = targets->all ? 1 : targets->nkeys->len;

    for (guint i = 0; i < count; i++) {
        const char *nkey = targets->all ? NULL : g_ptr_array_index(targets->nkeys, i);
        char *subject = subject_for(watch, nkey);

        g_ptr_array_add(watch->subjects, subject);
        vane_nats_subscribe(watch->session.nats, subject, NULL,
                            watch->events ? on_event : on_signal, watch);
    }
}

/* What was missed meanwhile nobody knows, so that it is said. */
static void tell_state(struct watch *watch, bool *connected)
{
    const struct vane_session *session = &watch->session;

    if (session->connected == *connected)
        return;
    *connected = session->connected;
    if (*connected)
        vane_cli_complain(session->cli,
                          "connected to NATS on %s again; signals of the time "
                          "between are missing",
                          session->server);
    else
        vane_cli_complain(session->cli, "the connection to NATS on %s was lost: %s",
                          session->server, session->problem ? session->problem : "closed");
}

/* The server lets nothing through that was asked for. */
static bool is_refused(const struct watch *watch)
{
    for (guint i = 0; i < watch->subjects->len; i++)
        if (!vane_session_refuses(&watch->session, g_ptr_array_index(watch->subjects, i)))
            return false;
    return true;
}

static int follow(struct watch *watch)
{
    bool connected = true;

    subscribe(watch);
    watch->discovery =
        (struct vane_discovery){.session = &watch->session, .roster = watch->targets.roster};
    (void)vane_discovery_begin(&watch->discovery);
    while (!ferror(stdout)) { /* libnats has SIGPIPE ignored */
        int r = vane_session_turn(&watch->session, -1);

        if (r == -EINTR && (vane_signals_interrupted() || vane_signals_ending()))
            return VANE_EXIT_DONE;
        if (r == -EINTR)
            vane_signals_resized();
        tell_state(watch, &connected);
        if (is_refused(watch))
            return VANE_EXIT_FAILED;
    }
    return VANE_EXIT_DONE;
}

static int run(struct vane_cli *cli, struct watch *watch)
{
    int status = vane_session_open(&watch->session, cli, &watch->asking);

    if (status == VANE_EXIT_DONE)
        status = vane_discover_targets(&watch->session, &watch->asking, &watch->targets);
    if (status != VANE_EXIT_DONE)
        return status;
    status = follow(watch);
    vane_discovery_end(&watch->discovery);
    return status;
}

int vane_cli_watch(struct vane_cli *cli, char *const *words)
{
    struct watch watch = {.session.wake = -1, .subjects = g_ptr_array_new_with_free_func(g_free)};
    int status;

    vane_asking_init(&watch.asking);
    status = read_words(cli, &watch, words);
    if (status == VANE_EXIT_DONE)
        status = run(cli, &watch);
    vane_session_close(&watch.session);
    vane_targets_clear(&watch.targets);
    vane_asking_clear(&watch.asking);
    g_ptr_array_unref(watch.subjects);
    return status;
}
