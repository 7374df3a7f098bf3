/* One command line: parsed, run here or by the daemon, its output filtered and shown. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cluster/remote.h"
#include "cli/execute.h"
#include "cli/local.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "cli/policy-document.h"
#include "cli/policy.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "lib/cleanup.h"

/* In a shell a daemon that was started anew is found again. */
static int reconnect(struct vane_cli *cli)
{
    bool again = cli->interactive && cli->bus && vane_cli_lost(cli);
    g_autofree char *version = NULL;
    int status = vane_cli_connect(cli);

    if (status != VANE_EXIT_DONE || !again)
        return status;
    version = vane_cli_daemon_version(cli);
    if (!version) {
        vane_cli_complain(cli, "netvaned on %s does not answer", cli->socket);
        return VANE_EXIT_NO_DAEMON;
    }
    printf("reconnected to netvaned %s\n", version);
    return status;
}

/* Beside the output, so that whoever filters or parses it is told as well. */
static void tell_note(const struct vane_cli *cli, struct vane_json_view answer)
{
    struct vane_json_view note;
    g_autofree char *text = NULL;

    if (!vane_json_find(answer, "note", &note) || vane_json_get_string(note, &text) < 0)
        return;
    fflush(stdout);
    vane_cli_complain(cli, "%s", text);
}

bool vane_cli_show(struct vane_cli *cli, const struct vane_pipeline *pipeline,
                   struct vane_rendering *rendering)
{
    g_autofree char *why = NULL;
    GString *out = vane_pipeline_apply(pipeline, rendering->body->str, rendering->rows, &why);

    if (out && !vane_pipeline_filters_lines(pipeline))
        g_string_prepend_len(out, rendering->head->str, (gssize)rendering->head->len);
    vane_rendering_clear(rendering);
    if (!out) {
        vane_cli_complain(cli, "%s", why);
        return false;
    }
    vane_cli_print(out, cli->no_pager || vane_pipeline_has(pipeline, VANE_FILTER_NO_MORE));
    g_string_free(out, TRUE);
    return true;
}

static bool show(struct vane_cli *cli, const struct vane_pipeline *pipeline, const char *text)
{
    struct vane_json_view answer = vane_json_root(text, strlen(text));
    struct vane_rendering rendering;
    bool json = cli->json || vane_pipeline_has(pipeline, VANE_FILTER_JSON);

    vane_rendering_make(&rendering, answer, json);
    if (!vane_cli_show(cli, pipeline, &rendering))
        return false;
    tell_note(cli, answer);
    return true;
}

/* An event that the daemon no longer keeps may be in a journal. */
static int ask_journal(struct vane_cli *cli, char *const *words, char **text)
{
    guint count = g_strv_length((char **)words);
    char *const story[] = {(char *)"show", (char *)"journal", (char *)"event",
                           count ? words[count - 1] : NULL, NULL};

    if (count != 3 || !strchr("eE", words[1][0]) || strspn(words[2], "0123456789abcdef-") < 18)
        return VANE_EXIT_FAILED;
    return vane_cli_try(cli, "Execute", story, -1, text, NULL);
}

static int ask(struct vane_cli *cli, char *const *words, char **text)
{
    g_autofree char *why = NULL;
    int status = vane_cli_try(cli, "Execute", words, -1, text, &why);

    if (status == VANE_EXIT_DONE || status == VANE_EXIT_INTERRUPTED)
        return status;
    if (status == VANE_EXIT_FAILED && ask_journal(cli, words, text) == VANE_EXIT_DONE)
        return VANE_EXIT_DONE;
    if (status == VANE_EXIT_NO_DAEMON)
        vane_cli_complain(cli, "netvaned on %s ended the conversation: %s (its log says why)",
                          cli->socket, why ? why : "no answer");
    else
        vane_cli_complain(cli, "%s", why);
    return status;
}

/* The end of the daemon is asked for twice, by whatever abbreviation. */
static bool is_shutdown(struct vane_cli *cli, char *const *words)
{
    g_autofree char *lower = g_ascii_strdown(words[0], -1), *text = NULL;
    struct vane_json_cursor cursor;
    struct vane_json_view first, more, word;

    if (words[1] || !g_str_has_prefix("shutdown", lower))
        return false;
    if (vane_cli_try(cli, "Complete", words, 0, &text, NULL) != VANE_EXIT_DONE || !text ||
        !vane_cli_scan(text, strlen(text)))
        return false;
    cursor = vane_json_walk(vane_json_root(text, strlen(text)));
    return vane_json_next_element(&cursor, &first) && !vane_json_next_element(&cursor, &more) &&
           vane_json_find(first, "word", &word) && vane_json_equals(word, "shutdown");
}

