/*
 * Which commands there are. What happens to one execution is in registry_request.c, who may run
 * it in registry_execute.c.
 */
#include "engine/commands/registry.h"

#include <string.h>

#include "engine/commands/registry_internal.h"
#include "engine/log.h"
#include "lib/cleanup.h"

/* The oldest request without an answer, of one command (NULL: of any), whose deadline is not later.
 * Whoever is told of its end may answer others: after each it is looked for anew. */
static struct vane_request *first_open(const struct vane_command_registry *registry,
                                       const struct vane_command_handle *command, uint64_t deadline)
{
    for (GList *at = registry->requests.head; at; at = at->next) {
        struct vane_request *request = at->data;

        if (!request->answered && (!command || request->command == command) &&
            request->deadline <= deadline)
            return request;
    }
    return NULL;
}

static void on_deadline(uv_timer_t *timer)
{
    struct vane_command_registry *registry = timer->data;
    uint64_t now = uv_now(timer->loop);
    struct vane_request *request;

    while ((request = first_open(registry, NULL, now)))
        vane_request_expire(request, -ETIMEDOUT, "%s has not answered \"%s\" for %u s",
                            vane_owner_name(request->command->owner), request->line,
                            (unsigned)(registry->deadline_ms / 1000));
    vane_registry_schedule(registry);
}

void vane_registry_schedule(struct vane_command_registry *registry)
{
    uint64_t now = uv_now(&registry->engine->loop);

    for (GList *at = registry->requests.head; at; at = at->next) {
        const struct vane_request *request = at->data;

        if (request->answered)
            continue;
        uv_timer_start(&registry->timer, on_deadline,
                       request->deadline > now ? request->deadline - now : 0, 0);
        return;
    }
    uv_timer_stop(&registry->timer);
}

int vane_command_registry_new(struct vane_engine *engine, struct vane_command_registry **registry)
{
    struct vane_command_registry *made = g_new0(struct vane_command_registry, 1);
    int r = uv_timer_init(&engine->loop, &made->timer);

    if (r < 0) {
        g_free(made);
        return r;
    }
    made->engine = engine;
    made->commands = g_ptr_array_new();
    made->grammars = g_ptr_array_new();
    made->deadline_ms = VANE_COMMAND_DEADLINE_MS;
    made->timer.data = made;
    *registry = made;
    return 0;
}

void vane_command_registry_keep(struct vane_command_registry *registry, void *memory)
{
    g_free(registry->kept);
    registry->kept = memory;
}

void vane_command_registry_set_deadline(struct vane_command_registry *registry,
                                        uint64_t deadline_ms)
{
    registry->deadline_ms = deadline_ms;
}

static void on_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void vane_command_registry_free(struct vane_command_registry *registry)
{
    if (!registry)
        return;
    while (registry->commands->len > 0)
        vane_command_remove(g_ptr_array_index(registry->commands, registry->commands->len - 1));
    while (!g_queue_is_empty(&registry->requests))
        vane_request_free(g_queue_peek_head(&registry->requests));
    g_free(registry->kept);
    g_ptr_array_unref(registry->commands);
    g_ptr_array_unref(registry->grammars);
    uv_close((uv_handle_t *)&registry->timer, on_closed);
}

struct vane_command_handle *vane_command_ref(struct vane_command_handle *handle)
{
    handle->refs++;
    return handle;
}

void vane_command_unref(struct vane_command_handle *handle)
{
    if (!handle || --handle->refs > 0)
        return;
    vane_grammar_free(handle->grammar);
    g_hash_table_unref(handle->words);
    g_array_unref(handle->columns);
    g_free((char *)handle->command.help);
    g_free(handle);
}

static void unref_command(struct vane_command_handle **handle)
{
    vane_command_unref(*handle);
}

static void clear_column(gpointer data)
{
    struct vane_command_column *column = data;

    g_free((char *)column->title);
    g_free((char *)column->member);
}

/* The elements of a plugin's array have the size they had when it was compiled. */
static const void *element(const void *array, uint32_t size, uint32_t index)
{
    return (const char *)array + (size_t)size * index;
}

static void copy_words(struct vane_command_handle *handle, const struct vane_command *command)
{
    for (uint32_t i = 0; i < command->word_count; i++) {
        const struct vane_command_word *word = element(command->words, command->word_size, i);

        if (word->word)
            g_hash_table_insert(handle->words, g_strdup(word->word), g_strdup(word->help));
    }
}

