/* Execute and Complete: from a D-Bus call to the command registry and back. */
#include <errno.h>
#include <string.h>

#include "engine/commands/match.h"
#include "engine/control/internal.h"
#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"

/* An Execute that waits for its answer. */
struct vane_peer_call {
    GList link;
    struct vane_peer *peer;
    sd_bus_message *message;
    struct vane_request *request;
};

static const struct {
    int error;
    const char *name;
} error_names[] = {
    {VANE_COMMAND_UNKNOWN, VANE_CONTROL_ERROR ".UnknownCommand"},
    {VANE_COMMAND_INCOMPLETE, VANE_CONTROL_ERROR ".Incomplete"},
    {VANE_COMMAND_AMBIGUOUS, VANE_CONTROL_ERROR ".Ambiguous"},
    {-EACCES, VANE_CONTROL_ERROR ".Denied"},
    {-EPERM, VANE_CONTROL_ERROR ".Denied"},
    {-ENOENT, VANE_CONTROL_ERROR ".NotFound"},
    {-ENODEV, VANE_CONTROL_ERROR ".NotFound"},
    {-EINVAL, VANE_CONTROL_ERROR ".InvalidArgument"},
    {-ETIMEDOUT, VANE_CONTROL_ERROR ".TimedOut"},
    {-EBUSY, VANE_CONTROL_ERROR ".Busy"},
    {-EOPNOTSUPP, VANE_CONTROL_ERROR ".NotSupported"},
};

static const char *error_name(int error)
{
    for (size_t i = 0; i < ELEMENTS(error_names); i++) {
        if (error_names[i].error == error)
            return error_names[i].name;
    }
    return VANE_CONTROL_ERROR ".Failed";
}

int vane_manager_fail(struct vane_peer *peer, sd_bus_message *message, int error,
                      const char *sentence)
{
    int r = sd_bus_reply_method_errorf(message, error_name(error), "%s", sentence);

    peer->bytes += strlen(sentence);
    peer->sent(peer);
    return r < 0 ? r : 1;
}

static void call_free(struct vane_peer_call *call)
{
    g_queue_unlink(&call->peer->calls, &call->link);
    sd_bus_message_unref(call->message);
    g_free(call);
}

void vane_manager_forget_calls(struct vane_peer *peer)
{
    while (!g_queue_is_empty(&peer->calls)) {
        struct vane_peer_call *call = g_queue_peek_head(&peer->calls);

        if (call->request)
            vane_request_abandon(call->request);
        call_free(call);
    }
}

static int reply_text(struct vane_peer *peer, sd_bus_message *message, const char *text)
{
    int r = sd_bus_reply_method_return(message, "s", text);

    peer->bytes += strlen(text);
    peer->sent(peer);
    return r < 0 ? r : 1;
}

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct vane_peer_call *call = user;

    if (error == 0)
        reply_text(call->peer, call->message, text);
    else
        vane_manager_fail(call->peer, call->message, error, text);
    call_free(call);
}

static struct vane_peer_call *call_new(struct vane_peer *peer, sd_bus_message *message)
{
    struct vane_peer_call *call = g_new0(struct vane_peer_call, 1);

    call->peer = peer;
    call->message = sd_bus_message_ref(message);
    call->link.data = call;
    g_queue_push_tail_link(&peer->calls, &call->link);
    return call;
}

static void free_words(char ***words)
{
    g_strfreev(*words);
}

static int too_many_words(struct vane_peer *peer, sd_bus_message *message)
{
    return vane_manager_fail(peer, message, VANE_COMMAND_UNKNOWN, "no command has so many words");
}

static int run(struct vane_peer *peer, sd_bus_message *message, const char *const *words,
               uint32_t count)
{
    const struct vane_asker asker = {.uid = (int64_t)peer->uid, .privileged = peer->privileged};
    struct vane_peer_call *call = call_new(peer, message);
    struct vane_request *request;
    int r = vane_command_execute(peer->control->engine->commands, words, count, &asker, on_done,
                                 call, &request);

    if (r < 0) {
        call_free(call);
        return vane_manager_fail(peer, message, r, "there are no words to execute");
    }
    if (request)
        call->request = request;
    return 1;
}

int vane_manager_execute(struct vane_peer *peer, sd_bus_message *message)
{
    _cleanup_(free_words) char **words = NULL;
    int r = vane_message_read_strings(message, VANE_MATCH_WORDS_MAX, &words);

    if (r == -E2BIG)
        return too_many_words(peer, message);
    if (r < 0)
        return r;
    if (g_queue_get_length(&peer->calls) >= VANE_PEER_CALLS_MAX)
        return vane_manager_fail(peer, message, -EBUSY,
                                 "too many commands of this client are under way");
    return run(peer, message, (const char *const *)words, g_strv_length(words));
}

static void add_suggestion(void *user, enum vane_suggestion_kind kind, const char *word,
                           const char *help)
{
    struct vane_json *json = user;

    vane_json_object_begin(json);
    vane_json_member_string(json, "word", word);
    vane_json_member_string(json, "help", help);
    switch (kind) {
    case VANE_SUGGEST_KEYWORD:
        vane_json_member_string(json, "kind", "keyword");
        break;
    case VANE_SUGGEST_PARAMETER:
        vane_json_member_string(json, "kind", "parameter");
        break;
    case VANE_SUGGEST_VALUE:
        vane_json_member_string(json, "kind", "value");
        break;
    case VANE_SUGGEST_END:
        vane_json_member_string(json, "kind", "end");
        break;
    }
    vane_json_object_end(json);
}

/* `cursor` is the word at the cursor; one past the last is a word not begun. */
static int suggest(struct vane_peer *peer, sd_bus_message *message, char **words, uint32_t cursor)
{
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    g_autofree const char **line = g_new0(const char *, (size_t)cursor + 2);
    int r;

    for (uint32_t i = 0; i <= cursor; i++)
        line[i] = words[i] ? words[i] : "";
    vane_json_array_begin(&json);
    r = vane_command_suggest(peer->control->engine->commands, line, cursor + 1, peer->privileged,
                             add_suggestion, &json);
    if (r < 0) {
        g_autofree char *why = vane_command_suggest_explain(peer->control->engine->commands, line,
                                                            cursor + 1, peer->privileged);

        return vane_manager_fail(peer, message, r, why);
    }
    vane_json_array_end(&json);
    return reply_text(peer, message, vane_json_text(&json, NULL));
}

int vane_manager_complete(struct vane_peer *peer, sd_bus_message *message)
{
    _cleanup_(free_words) char **words = NULL;
    uint32_t cursor;
    int r = vane_message_read_strings(message, VANE_MATCH_WORDS_MAX, &words);

    if (r == -E2BIG)
        return too_many_words(peer, message);
    if (r >= 0)
        r = sd_bus_message_read(message, "u", &cursor);
    if (r < 0)
        return r;
    if (cursor > g_strv_length(words))
        return vane_manager_fail(peer, message, -EINVAL, "the cursor lies beyond the words");
    return suggest(peer, message, words, cursor);
}
