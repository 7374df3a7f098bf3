/* The commands about dead letters: asked here, answered by the next job. See webhook.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text/number.h"
#include "plugins/webhook/webhook.h"

#define QUESTIONS_MAX 16u

void vane_webhook_question_free(struct vane_webhook_question *question)
{
    for (guint i = 0; i < question->messages->len; i++)
        g_free(g_array_index(question->messages, struct vane_outbox_message, i).json);
    g_array_unref(question->messages);
    g_free(question->json);
    g_free(question);
}

static int ask(struct vane_webhook_plugin *plugin, struct vane_request *request,
               enum vane_letters_kind kind, const struct vane_outbox_letters *which, bool whole)
{
    struct vane_webhook_question *question;

    if (plugin->closing || plugin->failing || plugin->questions.length >= QUESTIONS_MAX)
        return plugin->host->commands->fail(request, -EBUSY,
                                            "the outbox cannot be asked now; see the log");
    question = g_new0(struct vane_webhook_question, 1);
    question->request = request;
    question->kind = kind;
    question->which = *which;
    question->whole = whole;
    question->messages = g_array_new(FALSE, FALSE, sizeof(struct vane_outbox_message));
    if (!plugin->awake) { /* there is no outbox: none */
        vane_webhook_question_answer(plugin, question);
        return 0;
    }
    g_queue_push_tail(&plugin->questions, question);
    vane_webhook_kick(plugin);
    return -EINPROGRESS;
}

/* false, and the request is answered: it is no number. */
static bool number_of(struct vane_webhook_plugin *plugin, struct vane_request *request,
                      struct vane_outbox_letters *which)
{
    const char *text = plugin->host->commands->argument(request, "NUMBER");

    if (!text || vane_text_parse_int64(text, 1, INT64_MAX, &which->number) == 0)
        return true;
    (void)plugin->host->commands->fail(request, -EINVAL, "that is no number of a dead letter");
    return false;
}

static int list_letters(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_outbox_letters which = {0};
    struct vane_webhook_endpoint *endpoint = NULL;

    if (plugin->host->commands->argument(request, "NAME")) {
        endpoint = vane_webhook_named(plugin, request);
        if (!endpoint)
            return 0;
        which.endpoint = endpoint->number;
    }
    return ask(plugin, request, VANE_LETTERS_SHOW, &which, false);
}

static int act(void *user, struct vane_request *request, enum vane_letters_kind kind, bool whole)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_outbox_letters which = {0};

    if (!number_of(plugin, request, &which))
        return 0;
    return ask(plugin, request, kind, &which, whole);
}

static int show_letter(void *user, struct vane_request *request)
{
    return act(user, request, VANE_LETTERS_SHOW, true);
}

static int replay(void *user, struct vane_request *request)
{
    return act(user, request, VANE_LETTERS_REPLAY, false);
}

static int delete_letters(void *user, struct vane_request *request)
{
    return act(user, request, VANE_LETTERS_DELETE, false);
}

/* ---- answering ---- */

/* They go behind what waits, and leave the dead in the transaction that writes them there. */
static unsigned revive(struct vane_webhook_plugin *plugin, struct vane_webhook_question *question)
{
    unsigned count = 0;

    for (guint i = 0; i < question->messages->len; i++) {
        struct vane_outbox_message *letter =
            &g_array_index(question->messages, struct vane_outbox_message, i);
        struct vane_webhook_endpoint *endpoint = vane_endpoint_by_number(plugin, letter->endpoint);
        struct vane_webhook_entry entry = {
            .endpoint = endpoint,
            .message = {.text = letter->json,
                        .json = letter->json,
                        .length = letter->length,
                        .time_ns = vane_webhook_now()},
            .dead = letter->dead,
        };

        if (!endpoint)
            continue;
        letter->json = NULL;
        endpoint->incoming++;
        plugin->intake_bytes += entry.message.length;
        g_array_append_val(plugin->intake, entry);
        count++;
    }
    return count;
}

/* What was named is not there; NULL: nothing was named, or it is there. */
static char *missing(const struct vane_webhook_question *question)
{
    bool found =
        question->length > strlen("[]") || question->messages->len > 0 || question->deleted > 0;

    return question->which.number == 0 || found
               ? NULL
               : g_strdup_printf("there is no dead letter %" PRId64
                                 "; \"webhook dead-letters\" shows those there are",
                                 question->which.number);
}

static void reply_count(struct vane_webhook_plugin *plugin, struct vane_request *request,
                        const char *what, uint64_t count)
{
    g_autofree char *text = g_strdup_printf("{\"%s\":%" PRIu64 "}", what, count);

    (void)plugin->host->commands->reply(request, text, strlen(text));
}

static void answer_replay(struct vane_webhook_plugin *plugin,
                          struct vane_webhook_question *question)
{
    unsigned count = revive(plugin, question);

    if (count > 0 || question->messages->len == 0)
        reply_count(plugin, question->request, "replayed", count);
    else
        (void)plugin->host->commands->fail(
            question->request, -ENOENT,
            "the endpoint is not configured any more; \"webhook dead-letters\" names it");
}

void vane_webhook_question_answer(struct vane_webhook_plugin *plugin,
                                  struct vane_webhook_question *question)
{
    const struct vane_commands *commands = plugin->host->commands;
    g_autofree char *nothing = missing(question);

    if (question->result < 0)
        (void)commands->fail(question->request, question->result,
                             "the outbox cannot be read; see the log");
    else if (nothing)
        (void)commands->fail(question->request, -ENOENT, nothing);
    else if (question->kind == VANE_LETTERS_SHOW)
        (void)commands->reply(question->request, question->json ? question->json : "[]",
                              question->json ? question->length : 2);
    else if (question->kind == VANE_LETTERS_REPLAY)
        answer_replay(plugin, question);
    else
        reply_count(plugin, question->request, "deleted", question->deleted);
    vane_webhook_question_free(question);
}

static const struct vane_command_column columns[] = {
    {"Number", "number"}, {"Endpoint", "endpoint"}, {"Died", "died"},
    {"Topic", "topic"},   {"Attempts", "attempts"}, {"Reason", "reason"},
};

int vane_webhook_letter_commands_add(struct vane_webhook_plugin *plugin)
{
    int r = vane_webhook_command_add(
        plugin, "webhook dead-letters [of NAME]", "Show events that could not be delivered",
        VANE_COMMAND_PRIVILEGED, list_letters, columns, ELEMENTS(columns));

    if (r == 0)
        r = vane_webhook_command_add(plugin, "webhook dead-letters show NUMBER",
                                     "Show a dead letter with its event", VANE_COMMAND_PRIVILEGED,
                                     show_letter, NULL, 0);
    if (r == 0)
        r = vane_webhook_command_add(plugin, "webhook dead-letters replay <all|NUMBER>",
                                     "Deliver dead letters after all, 256 of them at most",
                                     VANE_COMMAND_CHANGES, replay, NULL, 0);
    if (r == 0)
        r = vane_webhook_command_add(plugin, "webhook dead-letters delete <all|NUMBER>",
                                     "Forget dead letters", VANE_COMMAND_CHANGES, delete_letters,
                                     NULL, 0);
    return r;
}
