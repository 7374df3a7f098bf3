/* `policy evict` and `policy readmit`: the operator's own word on who is a member. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/text/number.h"
#include "lib/text/span.h"
#include "plugins/policy/policy.h"

static struct vane_policy_runner *runner_of(const struct vane_policy_plugin *plugin,
                                            const struct vane_request *request)
{
    const char *text = plugin->host->commands->argument(request, "NETWORK");
    uint64_t network = 0;

    (void)vane_text_parse_uint64(text, 0, UINT16_MAX, &network);
    return vane_policy_runner_find(plugin, (uint16_t)network);
}

/* By NKey, or by a name that only one has. */
static struct vane_policy_peer *peer_named(const struct vane_policy_runner *runner,
                                           const char *name, const char **why)
{
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(runner->members);
    struct vane_policy_peer *found = vane_policy_members_find(runner->members, name);

    *why = "nobody of that name or NKey is known in that network (\"show policy members\")";
    for (guint i = 0; i < peers->len && !found; i++) {
        const struct vane_policy_peer *next = i + 1 < peers->len ? peers->pdata[i + 1] : NULL;
        struct vane_policy_peer *peer = peers->pdata[i];

        if (g_strcmp0(peer->name, name) != 0)
            continue;
        if (next && g_strcmp0(next->name, name) == 0) {
            *why = "several machines have that name; say the NKey";
            return NULL;
        }
        found = peer;
    }
    return found;
}

static struct vane_policy_peer *find(const struct vane_policy_plugin *plugin,
                                     struct vane_request *request,
                                     struct vane_policy_runner **runner)
{
    const char *why = "that network has no policy, or no members";
    struct vane_policy_peer *peer = NULL;

    *runner = runner_of(plugin, request);
    if (*runner && (*runner)->members)
        peer = peer_named(*runner, plugin->host->commands->argument(request, "PEER"), &why);
    if (!peer)
        (void)plugin->host->commands->fail(request, -ENOENT, why);
    return peer;
}

static void begin(struct vane_policy_runner *runner)
{
    runner->plugin->subject = "command";
    runner->plugin->members_asked = runner->members->count;
}

static int done(const struct vane_policy_plugin *plugin, struct vane_request *request,
                const struct vane_policy_peer *peer, const char *what)
{
    g_autofree char *text =
        g_strdup_printf("%s %s", peer->name && *peer->name ? peer->name : peer->nkey, what);
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "result", text);
    vane_json_object_end(&json);
    return vane_policy_reply(plugin, request, &json);
}

int vane_policy_evict_command(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const char *span_text = plugin->host->commands->argument(request, "TIME");
    struct vane_policy_because because = {.action = "evict",
                                          .reason = "the operator has said so",
                                          .now_ns = g_get_real_time() * 1000};
    struct vane_policy_runner *runner;
    struct vane_policy_peer *peer;
    uint64_t span_us = 0;

    if (span_text &&
        (vane_text_parse_span(span_text, &span_us) < 0 || span_us > UINT64_C(366) * 86400000000))
        return plugin->host->commands->fail(request, -EINVAL,
                                            "the time must be a span of at most a year, as 1h");
    peer = find(plugin, request, &runner);
    if (!peer)
        return -ENOENT;
    begin(runner);
    vane_policy_members_evict(runner->members, peer,
                              span_us > 0 ? because.now_ns + (int64_t)span_us * 1000 : 0, &because);
    (void)done(plugin, request, peer, "is evicted");
    vane_policy_look(runner); /* which forgets one that is away */
    return 0;
}

int vane_policy_readmit_command(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const struct vane_policy_because because = {.action = "readmit",
                                                .reason = "the operator has said so",
                                                .now_ns = g_get_real_time() * 1000};
    struct vane_policy_runner *runner;
    struct vane_policy_peer *peer = find(plugin, request, &runner);

    if (!peer)
        return -ENOENT;
    if (peer->standing != VANE_POLICY_EVICTED)
        return plugin->host->commands->fail(request, -EINVAL, "it is not evicted");
    begin(runner);
    vane_policy_members_pardon(runner->members, peer, &because);
    (void)done(plugin, request, peer, "may join again: the rules on join are asked");
    vane_policy_look(runner);
    return 0;
}

void vane_policy_offer_peers(void *user, const char *parameter, struct vane_completion *completion)
{
    const struct vane_policy_plugin *plugin = user;

    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);
        g_autoptr(GPtrArray) peers =
            runner->members ? vane_policy_members_sorted(runner->members) : g_ptr_array_new();

        for (guint n = 0; strcmp(parameter, "PEER") == 0 && n < peers->len; n++)
            (void)plugin->host->commands->offer(
                completion, ((const struct vane_policy_peer *)peers->pdata[n])->name, NULL);
    }
}
