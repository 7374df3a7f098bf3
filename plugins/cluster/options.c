/* The plugin's options, read and checked. See options.h. */
#include "plugins/cluster/options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "lib/keys/nkey.h"
#include "lib/text/number.h"
#include "plugins/cluster/roster.h"

struct reader {
    struct vane_self *self;
    const struct vane_host *host;
    const char *section;
};

static char *text_of(const struct reader *reader, const char *name)
{
    const char *value;
    int r = reader->host->config->get_string(reader->self, reader->section, name, &value);

    return r == 0 && *value ? g_strdup(value) : NULL;
}

static int64_t number_of(const struct reader *reader, const char *name)
{
    int64_t value = 0;

    (void)reader->host->config->get_int64(reader->self, reader->section, name, &value);
    return value;
}

static bool flag_of(const struct reader *reader, const char *name)
{
    uint32_t value = 0;

    (void)reader->host->config->get_bool(reader->self, reader->section, name, &value);
    return value != 0;
}

/* Never NULL. */
static char **list_of(const struct reader *reader, const char *name)
{
    const char *const *values;
    uint32_t count = 0;
    char **list;

    if (reader->host->config->get_list(reader->self, reader->section, name, &values, &count) < 0)
        count = 0;
    list = g_new0(char *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        list[i] = g_strdup(values[i]);
    return list;
}

static int refuse(const struct reader *reader, const char *option, const char *value,
                  const char *why)
{
    (void)reader->host->log->print(
        reader->self, VANE_LOG_ERROR, "%s%s%s%s=%s %s", reader->section ? "[" : "",
        reader->section ? reader->section : "", reader->section ? "] " : "", option, value, why);
    return -EINVAL;
}

/* ---- grants ---- */

static void free_grant(gpointer value)
{
    struct vane_grant *grant = value;

    g_free(grant->name);
    g_strfreev(grant->callers);
    g_strfreev(grant->tags);
    g_strfreev(grant->actions);
    g_strfreev(grant->destinations);
    g_strfreev(grant->paths);
    g_strfreev(grant->members);
    g_strfreev(grant->ports);
    g_free(grant);
}

int vane_ports_parse(const char *text, uint16_t *first, uint16_t *last)
{
    const char *dash = strchr(text, '-');
    g_autofree char *head = dash ? g_strndup(text, (size_t)(dash - text)) : g_strdup(text);
    int64_t low, high;

    if (vane_text_parse_int64(head, 0, UINT16_MAX, &low) < 0 ||
        vane_text_parse_int64(dash ? dash + 1 : head, low, UINT16_MAX, &high) < 0)
        return -EINVAL;
    *first = (uint16_t)low;
    *last = (uint16_t)high;
    return 0;
}

static int check_ports(const struct reader *reader, char **ports)
{
    uint16_t first, last;

    for (; *ports; ports++)
        if (vane_ports_parse(*ports, &first, &last) < 0)
            return refuse(reader, "Ports", *ports, "is neither a port nor a range as 8000-8010");
    return 0;
}

static int check_grant(const struct reader *reader, const struct vane_grant *grant)
{
    static const char *const actions[] = {"dbus.invoke", "command.execute", "connect", "datagram",
                                          NULL};

    for (char **at = grant->callers; *at; at++)
        if (strcmp(*at, "anonymous") != 0 && !vane_nkey_valid(*at))
            return refuse(reader, "Callers", *at, "is neither an NKey nor \"anonymous\"");
    for (char **at = grant->actions; *at; at++)
        if (!g_strv_contains(actions, *at))
            return refuse(reader, "Actions", *at,
                          "is none of dbus.invoke, command.execute, connect, datagram");
    return check_ports(reader, grant->ports);
}

static int read_grant(struct reader *reader, const char *section, GPtrArray *grants)
{
    struct vane_grant *grant = g_new0(struct vane_grant, 1);

    reader->section = section;
    grant->name = g_strdup(section);
    grant->callers = list_of(reader, "Callers");
    grant->tags = list_of(reader, "Tags");
    grant->actions = list_of(reader, "Actions");
    grant->destinations = list_of(reader, "Destinations");
    grant->paths = list_of(reader, "Paths");
    grant->members = list_of(reader, "Members");
    grant->ports = list_of(reader, "Ports");
    g_ptr_array_add(grants, grant);
    return check_grant(reader, grant);
}

static int read_grants(struct reader *reader, GPtrArray *grants)
{
    const char *const *sections;
    uint32_t count = 0;
    int r = 0;

    if (reader->host->config->sections(reader->self, VANE_GRANT_SECTION, &sections, &count) < 0)
        return 0;
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = read_grant(reader, sections[i], grants);
    reader->section = NULL;
    return r;
}

/* ---- all ---- */

static bool is_token(const char *text)
{
    for (const char *at = text; *at; at++)
        if (!g_ascii_isalnum(*at) && *at != '-' && *at != '_')
            return false;
    return *text != '\0';
}

static int check_member_tags(const struct reader *reader, char **tags)
{
    for (; *tags; tags++) {
        g_autofree char *nkey = g_strndup(*tags, VANE_NKEY_LENGTH);

        if (!vane_nkey_valid(nkey) || (*tags)[VANE_NKEY_LENGTH] != '=')
            return refuse(reader, "MemberTags", *tags, "is not NKEY=TAG");
    }
    return 0;
}

static int check_networks(const struct reader *reader, char **networks)
{
    int64_t number;

    for (; *networks; networks++)
        if (vane_text_parse_int64(*networks, 1, UINT16_MAX, &number) < 0)
            return refuse(reader, "Networks", *networks, "is no number from 1 to 65535");
    return 0;
}

/* Operators list names with commas, and "all" are all. */
static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (g_ascii_iscntrl(*at) || *at == ',')
            return false;
    return strcmp(name, "all") != 0;
}

