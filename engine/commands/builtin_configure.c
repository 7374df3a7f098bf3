/* configure check, diff (which "show" has, too), apply, confirm, rollback. */
#include <string.h>

#include "engine/commands/builtin_internal.h"
#include "engine/config/value.h"
#include "lib/cleanup.h"

/* What the whole of the configuration is trusted to; reading any file goes further than that. */
static bool may_name_files(const struct vane_request *request)
{
    return vane_commands_table.uid(request) == 0;
}

static int reply_checked(struct vane_request *request, const char *warnings)
{
    g_auto(GStrv) lines = g_strsplit(warnings, "\n", -1);
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "message", "the configuration is in order");
    if (*warnings) {
        vane_json_key(&json, "warnings");
        vane_json_array_begin(&json);
        for (char **line = lines; *line; line++)
            vane_json_string(&json, *line);
        vane_json_array_end(&json);
    }
    vane_json_object_end(&json);
    return vane_builtin_reply(request, &json);
}

static int check(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    const char *file = vane_builtin_argument(request, "FILE");
    g_autofree char *text = NULL;
    int r;

    if (!host->configure_check)
        return vane_builtin_missing(request);
    if (file && file[0] != '/')
        return vane_request_failf(request, -EINVAL, "%s: the path must be an absolute one", file);
    if (file && !may_name_files(request))
        return vane_request_failf(request, -EACCES,
                                  "%s: only root may have the daemon read any file (\"netvaned "
                                  "--check -c FILE\" needs no permission of it)",
                                  file);
    r = host->configure_check(host->user, file, &text);
    return r < 0 ? vane_request_failf(request, r, "%s", text) : reply_checked(request, text);
}

static int diff(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    g_autofree char *text = NULL;
    int r;

    if (!host->configure_diff)
        return vane_builtin_missing(request);
    r = host->configure_diff(host->user, &json, &text);
    return r < 0 ? vane_request_failf(request, r, "%s", text) : vane_builtin_reply(request, &json);
}

/* At least a second, and not so long that it is forgotten. 0: none was given. */
static int parse_confirm(struct vane_request *request, int64_t *usec)
{
    static const struct vane_option option = {.name = "confirm",
                                              .type = VANE_OPTION_TIME,
                                              .minimum = INT64_C(1000000),
                                              .maximum = INT64_C(86400) * 1000000};
    const char *text = vane_builtin_argument(request, "TIME");
    struct vane_value value = {0};
    g_autofree char *why = NULL;

    *usec = 0;
    if (!text)
        return 0;
    if (vane_value_parse(&option, text, &value, &why) < 0) {
        vane_request_failf(request, -EINVAL, "confirm %s: %s", text, why);
        return -EINVAL;
    }
    *usec = value.number;
    vane_value_clear(&value);
    return 0;
}

static int apply(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    int64_t usec;
    int r;

    if (!host->configure_apply)
        return vane_builtin_missing(request);
    if (parse_confirm(request, &usec) < 0)
        return 0;
    r = host->configure_apply(host->user, usec, vane_builtin_outcome, request);
    return r < 0 ? r : -EINPROGRESS;
}

static int confirm(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    int r;

    if (!host->configure_confirm)
        return vane_builtin_missing(request);
    r = host->configure_confirm(host->user);
    if (r < 0)
        return vane_request_failf(request, r,
                                  "nothing waits for a confirmation: nothing was applied with "
                                  "\"confirm\", or its time was up and it was rolled back");
    vane_builtin_outcome(request, 0, "the configuration is confirmed");
    return 0;
}

static int rollback(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = ((const struct vane_builtin *)user)->host;
    int r;

    if (!host->configure_rollback)
        return vane_builtin_missing(request);
    r = host->configure_rollback(host->user, vane_builtin_outcome, request);
    if (r == -ENOENT)
        return vane_request_failf(request, r,
                                  "there is nothing to go back to: nothing was applied since the "
                                  "start or the last rollback");
    return r < 0 ? r : -EINPROGRESS;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"configuration", "every option, and where it was set"},
    {"configure", "check, apply and take back the configuration"},
    {"check", "look for errors, and change nothing"},
    {"diff", "what applying the files would change"},
    {"apply", "put the files in force, as a reload does"},
    {"confirm", "it is to stay; after apply: go back unless that is said in time"},
    {"--confirm", "go back unless \"configure confirm\" comes in time"},
    {"rollback", "go back to what was in force before the last apply"},
    {"FILE", "a file to be read in the place of the main one"},
    {"TIME", "how long to wait, as 60s or 5min"},
};

static const struct vane_command_column columns[] = {
    {"Of", "of"},   {"Section", "section"}, {"Option", "option"}, {"Old", "old"},
    {"New", "new"}, {"Set at", "set_at"},   {"Action", "action"},
};

const struct vane_command vane_builtin_configure[] = {
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "configure check [FILE]",
        .help = "Check the configuration files as they are now, or a file that is to replace the "
                "main one",
        VANE_BUILTIN_WORDS(words),
        .run = check,
    },
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "configure diff",
        .help = "Show what applying the files would change",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = diff,
    },
    {
        .flags = VANE_COMMAND_PRIVILEGED,
        .syntax = "show configuration diff",
        .help = "Show what applying the files would change",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = diff,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "configure apply [confirm TIME|--confirm TIME]",
        .help = "Put the files in force; with confirm, for good only once that is said",
        VANE_BUILTIN_WORDS(words),
        .run = apply,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "configure confirm",
        .help = "Keep what was applied",
        VANE_BUILTIN_WORDS(words),
        .run = confirm,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "configure rollback",
        .help = "Go back to what was in force before the last apply",
        VANE_BUILTIN_WORDS(words),
        .run = rollback,
    },
};
const unsigned vane_builtin_configure_count = ELEMENTS(vane_builtin_configure);