static bool confirm(const char *question)
{
    char answer[16] = "";
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    printf("%s [y/N] ", question);
    fflush(stdout);
    while (vane_signals_poll(&input, 1, -1) < 0) {
        vane_signals_resized();
        if (!vane_signals_interrupted() && !vane_signals_ending())
            continue;
        putchar('\n');
        return false;
    }
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int execute(struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    g_autofree char *text = NULL;
    int status = reconnect(cli);

    if (status != VANE_EXIT_DONE)
        return status;
    if (cli->interactive && is_shutdown(cli, pipeline->words) &&
        !confirm("netvaned will end for everybody; go on?"))
        return VANE_EXIT_INTERRUPTED;
    status = ask(cli, pipeline->words, &text);
    if (status != VANE_EXIT_DONE)
        return status;
    if (!text || !vane_cli_scan(text, strlen(text))) {
        vane_cli_complain(cli, "netvaned answered with something that is not JSON (is it of the "
                               "same version?)");
        return VANE_EXIT_FAILED;
    }
    return show(cli, pipeline, text) ? VANE_EXIT_DONE : VANE_EXIT_FAILED;
}

/* What was said before the command about machines and NATS belongs to it. */
static char **words_for(const struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    GPtrArray *words = g_ptr_array_new();

    for (char *const *word = cli->remote; word && *word; word++)
        g_ptr_array_add(words, *word);
    for (char *const *word = pipeline->words + 1; *word; word++)
        g_ptr_array_add(words, *word);
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static int run_local(struct vane_cli *cli, const struct vane_local *local,
                     const struct vane_pipeline *pipeline)
{
    g_autofree char **words = words_for(cli, pipeline);
    int status;

    if (cli->remote && !local->over_nats) {
        vane_cli_complain(cli, "\"%s\" is for this machine alone", local->word);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (pipeline->filters->len > 0 && !local->options) {
        vane_cli_complain(cli, "\"%s\" has no output that could be filtered", local->word);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (!local->shell_only && cli->interactive && cli->bus)
        vane_cli_lost(cli);
    cli->pipeline = pipeline->filters->len > 0 ? pipeline : NULL;
    status = local->run(cli, words);
    cli->pipeline = NULL;
    return status;
}

/* A value is JSON on one line already. */
static int eval(struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    if (pipeline->filters->len == 0)
        return vane_cli_policy_eval(cli, pipeline->words + 2);
    vane_cli_complain(cli, "\"policy eval\" has no output that could be filtered; an expression "
                           "with a | is quoted");
    return VANE_EXIT_NOT_A_COMMAND;
}

static int try_policy(struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    g_autofree char *answer = NULL;
    int status = vane_cli_policy_document(cli, pipeline->words + 1, &answer);

    if (answer && !show(cli, pipeline, answer))
        return VANE_EXIT_FAILED;
    return status;
}

/* "sh?" asks for words that begin so, "show ?" for those that follow. In the shell the key does. */
static bool asks_for_help(const struct vane_cli *cli, char **words)
{
    guint count = g_strv_length(words);
    char *last = count > 0 ? words[count - 1] : NULL;

    if (cli->interactive || !last || !g_str_has_suffix(last, "?"))
        return false;
    last[strlen(last) - 1] = '\0';
    return true;
}

static int run(struct vane_cli *cli, const struct vane_pipeline *pipeline)
{
    g_autofree char *others = NULL;
    const struct vane_local *local;

    if (!pipeline->words[0])
        return VANE_EXIT_DONE;
    if (asks_for_help(cli, pipeline->words))
        return vane_cli_help(cli, pipeline->words);
    if (vane_cli_is_policy_eval(pipeline->words))
        return eval(cli, pipeline);
    if (vane_cli_is_policy_document(pipeline->words))
        return try_policy(cli, pipeline);
    local = vane_local_find(cli, pipeline->words[0], &others);
    if (local)
        return run_local(cli, local, pipeline);
    if (others) {
        vane_cli_complain(cli, "ambiguous command: \"%s\" could be %s", pipeline->words[0], others);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    return cli->remote ? vane_cli_remote(cli, pipeline) : execute(cli, pipeline);
}

static int refuse(const struct vane_cli *cli, const char *why)
{
    vane_cli_complain(cli, "unknown command: %s", why);
    return VANE_EXIT_NOT_A_COMMAND;
}

int vane_cli_run_line(struct vane_cli *cli, const char *line)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL;

    if (vane_pipeline_parse(line, &pipeline, &why) < 0)
        return refuse(cli, why);
    return run(cli, &pipeline);
}

int vane_cli_run_words(struct vane_cli *cli, char *const *words)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL;

    if (vane_pipeline_from_words(words, &pipeline, &why) < 0)
        return refuse(cli, why);
    return run(cli, &pipeline);
}
