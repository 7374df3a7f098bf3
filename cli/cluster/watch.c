/* The command "watch": signals of D-Bus as machines forward them. See commands.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cluster/commands.h"
#include "cli/cluster/discovery.h"
#include "cli/cluster/query.h"
#include "cli/cluster/session.h"
#include "cli/cluster/watch-pattern.h"
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
    const char *pattern;
    bool json;
    unsigned flags; /* of the JSON writer */
};

struct signal {
    const char *nkey, *sender, *path, *interface, *member;
    struct vane_json_view body;
};

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

static void write_json(const struct watch *watch, const struct signal *signal)
{
    struct vane_json json;

    vane_json_init(&json, watch->flags);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "nkey", signal->nkey);
    vane_json_member_string(&json, "sender", signal->sender);
    vane_json_member_string(&json, "path", signal->path);
    vane_json_member_string(&json, "interface", signal->interface);
    vane_json_member_string(&json, "member", signal->member);
    vane_json_key(&json, "body");
    vane_json_copy(&json, signal->body);
    vane_json_object_end(&json);
    puts(vane_json_text(&json, NULL));
    vane_json_clear(&json);
}

static char *line_of(const struct watch *watch, const struct signal *signal)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
    g_autofree char *title = vane_targets_title(&watch->targets, signal->nkey), *line = NULL;
    struct vane_json json;

    vane_json_init(&json, watch->flags);
    vane_json_copy(&json, signal->body);
    line = g_strdup_printf("%s %s %s %s.%s %s", time, title, signal->path, signal->interface,
                           signal->member, vane_json_text(&json, NULL));
    vane_json_clear(&json);
    return vane_text_printable(line, strlen(line));
}

static void write_line(const struct watch *watch, const struct signal *signal)
{
    const struct vane_pipeline *pipeline = watch->session.cli->pipeline;
    g_autofree char *line = line_of(watch, signal), *why = NULL;
    GString *out;

    if (!pipeline) {
        puts(line);
        return;
    }
    out = vane_pipeline_apply(pipeline, line, 1, &why);
    if (!out)
        return;
    fputs(out->str, stdout);
    g_string_free(out, TRUE);
}

static void on_signal(void *user, const struct vane_nats_message *message)
{
    const struct watch *watch = user;
    struct signal signal;

    if (!read_signal(watch, message, &signal))
        return;
    if (watch->json)
        write_json(watch, &signal);
    else
        write_line(watch, &signal);
    fflush(stdout);
}

/* ---- what is asked for ---- */

static int refuse(const struct vane_cli *cli, const char *word, const char *why)
{
    vane_cli_complain(cli, "\"%s\" %s", word, why);
    return VANE_EXIT_NOT_A_COMMAND;
}

static int read_word(const struct vane_cli *cli, struct watch *watch, char *const **words)
{
    g_autofree char *why = NULL;
    const char *word = **words;
    int r = vane_asking_take(&watch->asking, words, &why);

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
    subject = vane_watch_subject(NULL, watch->pattern);
    if (!subject)
        return refuse(cli, watch->pattern,
                      "is no pattern for paths, as /org/freedesktop/systemd1/unit/* or "
                      "org.freedesktop.>");
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
        g_autofree char *subject = vane_watch_subject(nkey, watch->pattern);

        vane_nats_subscribe(watch->session.nats, subject, NULL, on_signal, watch);
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

static int follow(struct watch *watch)
{
    bool connected = true;

    subscribe(watch);
    while (!ferror(stdout)) { /* libnats has SIGPIPE ignored */
        int r = vane_session_turn(&watch->session, -1);

        if (r == -EINTR && (vane_signals_interrupted() || vane_signals_ending()))
            return VANE_EXIT_DONE;
        if (r == -EINTR)
            vane_signals_resized();
        tell_state(watch, &connected);
    }
    return VANE_EXIT_DONE;
}

static int run(struct vane_cli *cli, struct watch *watch)
{
    int status = vane_session_open(&watch->session, cli, &watch->asking);

    if (status == VANE_EXIT_DONE)
        status = vane_discover_targets(&watch->session, &watch->asking, &watch->targets);
    return status == VANE_EXIT_DONE ? follow(watch) : status;
}

int vane_cli_watch(struct vane_cli *cli, char *const *words)
{
    struct watch watch = {.session.wake = -1};
    int status;

    vane_asking_init(&watch.asking);
    status = read_words(cli, &watch, words);
    if (status == VANE_EXIT_DONE)
        status = run(cli, &watch);
    vane_session_close(&watch.session);
    vane_targets_clear(&watch.targets);
    vane_asking_clear(&watch.asking);
    return status;
}
