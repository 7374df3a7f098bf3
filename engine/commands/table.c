/* The registry as plugins see it: struct vane_commands. */
#include "engine/commands/registry_internal.h"
#include "engine/log.h"

#include <string.h>

static int add(struct vane_self *self, const struct vane_command *command,
               struct vane_command_handle **handle)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_command_add(self->engine->commands, self, command, handle);
}

static int remove_command(struct vane_self *self, struct vane_command_handle *handle)
{
    int r = vane_enter(self);

    if (r < 0 || !handle)
        return r;
    if (handle->owner != self)
        return -EINVAL;
    vane_command_remove(handle);
    return 0;
}

static const char *argument(const struct vane_request *request, const char *name)
{
    return request && name ? g_hash_table_lookup(request->arguments, name) : NULL;
}

static int64_t uid(const struct vane_request *request)
{
    return request ? request->asker.uid : -1;
}

static int privileged(const struct vane_request *request)
{
    return request && request->asker.privileged;
}

static void set_data(struct vane_request *request, void *data)
{
    if (request)
        request->data = data;
}

static void *data(const struct vane_request *request)
{
    return request ? request->data : NULL;
}

/* The engine's own commands have no self, and are on the loop thread by themselves. */
static int enter(const struct vane_request *request)
{
    if (!request)
        return -EINVAL;
    return request->command->owner ? vane_enter(request->command->owner) : 0;
}

static int reply(struct vane_request *request, const char *json, size_t length)
{
    int r = enter(request);

    return r < 0 ? r : vane_request_reply(request, json, length);
}

static int fail(struct vane_request *request, int error, const char *message)
{
    int r = enter(request);

    return r < 0 ? r : vane_request_failf(request, error, "%s", message ? message : "it failed");
}

static int execute(struct vane_self *self, const char *const *words, uint32_t count, int64_t asker,
                   uint32_t is_privileged, const struct vane_fields *facts,
                   void (*done)(void *user, int error, const char *text, size_t length), void *user)
{
    const struct vane_asker who = {asker, is_privileged != 0, facts,
                                   asker < 0 && is_privileged == VANE_COMMAND_GRANTED};
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!words || !done)
        return -EINVAL;
    return vane_execution_start(self, words, count, &who, done, user);
}

struct each_word {
    void (*each)(void *user, const char *word, const char *help);
    void *user;
};

static void on_suggestion(void *user, enum vane_suggestion_kind kind, const char *word,
                          const char *help)
{
    const struct each_word *to = user;

    to->each(to->user, word, help);
}

static int suggest(struct vane_self *self, const char *const *words, uint32_t count,
                   uint32_t is_privileged,
                   void (*each)(void *user, const char *word, const char *help), void *user)
{
    struct each_word to = {each, user};
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!each || (count > 0 && !words))
        return -EINVAL;
    return vane_command_suggest(self->engine->commands, words, count, is_privileged != 0,
                                on_suggestion, &to);
}

const struct vane_commands vane_commands_table = {
    .size = sizeof(vane_commands_table),
    .version = 1,
    .add = add,
    .remove = remove_command,
    .argument = argument,
    .uid = uid,
    .privileged = privileged,
    .set_data = set_data,
    .data = data,
    .reply = reply,
    .fail = fail,
    .offer = vane_completion_offer,
    .execute = execute,
    .suggest = suggest,
};