/* What others would refuse in an announcement is refused here. */
static int check_announced(const struct reader *reader, const struct vane_cluster_options *options)
{
    guint tags = g_strv_length(options->tags), networks = g_strv_length(options->networks);

    if (tags > VANE_ROSTER_WORDS_MAX || networks > VANE_ROSTER_WORDS_MAX)
        return refuse(reader, tags > VANE_ROSTER_WORDS_MAX ? "Tags" : "Networks", "...",
                      "has more than 64 words");
    for (char **at = options->tags; *at; at++)
        if (strlen(*at) > VANE_ROSTER_TEXT_MAX)
            return refuse(reader, "Tags", *at, "has a word of more than 255 bytes");
    if (strlen(options->node_name) > VANE_ROSTER_TEXT_MAX)
        return refuse(reader, "NodeName", options->node_name, "has more than 255 bytes");
    if (!is_name(options->node_name))
        return refuse(reader, "NodeName", options->node_name,
                      "is \"all\", or has a comma or a control character, with which nobody could "
                      "ask for this machine");
    return check_networks(reader, options->networks);
}

static int check_servers(const struct reader *reader, char **servers)
{
    for (; *servers; servers++)
        if (!g_str_has_prefix(*servers, "nats://") && !g_str_has_prefix(*servers, "tls://"))
            return refuse(reader, "Servers", *servers, "begins with neither nats:// nor tls://");
    return 0;
}

static int check(const struct reader *reader, const struct vane_cluster_options *options)
{
    int r = check_servers(reader, options->servers);

    if (r == 0 && !is_token(options->cluster))
        r = refuse(reader, "Cluster", options->cluster, "has more than letters, digits, - and _");
    if (r == 0 && strcmp(options->cluster, "command") == 0)
        r = refuse(reader, "Cluster", options->cluster,
                   "is a subject of its own; use another name");
    if (r == 0 && options->event_stream && !is_token(options->event_stream))
        r = refuse(reader, "EventStream", options->event_stream,
                   "has more than letters, digits, - and _");
    if (r == 0 && (options->tls_certificate == NULL) != (options->tls_key == NULL))
        r = refuse(reader, "TlsCertificateFile", options->tls_certificate ? "..." : "",
                   "and TlsKeyFile= go together");
    if (r == 0)
        r = check_announced(reader, options);
    return r < 0 ? r : check_member_tags(reader, options->member_tags);
}

static char *host_name(void)
{
    char name[256] = "";

    (void)gethostname(name, sizeof(name) - 1);
    return g_strdup(*name ? name : "localhost");
}