static void copy_columns(struct vane_command_handle *handle, const struct vane_command *command)
{
    for (uint32_t i = 0; i < command->column_count; i++) {
        const struct vane_command_column *column =
            element(command->columns, command->column_size, i);
        struct vane_command_column copy = {g_strdup(column->title), g_strdup(column->member)};

        g_array_append_val(handle->columns, copy);
    }
}

static struct vane_command_handle *handle_new(struct vane_self *owner,
                                              const struct vane_command *command)
{
    struct vane_command_handle *handle = g_new0(struct vane_command_handle, 1);

    handle->refs = 1;
    handle->owner = owner;
    handle->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    handle->columns = g_array_new(FALSE, TRUE, sizeof(struct vane_command_column));
    g_array_set_clear_func(handle->columns, clear_column);
    handle->command.flags = command->flags;
    handle->command.help = g_strdup(command->help);
    handle->command.run = command->run;
    handle->command.complete = command->complete;
    handle->command.user = command->user;
    copy_words(handle, command);
    copy_columns(handle, command);
    return handle;
}

/* In 1.0 the struct ends with `user`; later members are read as far as `size` says. */
static bool is_whole(const struct vane_command *command)
{
    size_t least = offsetof(struct vane_command, user) + sizeof(command->user);

    if (!command || command->size < least || !command->syntax || !command->run)
        return false;
    if (command->word_count > 0 &&
        (!command->words || command->word_size < sizeof(struct vane_command_word)))
        return false;
    return command->column_count == 0 ||
           (command->columns && command->column_size >= sizeof(struct vane_command_column));
}

static int compile(struct vane_command_registry *registry, struct vane_command_handle *handle,
                   const char *syntax)
{
    struct vane_syntax_error error = {0};

    if (vane_grammar_compile(syntax, &handle->grammar, &error) < 0) {
        vane_error(vane_owner_name(handle->owner), "command \"%s\", column %zu: %s", syntax,
                   error.column, error.message);
        return -EINVAL;
    }
    handle->grammar->owner = handle;
    for (guint i = 0; i < registry->grammars->len; i++) {
        const struct vane_grammar *other = g_ptr_array_index(registry->grammars, i);
        const struct vane_command_handle *holder = other->owner;

        if (!vane_grammar_conflict(other, handle->grammar))
            continue;
        vane_error(vane_owner_name(handle->owner), "command \"%s\" is taken: %s has \"%s\"", syntax,
                   vane_owner_name(holder->owner), other->syntax);
        return -EEXIST;
    }
    return 0;
}

static void on_revoke(struct vane_ledger_entry *entry)
{
    vane_command_remove((struct vane_command_handle *)entry);
}

int vane_command_add(struct vane_command_registry *registry, struct vane_self *owner,
                     const struct vane_command *command, struct vane_command_handle **handle)
{
    _cleanup_(unref_command) struct vane_command_handle *made = NULL;
    int r;

    if (!is_whole(command))
        return -EINVAL;
    made = handle_new(owner, command);
    r = compile(registry, made, command->syntax);
    if (r < 0)
        return r;
    made->registry = registry;
    vane_ledger_enter(owner ? &owner->ledger : NULL, &made->entry, "command", on_revoke);
    g_ptr_array_add(registry->commands, made);
    g_ptr_array_add(registry->grammars, made->grammar);
    made->entry.kept = handle == NULL;
    if (handle)
        *handle = made;
    made = NULL;
    return 0;
}

static void answer_open_requests(struct vane_command_registry *registry,
                                 const struct vane_command_handle *handle)
{
    struct vane_request *request;

    while ((request = first_open(registry, handle, UINT64_MAX)))
        vane_request_expire(request, -ECANCELED, "%s took \"%s\" back before it had answered",
                            vane_owner_name(handle->owner), request->line);
}

void vane_command_remove(struct vane_command_handle *handle)
{
    struct vane_command_registry *registry = handle->registry;

    vane_ledger_strike(&handle->entry);
    if (!registry)
        return;
    handle->registry = NULL;
    g_ptr_array_remove(registry->commands, handle);
    g_ptr_array_remove(registry->grammars, handle->grammar);
    answer_open_requests(registry, handle);
    vane_command_unref(handle);
}
