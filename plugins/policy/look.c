/*
 * A look at who announces a network: the roster is read whole and compared with what is known, so
 * nothing hangs on a single event. Who came is judged by the rules on "join", and who went was a
 * member no more when those on "leave" are asked.
 */
#include <errno.h>
#include <string.h>

#include "plugins/policy/policy.h"

#define JOINS_MAX 256u /* of one look */
#define NS_PER_US 1000

static int64_t wall_ns(void)
{
    return g_get_real_time() * NS_PER_US;
}

/* ---- what rules are asked ---- */

static struct vane_cel_value no_fact(void *data, const char *name, struct vane_cel_scratch *room)
{
    return (struct vane_cel_value){0};
}

static void ask(struct vane_policy_runner *runner, const char *subject,
                const struct vane_policy_peer *peer, struct vane_policy_outcome *outcome)
{
    const struct vane_policy_occurrence occurrence = {
        .subject = subject,
        .judged = strcmp(subject, VANE_POLICY_EVENT_JOIN) == 0,
        .has_peer = true,
        .peer_id = peer->id,
        .peer_nkey = peer->nkey,
        .fact = no_fact,
    };

    vane_policy_state_describe(runner->state, runner->network_id, 0, runner->cycles);
    vane_policy_run(runner, &occurrence, NULL, 0, outcome);
}

/* What is changed here and not by a rule's action, is because of this. */
static void about(struct vane_policy_runner *runner, const char *subject)
{
    runner->plugin->subject = subject;
    runner->plugin->members_asked = runner->members->count;
}

static void judge(struct vane_policy_runner *runner, struct vane_policy_peer *peer)
{
    struct vane_policy_because because = {.now_ns = wall_ns()};
    struct vane_policy_outcome outcome;
    bool denied;

    peer->asked = true;
    ask(runner, VANE_POLICY_EVENT_JOIN, peer, &outcome);
    if (peer->standing == VANE_POLICY_EVICTED)
        return; /* by one of them */
    denied = outcome.verdict == VANE_POLICY_DENIED;
    because.rule = outcome.rule ? outcome.rule->name : NULL;
    because.reason = outcome.rule ? outcome.reason : NULL;
    if (denied && runner->plugin->settings.dry_run)
        vane_policy_tell_would_deny(runner, VANE_POLICY_EVENT_JOIN, "policy", because.rule,
                                    outcome.reason, NULL);
    about(runner, VANE_POLICY_EVENT_JOIN);
    if (denied && !runner->plugin->settings.dry_run)
        vane_policy_members_refuse(runner->members, peer, &because);
    else
        vane_policy_members_admit(runner->members, peer, &because);
}

static void depart(struct vane_policy_runner *runner, struct vane_policy_peer *peer,
                   const char *reason)
{
    const struct vane_policy_because because = {.reason = reason, .now_ns = wall_ns()};
    bool was_member = vane_policy_members_go(runner->members, peer);
    struct vane_policy_outcome outcome;

    if (was_member)
        ask(runner, VANE_POLICY_EVENT_LEAVE, peer, &outcome);
    about(runner, VANE_POLICY_EVENT_LEAVE);
    vane_policy_members_forget(runner->members, peer, was_member, &because);
}

/* ---- a look ---- */

struct look {
    struct vane_policy_runner *runner;
    GHashTable *gone; /* by NKey: in which way, of those that the cluster says have gone */
    unsigned unheard; /* who was kept and is not heard of yet */
};

static void add_tags(GPtrArray *tags, const char *const *more, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!g_ptr_array_find_with_equal_func(tags, more[i], g_str_equal, NULL))
            g_ptr_array_add(tags, (gpointer)more[i]);
}

/* What it says of itself, in this network and in all. */
static GPtrArray *announced_tags(const struct vane_cluster_member *member)
{
    GPtrArray *tags = g_ptr_array_new();

    add_tags(tags, member->tags, member->tag_count);
    if (member->size >= sizeof(*member))
        add_tags(tags, member->machine_tags, member->machine_tag_count);
    return tags;
}

static void see_ourselves(struct vane_policy_members *members,
                          const struct vane_cluster_member *member, const GPtrArray *tags)
{
    g_strfreev(members->local_tags);
    members->local_tags = g_new0(char *, tags->len + 1);
    for (guint i = 0; i < tags->len; i++)
        members->local_tags[i] = g_strdup(tags->pdata[i]);
    g_strlcpy(members->local_nkey, member->nkey, sizeof(members->local_nkey));
    members->local_id = member->node_id;
}

