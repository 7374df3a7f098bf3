/* From typed words to a running handler: which command is meant, and may this asker run it. */
#include "engine/commands/registry_internal.h"
#include "lib/cleanup.h"

#include <string.h>

static int refusal(const struct vane_match *match)
{
    switch (match->status) {
    case VANE_MATCHED:
        return 0;
    case VANE_MATCH_UNKNOWN:
        return VANE_COMMAND_UNKNOWN;
    case VANE_MATCH_INCOMPLETE:
        return VANE_COMMAND_INCOMPLETE;
    case VANE_MATCH_AMBIGUOUS:
        return VANE_COMMAND_AMBIGUOUS;
    }
    return -EINVAL;
}

/* About other machines the gate decides alone. */
static int check_privilege(const struct vane_request *request, char **why)
{
    if (!(request->command->command.flags & (VANE_COMMAND_PRIVILEGED | VANE_COMMAND_CHANGES)))
        return 0;
    if (request->asker.privileged || request->asker.uid < 0)
        return 0;
    *why = g_strdup_printf("\"%s\" is for root and the control group only (netvane, unless "
                           "configured otherwise)",
                           request->line);
    return -EACCES;
}

static int admit(struct vane_request *request, char **why)
{
    int r = check_privilege(request, why);

    return r < 0 ? r : vane_request_ask_gate(request, why);
}

static bool start(struct vane_request *request)
{
    g_autofree char *why = NULL;
    int r = admit(request, &why);

    if (r == 0)
        return vane_request_run(request);
    vane_request_failf(request, r, "%s", why);
    return false;
}

static void done_with(vane_command_done done, void *user, int error, const char *message)
{
    done(user, error, message, strlen(message));
}

int vane_command_execute(struct vane_command_registry *registry, const char *const *words,
                         uint32_t count, const struct vane_asker *asker, vane_command_done done,
                         void *user, struct vane_request **request)
{
    _cleanup_(vane_match_clear) struct vane_match match = {0};
    g_autofree char *sentence = NULL;
    struct vane_request *made;

    if (request)
        *request = NULL;
    if (count == 0)
        return -EINVAL;
    if (vane_match(registry->grammars, words, count, &match) < 0) {
        done_with(done, user, VANE_COMMAND_UNKNOWN, "no command has so many words");
        return 0;
    }
    if (match.status != VANE_MATCHED) {
        sentence = vane_match_explain(&match, words);
        done_with(done, user, refusal(&match), sentence);
        return 0;
    }
    made = vane_request_new((struct vane_command_handle *)match.grammar->owner, &match, asker);
    made->done = done;
    made->done_user = user;
    if (start(made) && request && !made->answered)
        *request = made;
    return 0;
}
