/*
 * One execution of a command, from the call of its handler to its answer. The asker gets exactly
 * one answer; a handler that was too late, or whose asker is gone, answers in vain.
 */
#include <stdarg.h>
#include <string.h>

#include "engine/commands/registry_internal.h"
#include "engine/log.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"

static const struct vane_json_limits result_limits = {
    .size = 16u << 20, .depth = VANE_JSON_DEPTH_MAX, .members = 65536, .uint64 = true};

static void on_revoke(struct vane_ledger_entry *entry)
{
    struct vane_request *request = (struct vane_request *)entry;

    if (!request->answered)
        vane_request_expire(request, -ECANCELED, "%s was stopped before it had answered \"%s\"",
                            vane_owner_name(request->command->owner), request->line);
    vane_ledger_strike(&request->entry);
    if (!request->running)
        vane_request_free(request);
}

/* For `NAME...` the words joined with one space. */
static void add_argument(GHashTable *arguments, const struct vane_binding *binding)
{
    const struct vane_token *token = binding->token;
    const char *before = g_hash_table_lookup(arguments, token->name);
    char *value;

    if (before && token->kind == VANE_TOKEN_REST)
        value = g_strjoin(" ", before, binding->word, NULL);
    else
        value = g_strdup(vane_token_is_parameter(token) ? binding->word : token->text);
    g_hash_table_replace(arguments, g_strdup(token->name), value);
}

struct vane_request *vane_request_new(struct vane_command_handle *command,
                                      const struct vane_match *match,
                                      const struct vane_asker *asker)
{
    struct vane_request *request = g_new0(struct vane_request, 1);
    struct vane_command_registry *registry = command->registry;
    g_autoptr(GString) line = g_string_new(NULL);

    request->registry = registry;
    request->command = vane_command_ref(command);
    request->arguments = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (size_t i = 0; i < match->n_bindings; i++) {
        const struct vane_binding *at = &match->bindings[i];

        add_argument(request->arguments, at);
        g_string_append_printf(line, "%s%s", i > 0 ? " " : "",
                               vane_token_is_parameter(at->token) ? at->word : at->token->text);
    }
    request->line = g_strdup(line->str);
    request->asker = *asker;
    uv_update_time(&registry->engine->loop);
    request->deadline = uv_now(&registry->engine->loop) + registry->deadline_ms;
    request->link.data = request;
    g_queue_push_tail_link(&registry->requests, &request->link);
    vane_ledger_enter(command->owner ? &command->owner->ledger : NULL, &request->entry, "request",
                      on_revoke);
    vane_registry_schedule(registry);
    return request;
}

void vane_request_free(struct vane_request *request)
{
    vane_ledger_strike(&request->entry);
    g_queue_unlink(&request->registry->requests, &request->link);
    vane_registry_schedule(request->registry);
    vane_command_unref(request->command);
    g_hash_table_unref(request->arguments);
    g_free(request->line);
    g_free(request->note);
    g_free(request);
}

/* Tells the asker, who may start the next request from within. */
static void answer(struct vane_request *request, int error, const char *text, size_t length)
{
    vane_command_done done = request->done;

    request->answered = true;
    request->done = NULL;
    if (done)
        done(request->done_user, error, text, length);
}

void vane_request_expire(struct vane_request *request, int error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    answer(request, error, message, strlen(message));
}

/* The handler is through with the request; within run() it is freed after that returns. */
static void finish(struct vane_request *request)
{
    request->finished = true;
    if (!request->running)
        vane_request_free(request);
}

void vane_request_abandon(struct vane_request *request)
{
    request->done = NULL;
}

static int too_late(struct vane_request *request)
{
    finish(request);
    return -ETIMEDOUT;
}

int vane_request_reply_trusted(struct vane_request *request, const char *json, size_t length)
{
    g_autofree char *text = NULL;
    size_t total;

    if (request->answered)
        return request->finished ? -EALREADY : too_late(request);
    text = vane_command_envelope(request, json, length, &total);
    answer(request, 0, text, total);
    finish(request);
    return 0;
}

int vane_request_failf(struct vane_request *request, int error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    if (request->answered)
        return request->finished ? -EALREADY : too_late(request);
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (error >= 0 || vane_command_not_one(error))
        error = -EIO;
    answer(request, error, message, strlen(message));
    finish(request);
    return 0;
}

void vane_request_note(struct vane_request *request, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_free(request->note);
    request->note = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

struct vane_engine *vane_request_engine(const struct vane_request *request)
{
    return request->registry->engine;
}

static int call_handler(struct vane_request *request)
{
    const struct vane_command_handle *command = request->command;
    struct vane_call call;
    int r;

    request->running = true;
    vane_call_begin(&call, command->owner, "command");
    r = command->command.run(command->command.user, request);
    vane_call_end(&call);
    return r;
}

bool vane_request_run(struct vane_request *request)
{
    const char *owner = vane_owner_name(request->command->owner);
    int r = call_handler(request);

    if (r == -EINPROGRESS && !request->finished) {
        request->running = false;
        return true;
    }
    if (!request->answered && r < 0)
        vane_request_failf(request, r, "%s failed: %s", request->line, g_strerror(-r));
    else if (!request->answered)
        vane_request_failf(request, -EIO, "%s gave no answer to \"%s\"", owner, request->line);
    vane_request_free(request);
    return false;
}

static int check_result(struct vane_request *request, const char *json, size_t length)
{
    struct vane_json_error error;

    if (json && vane_json_scan(json, length, &result_limits, &error) == 0)
        return 0;
    vane_error(vane_owner_name(request->command->owner),
               "the answer to \"%s\" is not JSON: %s at byte %zu", request->line,
               json ? error.reason : "no text", json ? error.offset : 0);
    vane_request_failf(request, -EBADMSG, "%s answered \"%s\" with something that is not JSON",
                       vane_owner_name(request->command->owner), request->line);
    return -EINVAL;
}

int vane_request_reply(struct vane_request *request, const char *json, size_t length)
{
    if (!request->answered && check_result(request, json, length) < 0)
        return -EINVAL;
    return vane_request_reply_trusted(request, json, length);
}

static void write_columns(struct vane_json *json, const GArray *columns)
{
    vane_json_key(json, "columns");
    vane_json_array_begin(json);
    for (guint i = 0; i < columns->len; i++) {
        const struct vane_command_column *column =
            &g_array_index(columns, struct vane_command_column, i);

        vane_json_object_begin(json);
        vane_json_member_string(json, "title", column->title);
        vane_json_member_string(json, "member", column->member);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

char *vane_command_envelope(const struct vane_request *request, const char *result, size_t length,
                            size_t *total)
{
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "command", request->line);
    write_columns(&json, request->command->columns);
    if (request->note)
        vane_json_member_string(&json, "note", request->note);
    vane_json_key(&json, "result");
    vane_json_raw(&json, result, length);
    vane_json_object_end(&json);
    return vane_json_steal(&json, total);
}