/* Separated by spaces, as commas stand within a rule. */
static char **rules_of(const struct reader *reader)
{
    g_autofree char *text = text_of(reader, "Signals");
    g_auto(GStrv) parts = text ? g_strsplit_set(text, " \t", -1) : g_new0(char *, 1);
    GPtrArray *rules = g_ptr_array_new();

    for (char **at = parts; *at; at++)
        if (**at)
            g_ptr_array_add(rules, g_strdup(*at));
    g_ptr_array_add(rules, NULL);
    return (char **)g_ptr_array_free(rules, FALSE);
}

static void read_plain(const struct reader *reader, struct vane_cluster_options *options)
{
    options->servers = list_of(reader, "Servers");
    options->discover = flag_of(reader, "DiscoverServers");
    options->cluster = text_of(reader, "Cluster");
    options->node_name = text_of(reader, "NodeName");
    options->tags = list_of(reader, "Tags");
    options->host_key_file = text_of(reader, "HostKeyFile");
    options->jwt_file = text_of(reader, "JwtFile");
    options->credentials_file = text_of(reader, "CredentialsFile");
    options->token = text_of(reader, "Token");
    options->login = text_of(reader, "User");
    options->password = text_of(reader, "Password");
    options->tls_ca = text_of(reader, "TlsCaFile");
    options->tls_certificate = text_of(reader, "TlsCertificateFile");
    options->tls_key = text_of(reader, "TlsKeyFile");
    options->call_timeout_ms = (uint64_t)number_of(reader, "CallTimeout") / 1000;
    options->max_requests = (uint32_t)number_of(reader, "MaxRequests");
    options->signals = rules_of(reader);
    options->member_tags = list_of(reader, "MemberTags");
    options->events = list_of(reader, "Events");
    options->event_stream = text_of(reader, "EventStream");
    options->stream_create = flag_of(reader, "EventStreamCreate");
    options->stream_max_age_ns = number_of(reader, "EventStreamMaxAge") * 1000;
    options->stream_max_bytes = (uint64_t)number_of(reader, "EventStreamMaxSize");
    options->outbox_max_events = (uint64_t)number_of(reader, "EventOutboxMaxEvents");
    options->outbox_max_bytes = (uint64_t)number_of(reader, "EventOutboxMaxSize");
    options->outbox_max_age_ns = number_of(reader, "EventOutboxMaxAge") * 1000;
    options->networks = list_of(reader, "Networks");
    options->tunnel_timeout_ms = (uint64_t)number_of(reader, "TunnelTimeout") / 1000;
    options->tunnel_close_ms = (uint64_t)number_of(reader, "TunnelCloseTimeout") / 1000;
    options->presence_interval_ms = (uint64_t)number_of(reader, "PresenceInterval") / 1000;
    if (!options->cluster)
        options->cluster = g_strdup("default");
    if (!options->node_name)
        options->node_name = host_name();
}

int vane_cluster_options_read(struct vane_self *self, const struct vane_host *host,
                              struct vane_cluster_options *options)
{
    struct reader reader = {.self = self, .host = host};
    int r;

    *options = (struct vane_cluster_options){
        .grants = g_ptr_array_new_with_free_func(free_grant),
    };
    read_plain(&reader, options);
    r = check(&reader, options);
    return r < 0 ? r : read_grants(&reader, options->grants);
}

void vane_cluster_options_clear(struct vane_cluster_options *options)
{
    char **const texts[] = {
        &options->cluster,         &options->node_name,        &options->host_key_file,
        &options->jwt_file,        &options->credentials_file, &options->token,
        &options->login,           &options->password,         &options->tls_ca,
        &options->tls_certificate, &options->tls_key,          &options->event_stream,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
    g_clear_pointer(&options->servers, g_strfreev);
    g_clear_pointer(&options->tags, g_strfreev);
    g_clear_pointer(&options->signals, g_strfreev);
    g_clear_pointer(&options->member_tags, g_strfreev);
    g_clear_pointer(&options->events, g_strfreev);
    g_clear_pointer(&options->networks, g_strfreev);
    g_clear_pointer(&options->grants, g_ptr_array_unref);
}
