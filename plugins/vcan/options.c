/* The plugin's options, read from the checked configuration. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/vcan/vcan.h"

#define SERVICE_SOCKET "unix:/run/hycan_daemon.sock"
#define MANUAL_SOCKET  "unix:/tmp/hycan_daemon.sock"

static int64_t number_option(const struct vane_vcan *vcan, const char *section, const char *name)
{
    int64_t value = 0;

    (void)vcan->host->config->get_int64(vcan->self, section, name, &value);
    return value;
}

static const char *text_option(const struct vane_vcan *vcan, const char *section, const char *name)
{
    const char *value = NULL;

    (void)vcan->host->config->get_string(vcan->self, section, name, &value);
    return value && *value ? value : NULL;
}

static bool bool_option(const struct vane_vcan *vcan, const char *name)
{
    uint32_t value = 0;

    (void)vcan->host->config->get_bool(vcan->self, NULL, name, &value);
    return value != 0;
}

/* Rounded up, so that a short span does not become none. */
static uint64_t span_option(const struct vane_vcan *vcan, const char *name)
{
    int64_t microseconds = number_option(vcan, NULL, name);

    return microseconds == INT64_MAX ? 0 : ((uint64_t)microseconds + 999) / 1000;
}

static char **words_option(const struct vane_vcan *vcan, const char *section, const char *name)
{
    const char *const *words;
    GPtrArray *copy = g_ptr_array_new();
    uint32_t count;

    if (vcan->host->config->get_list(vcan->self, section, name, &words, &count) < 0)
        count = 0;
    for (uint32_t i = 0; i < count; i++)
        g_ptr_array_add(copy, g_strdup(words[i]));
    g_ptr_array_add(copy, NULL);
    return (char **)g_ptr_array_free(copy, FALSE);
}

/* ---- where to listen ---- */

/* systemd tells a service of the unit's type where it waits for READY=1; nobody else does. */
static void add_default_addresses(GPtrArray *addresses)
{
    bool is_service = getenv("NOTIFY_SOCKET") != NULL, is_root = geteuid() == 0;

    if (is_service || is_root)
        g_ptr_array_add(addresses, g_strdup(SERVICE_SOCKET));
    if (!is_service)
        g_ptr_array_add(addresses, g_strdup(MANUAL_SOCKET));
}

static char *address_of(const struct vane_vcan *vcan, const char *word)
{
    const char *directory = "/run/netvane";

    if (word[0] == '/')
        return g_strconcat("unix:", word, NULL);
    if (strchr(word, ':'))
        return g_strdup(word);
    (void)vcan->host->config->runtime_directory(vcan->self, &directory);
    return g_strconcat("unix:", directory, "/", word, NULL);
}

static void read_addresses(const struct vane_vcan *vcan, struct vane_vcan_options *options)
{
    g_auto(GStrv) words = words_option(vcan, NULL, "Listen");
    GPtrArray *addresses = g_ptr_array_new();

    options->listen_is_default = !words[0];
    if (options->listen_is_default)
        add_default_addresses(addresses);
    for (char **word = words; *word; word++)
        g_ptr_array_add(addresses, address_of(vcan, *word));
    g_ptr_array_add(addresses, NULL);
    options->listen = (char **)g_ptr_array_free(addresses, FALSE);
}

/* ---- who may do what ---- */

static int find_user(const char *name, int64_t *uid)
{
    const struct passwd *user;
    char *end;
    guint64 number = g_ascii_strtoull(name, &end, 10);

    *uid = (int64_t)number;
    if (g_ascii_isdigit(name[0]) && !*end && number < UINT32_MAX)
        return 0;
    user = getpwnam(name);
    *uid = user ? (int64_t)user->pw_uid : -1;
    return user ? 0 : -ENOENT;
}

static int find_group(const char *name, int64_t *gid)
{
    const struct group *group;
    char *end;
    guint64 number = g_ascii_strtoull(name, &end, 10);

    *gid = (int64_t)number;
    if (g_ascii_isdigit(name[0]) && !*end && number < UINT32_MAX)
        return 0;
    group = getgrnam(name);
    *gid = group ? (int64_t)group->gr_gid : -1;
    return group ? 0 : -ENOENT;
}

static int complain(const struct vane_vcan *vcan, const char *section, const char *what,
                    const char *name)
{
    vcan->host->log->print(vcan->self, VANE_LOG_ERROR,
                           "[%s] %s=%s: there is no such %s on this system", section, what, name,
                           strcmp(what, "User") == 0 ? "user" : "group");
    return -EINVAL;
}

static int read_rule(const struct vane_vcan *vcan, const char *section, GArray *rules)
{
    const char *user = text_option(vcan, section, "User");
    const char *group = text_option(vcan, section, "Group");
    struct vane_can_rule rule = {.uid = -1, .gid = -1};

    if (!user && !group) {
        vcan->host->log->print(vcan->self, VANE_LOG_ERROR,
                               "[%s] names neither User= nor Group=; say for whom it is", section);
        return -EINVAL;
    }
    if (user && find_user(user, &rule.uid) < 0)
        return complain(vcan, section, "User", user);
    if (group && find_group(group, &rule.gid) < 0)
        return complain(vcan, section, "Group", group);
    rule.create = words_option(vcan, section, "CreateNames");
    rule.change = words_option(vcan, section, "ChangeNames");
    rule.quota = (uint32_t)number_option(vcan, section, "Quota");
    vane_can_rules_add(rules, &rule);
    return 0;
}

static int read_rules(const struct vane_vcan *vcan, GArray *rules)
{
    const struct vane_can_rule everybody = {
        .uid = -1,
        .gid = -1,
        .create = words_option(vcan, NULL, "CreateNames"),
        .change = words_option(vcan, NULL, "ChangeNames"),
        .quota = (uint32_t)number_option(vcan, NULL, "Quota"),
    };
    const char *const *sections;
    uint32_t count = 0;
    int r = 0;

    vane_can_rules_add(rules, &everybody);
    if (vcan->host->config->sections(vcan->self, "Vcan", &sections, &count) < 0)
        return 0;
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = read_rule(vcan, sections[i], rules);
    return r;
}

int vane_vcan_options_read(struct vane_vcan *vcan, struct vane_vcan_options *options)
{
    const char *order = text_option(vcan, NULL, "ByteOrder");

    *options = (struct vane_vcan_options){
        .mode = (uint32_t)number_option(vcan, NULL, "SocketMode"),
        .group = g_strdup(text_option(vcan, NULL, "SocketGroup")),
        .big_endian = order && strcmp(order, "big") == 0,
        .namespaces = bool_option(vcan, "ClientNamespaces"),
        .max_clients = (uint32_t)number_option(vcan, NULL, "MaxClients"),
        .max_clients_per_user = (uint32_t)number_option(vcan, NULL, "MaxClientsPerUser"),
        .request_timeout_ms = span_option(vcan, "RequestTimeout"),
        .idle_timeout_ms = span_option(vcan, "IdleTimeout"),
        .lease_grace_ms = span_option(vcan, "LeaseGrace"),
        .state_interval_ms = span_option(vcan, "StateInterval"),
        .rules = vane_can_rules_new(),
    };
    read_addresses(vcan, options);
    return read_rules(vcan, options->rules);
}

void vane_vcan_options_clear(struct vane_vcan_options *options)
{
    g_clear_pointer(&options->listen, g_strfreev);
    g_clear_pointer(&options->group, g_free);
    g_clear_pointer(&options->rules, g_array_unref);
}