static void see_another(struct vane_policy_members *members,
                        const struct vane_cluster_member *member, const GPtrArray *tags)
{
    bool is_newer = member->size >= sizeof(*member);
    const struct vane_policy_sight sight = {
        .nkey = member->nkey,
        .name = member->name,
        .id = member->node_id,
        .tags = (const char *const *)tags->pdata,
        .tag_count = tags->len,
        .given = is_newer ? member->given_tags : NULL,
        .given_count = is_newer ? member->given_tag_count : 0,
        .heard_ns = member->heard_ns,
    };
    struct vane_policy_peer *peer = vane_policy_members_see(members, &sight);

    if (peer)
        peer->seen = true;
}

static int see(void *user, const struct vane_cluster_member *member)
{
    const struct look *look = user;
    struct vane_policy_members *members = look->runner->members;
    g_autoptr(GPtrArray) tags = announced_tags(member);
    const char *way = member->state == VANE_MEMBER_LEFT ? "left" : "silent";

    if (member->local)
        see_ourselves(members, member, tags);
    else if (member->state == VANE_MEMBER_HERE)
        see_another(members, member, tags);
    else
        g_hash_table_insert(look->gone, g_strdup(member->nkey), (gpointer)way);
    return 0;
}

/* In which way it has gone; NULL: it has not. Who was kept may take his time to be heard of. */
static const char *way_gone(struct look *look, const struct vane_policy_peer *peer)
{
    const struct vane_policy_plugin *plugin = look->runner->plugin;
    const char *way = g_hash_table_lookup(look->gone, peer->nkey);

    if (peer->seen)
        return NULL;
    if (way)
        return way;
    if (peer->here)
        return "network";
    if (plugin->settled_us > 0 && g_get_monotonic_time() >= plugin->settled_us)
        return "unheard";
    look->unheard++;
    return NULL;
}

/* True: it is to be asked whether it may join. */
static bool compare(struct look *look, struct vane_policy_peer *peer)
{
    const struct vane_policy_because over = {.reason = "its time is over", .now_ns = wall_ns()};
    const char *way = way_gone(look, peer);
    bool evicted = peer->standing == VANE_POLICY_EVICTED;

    peer->seen = false;
    if (evicted && peer->until_ns > 0 && peer->until_ns <= over.now_ns)
        vane_policy_members_pardon(look->runner->members, peer, &over);
    else if (evicted && peer->until_ns > 0 && !peer->here)
        return false; /* nothing to go */
    if (way) {
        depart(look->runner, peer, way);
        return false;
    }
    return peer->here && !peer->asked && peer->standing != VANE_POLICY_EVICTED;
}

static void compare_all(struct look *look)
{
    struct vane_policy_runner *runner = look->runner;
    g_autoptr(GPtrArray) peers = vane_policy_members_sorted(runner->members);
    g_autoptr(GPtrArray) joining = g_ptr_array_new();

    about(runner, "");
    for (guint i = 0; i < peers->len; i++)
        if (compare(look, peers->pdata[i]))
            g_ptr_array_add(joining, peers->pdata[i]);
    for (guint i = 0; i < MIN(joining->len, JOINS_MAX); i++)
        judge(runner, joining->pdata[i]);
    if (joining->len > JOINS_MAX)
        vane_policy_look_later(runner->plugin, 0);
}

static int hear_ourselves(void *user, const struct vane_cluster_member *member)
{
    return member->local && member->state == VANE_MEMBER_HERE;
}

/* From when we hear our own announcement the others have so long to be heard, too. */
static void settle(struct vane_policy_plugin *plugin)
{
    if (plugin->settled_us == 0 &&
        plugin->cluster->members(plugin->cluster_provider, VANE_CLUSTER_ANY_NETWORK, hear_ourselves,
                                 NULL) == 1)
        plugin->settled_us = g_get_monotonic_time() + plugin->settings.grace_us;
}

/* When the next thing happens by itself. */
static void sleep_until_needed(const struct look *look)
{
    struct vane_policy_plugin *plugin = look->runner->plugin;
    int64_t end_ns = vane_policy_members_next_end(look->runner->members);

    if (end_ns > 0)
        vane_policy_look_later(plugin, MAX((end_ns - wall_ns()) / NS_PER_US + 1, 0));
    if (look->unheard > 0 && plugin->settled_us > 0)
        vane_policy_look_later(plugin, plugin->settled_us - g_get_monotonic_time());
}

void vane_policy_look(struct vane_policy_runner *runner)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    struct look look = {.runner = runner};

    if (!runner->members || !plugin->cluster || plugin->stopping)
        return;
    if (plugin->asked) { /* a rule's action has led here */
        vane_policy_look_later(plugin, 0);
        return;
    }
    settle(plugin);
    look.gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    runner->members->local_nkey[0] = '\0';
    (void)plugin->cluster->members(plugin->cluster_provider, runner->network_id, see, &look);
    compare_all(&look);
    g_hash_table_unref(look.gone);
    sleep_until_needed(&look);
    vane_policy_members_keep(plugin);
}
