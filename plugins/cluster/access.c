/* Who may do what: what the configuration grants, and the gate's word. See request.h. */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/request.h"

#define ANONYMOUS "anonymous"

static const char *const actions[] = {
    [VANE_CALL_PROPERTY] = "dbus.get",
    [VANE_CALL_METHOD] = "dbus.invoke",
};

static bool any_matches(char **globs, const char *text)
{
    if (!globs || !*globs)
        return true;
    for (; *globs; globs++)
        if (g_pattern_match_simple(*globs, text))
            return true;
    return false;
}

static bool has(char **words, const char *word)
{
    return words && g_strv_contains((const char *const *)words, word);
}

/* A tag that this machine's configuration gives to a key. What a machine says of itself is not
 * asked here: it would choose its own rights. */
static bool has_tag(const struct vane_cluster_options *options, char **tags, const char *nkey)
{
    for (char **at = options->member_tags; at && *at; at++)
        if (strncmp(*at, nkey, VANE_NKEY_LENGTH) == 0 && (*at)[VANE_NKEY_LENGTH] == '=' &&
            has(tags, *at + VANE_NKEY_LENGTH + 1))
            return true;
    return false;
}

static bool is_caller(const struct vane_cluster_options *options, const struct vane_grant *grant,
                      const char *nkey)
{
    if (!*nkey)
        return has(grant->callers, ANONYMOUS);
    return has(grant->callers, nkey) || has_tag(options, grant->tags, nkey);
}

bool vane_access_names(const struct vane_cluster_options *options, const char *nkey)
{
    for (char **at = options->member_tags; at && *at; at++)
        if (strncmp(*at, nkey, VANE_NKEY_LENGTH) == 0)
            return true;
    for (guint i = 0; i < options->grants->len; i++)
        if (has(((const struct vane_grant *)options->grants->pdata[i])->callers, nkey))
            return true;
    return false;
}

static bool is_granted(const struct vane_call *call, const char *action)
{
    const GPtrArray *grants = call->cluster->options.grants;

    for (guint i = 0; i < grants->len; i++) {
        const struct vane_grant *grant = grants->pdata[i];

        if (is_caller(&call->cluster->options, grant, call->sender.nkey) &&
            has(grant->actions, action) &&
            any_matches(grant->destinations, call->what.destination) &&
            any_matches(grant->paths, call->what.path) &&
            any_matches(grant->members, call->what.member))
            return true;
    }
    return false;
}

static bool has_port(char **ranges, uint16_t port)
{
    if (!ranges || !*ranges)
        return true;
    for (; *ranges; ranges++) {
        uint16_t first, last;

        if (vane_ports_parse(*ranges, &first, &last) == 0 && port >= first && port <= last)
            return true;
    }
    return false;
}

bool vane_access_port(const struct vane_cluster_options *options, const char *nkey,
                      const char *action, uint16_t port)
{
    for (guint i = 0; i < options->grants->len; i++) {
        const struct vane_grant *grant = options->grants->pdata[i];

        if (is_caller(options, grant, nkey) && has(grant->actions, action) &&
            has_port(grant->ports, port))
            return true;
    }
    return false;
}

static uint32_t access_of(const struct vane_call *call, const char *action)
{
    if (call->what.kind == VANE_CALL_PROPERTY)
        return VANE_ACCESS_READ;
    return is_granted(call, action) ? VANE_ACCESS_GRANTED : VANE_ACCESS_CHANGE;
}

bool vane_access_call(struct vane_call *call)
{
    struct vane_cluster *cluster = call->cluster;
    const char *action = actions[call->what.kind];
    const struct vane_field facts[] = {
        vane_string("destination", call->what.destination),
        vane_string("path", call->what.path),
        vane_string("interface", call->what.interface ? call->what.interface : ""),
        vane_string("member", call->what.member),
        vane_string("node", call->sender.nkey),
    };
    const struct vane_fields fields = VANE_FIELDS(facts);
    const struct vane_gate_request request = {
        .size = sizeof(request),
        .origin = VANE_ORIGIN_REMOTE,
        .access = access_of(call, action),
        .action = action,
        .facts = &fields,
    };
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (cluster->host->gate->check(cluster->self, &request, &verdict) == 1)
        return true;
    vane_answer_error(call, VANE_ERROR_DENIED, "%s: %s (asked by %s)", action,
                      *verdict.reason ? verdict.reason : "denied",
                      *call->sender.nkey ? call->sender.nkey : "somebody who has not signed");
    return false;
}

uint32_t vane_access_command(const struct vane_call *call)
{
    return is_granted(call, "command.execute") ? VANE_COMMAND_GRANTED : 0;
}
