/*
 * Commands of the shell from other machines: netvane.command.NKEY with the words as a JSON array.
 * The engine runs them, and its gate decides; the answer is the engine's own. See request.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/command-words.h"
#include "plugins/cluster/request.h"

#define COMMANDS_MAX 64u /* under way */

static void end(struct vane_call *call)
{
    g_queue_remove(&call->cluster->commands, call);
    vane_call_free(call);
}

static const char *code_for(int error)
{
    switch (error) {
    case -EACCES:
    case -EPERM:
        return VANE_ERROR_DENIED;
    case -ENOENT:
        return VANE_ERROR_ABSENT;
    case -ETIMEDOUT:
        return VANE_ERROR_DEADLINE;
    case -EBUSY:
        return VANE_ERROR_BUSY;
    case -EBADRQC:  /* unknown, */
    case -ENODATA:  /* incomplete, */
    case -ENOTUNIQ: /* ambiguous */
    case -EINVAL:
        return VANE_ERROR_BAD;
    default:
        return VANE_ERROR_SERVICE;
    }
}

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct vane_call *call = user;

    if (!call->cluster->nats) /* stopped meanwhile */
        g_clear_pointer(&call->reply, g_free);
    if (error == 0)
        vane_answer_value(call, text, length, NULL);
    else
        vane_answer_error(call, code_for(error), "%.*s", (int)length, text);
    end(call);
}

static void execute(struct vane_call *call, char **words)
{
    const struct vane_host *host = call->cluster->host;
    const struct vane_field facts[] = {vane_string("node", call->sender.nkey)};
    const struct vane_fields fields = VANE_FIELDS(facts);

    call->what.member = g_strdup(words[0]);
    (void)host->commands->execute(call->cluster->self, (const char *const *)words,
                                  g_strv_length(words), -1, vane_access_command(call), &fields,
                                  on_done, call);
}

/* The call is answered and freed in any case, here or later. */
static void begin(struct vane_call *call, const struct vane_nats_message *message)
{
    g_auto(GStrv) words = vane_command_words_parse(message->body, message->length);

    if (call->cluster->commands.length > COMMANDS_MAX) {
        call->cluster->counters.refused++;
        vane_answer_error(call, VANE_ERROR_BUSY, "%u commands are under way, and no more are taken",
                          COMMANDS_MAX);
    } else if (vane_sender_verify(call->cluster, message, &call->sender) < 0) {
        vane_answer_error(call, VANE_ERROR_SIGNATURE, "%s", call->sender.why);
    } else if (!words) {
        vane_answer_error(call, VANE_ERROR_BAD, "a command is a JSON array of 1 to %u texts",
                          VANE_COMMAND_WORDS_MAX);
    } else {
        execute(call, words);
        return;
    }
    end(call);
}

static void on_command(void *user, const struct vane_nats_message *message)
{
    struct vane_cluster *cluster = user;
    struct vane_call *call = g_new0(struct vane_call, 1);

    call->cluster = cluster;
    call->what = (struct vane_bus_call){
        .kind = VANE_CALL_METHOD, .destination = g_strdup(""), .path = g_strdup("")};
    call->reply = g_strdup(message->reply);
    (void)cluster->host->loop->now(&call->begun_ns);
    g_queue_push_tail(&cluster->commands, call);
    cluster->counters.commands++;
    begin(call, message);
}

void vane_command_start(struct vane_cluster *cluster)
{
    g_autofree char *subject = g_strconcat("netvane.command.", cluster->key.nkey, NULL);

    vane_nats_subscribe(cluster->nats, subject, NULL, on_command, cluster);
}

void vane_command_clear(struct vane_cluster *cluster)
{
    g_queue_clear_full(&cluster->commands, (GDestroyNotify)vane_call_free);
}
