/* What could come next on a line: keywords, what stands for a value, and values from handlers. */
#include "engine/commands/registry_internal.h"
#include "lib/cleanup.h"

#include <string.h>

/* The API's name for one question: where handlers' offers go. */
struct vane_completion {
    const char *partial;
    vane_suggest_each each;
    void *user;
    GHashTable *offered; /* several commands may offer the same value */
};

int vane_completion_offer(struct vane_completion *completion, const char *value, const char *help)
{
    if (!completion || !value)
        return -EINVAL;
    if (!g_str_has_prefix(value, completion->partial))
        return 0;
    if (g_hash_table_add(completion->offered, g_strdup(value)))
        completion->each(completion->user, VANE_SUGGEST_VALUE, value, help ? help : "");
    return 0;
}

static const char *help_of(const struct vane_candidate *candidate)
{
    for (guint i = 0; i < candidate->sources->len; i++) {
        const struct vane_candidate_source *source =
            &g_array_index(candidate->sources, struct vane_candidate_source, i);
        const struct vane_command_handle *command = source->grammar->owner;
        const char *help = g_hash_table_lookup(command->words, source->token->text);

        if (!help)
            help = g_hash_table_lookup(command->words, source->token->name);
        if (help)
            return help;
    }
    return "";
}

static void ask_handler(struct vane_command_handle *command, const char *parameter,
                        struct vane_completion *completion)
{
    struct vane_call call;

    if (!command->command.complete)
        return;
    vane_call_begin(&call, command->owner, "completion");
    command->command.complete(command->command.user, parameter, completion);
    vane_call_end(&call);
}

static void offer_values(const struct vane_candidate *candidate, struct vane_completion *completion)
{
    for (guint i = 0; i < candidate->sources->len; i++) {
        const struct vane_candidate_source *source =
            &g_array_index(candidate->sources, struct vane_candidate_source, i);

        ask_handler((struct vane_command_handle *)source->grammar->owner, source->token->name,
                    completion);
    }
}

static void suggest_all(const struct vane_continuation *next, struct vane_completion *completion)
{
    for (guint i = 0; i < next->candidates->len; i++) {
        const struct vane_candidate *at = g_ptr_array_index(next->candidates, i);

        completion->each(completion->user,
                         at->is_parameter ? VANE_SUGGEST_PARAMETER : VANE_SUGGEST_KEYWORD, at->text,
                         help_of(at));
        if (at->is_parameter)
            offer_values(at, completion);
    }
    if (next->cr) {
        const struct vane_command_handle *command = next->cr->owner;

        completion->each(completion->user, VANE_SUGGEST_END, "<cr>",
                         command->command.help ? command->command.help : "");
    }
}

static GPtrArray *permitted(const struct vane_command_registry *registry, bool privileged)
{
    const uint32_t needs = VANE_COMMAND_PRIVILEGED | VANE_COMMAND_CHANGES;
    GPtrArray *set = g_ptr_array_new();

    for (guint i = 0; i < registry->commands->len; i++) {
        struct vane_command_handle *command = g_ptr_array_index(registry->commands, i);

        if (privileged || !(command->command.flags & needs))
            g_ptr_array_add(set, command->grammar);
    }
    return set;
}

int vane_command_suggest(struct vane_command_registry *registry, const char *const *words,
                         uint32_t count, bool privileged, vane_suggest_each each, void *user)
{
    _cleanup_(vane_continuation_clear) struct vane_continuation next = {0};
    g_autoptr(GPtrArray) set = permitted(registry, privileged);
    g_autoptr(GHashTable) offered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const char *partial = count > 0 ? words[count - 1] : "";
    struct vane_completion completion = {partial, each, user, offered};

    if (vane_complete(set, words, count > 0 ? count - 1 : 0, partial, &next) < 0)
        return VANE_COMMAND_UNKNOWN;
    if (next.status == VANE_MATCH_UNKNOWN)
        return VANE_COMMAND_UNKNOWN;
    if (next.status == VANE_MATCH_AMBIGUOUS)
        return VANE_COMMAND_AMBIGUOUS;
    suggest_all(&next, &completion);
    return 0;
}

char *vane_command_suggest_explain(struct vane_command_registry *registry, const char *const *words,
                                   uint32_t count, bool privileged)
{
    _cleanup_(vane_match_clear) struct vane_match match = {0};
    g_autoptr(GPtrArray) set = permitted(registry, privileged);
    char *sentence = NULL;

    if (count > 1 && vane_match(set, words, count - 1, &match) >= 0 &&
        match.status != VANE_MATCH_INCOMPLETE)
        sentence = vane_match_explain(&match, words);
    return sentence ? sentence : g_strdup("no command begins with these words");
}
