/*
 * The CAN interface daemon: programs without privileges create, raise and lower CAN interfaces over
 * a Unix socket, in HyCAN's protocol or in one that can do more. This file is the plugin's life.
 */
#include "plugins/vcan/vcan.h"

#include <errno.h>
#include <linux/can.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netvane/plugin.h>

#include "lib/cleanup.h"

static struct vane_vcan plugin_state;

static const struct vane_option options[] = {
    {
        .name = "Listen",
        .type = VANE_OPTION_LIST,
        .long_option = "can-socket",
        .help =
            "Where programs connect to: paths, names in the runtime directory, or addresses "
            "of the form unix:PATH and fd:NAME; unset: /run/hycan_daemon.sock as a service, "
            "that and /tmp/hycan_daemon.sock when started by hand as root, the latter otherwise",
    },
    {
        .name = "SocketMode",
        .type = VANE_OPTION_MODE,
        .default_value = "0666",
        .help = "Who may connect: the mode of the socket file",
    },
    {
        .name = "SocketGroup",
        .type = VANE_OPTION_STRING,
        .help = "The group of the socket file; unset: the daemon's",
    },
    {
        .name = "ByteOrder",
        .type = VANE_OPTION_CHOICE,
        .default_value = "little",
        .choices = "little big",
        .help = "How the length of a message is written in the classic form",
    },
    {
        .name = "CreateNames",
        .type = VANE_OPTION_LIST,
        .default_value = "vcan* vxcan*",
        .help = "The interfaces that everybody may create, by shell patterns; root may create any",
    },
    {
        .name = "ChangeNames",
        .type = VANE_OPTION_LIST,
        .default_value = "can* vcan* vxcan*",
        .help = "The CAN interfaces that everybody may raise, lower and configure",
    },
    {
        .name = "Quota",
        .type = VANE_OPTION_INTEGER,
        .default_value = "64",
        .minimum = 0,
        .maximum = 65536,
        .help = "How many interfaces each user may have created in a network namespace, a pair "
                "being one, and how many leases in all other namespaces together; root is exempt",
    },
    {
        .name = "ClientNamespaces",
        .type = VANE_OPTION_BOOL,
        .default_value = "yes",
        .help = "Serve programs in other network namespaces, there; needs CAP_SYS_ADMIN",
    },
    {
        .name = "LeaseGrace",
        .type = VANE_OPTION_TIME,
        .default_value = "30s",
        .minimum = 0,
        .maximum = 86400000000,
        .help = "How long an interface that is leased to a connection waits after a restart of the "
                "daemon for its program to come back",
    },
    {
        .name = "StateInterval",
        .type = VANE_OPTION_TIME,
        .default_value = "1s",
        .minimum = 0,
        .maximum = 3600000000,
        .help = "How often CAN controllers are asked for the state of their bus; 0: never",
    },
    {
        .name = "RequestTimeout",
        .type = VANE_OPTION_TIME,
        .default_value = "10s",
        .minimum = 1000000,
        .maximum = INT64_MAX,
        .help = "How long a program may take for its first request, and for one that it has begun",
    },
    {
        .name = "IdleTimeout",
        .type = VANE_OPTION_TIME,
        .default_value = "infinity",
        .minimum = 1000000,
        .maximum = INT64_MAX,
        .help = "How long a connection without a lease may be silent between requests",
    },
    {
        .name = "MaxClients",
        .type = VANE_OPTION_INTEGER,
        .default_value = "1024",
        .minimum = 1,
        .maximum = 65536,
        .help = "How many connections each socket takes",
    },
    {
        .name = "MaxClientsPerUser",
        .type = VANE_OPTION_INTEGER,
        .default_value = "256",
        .minimum = 1,
        .maximum = 65536,
        .help = "How many connections of one user each socket takes; root is exempt",
    },
    {
        .name = "User",
        .section = "Vcan",
        .type = VANE_OPTION_STRING,
        .help = "The user, by name or number, for whom this section is",
    },
    {
        .name = "Group",
        .section = "Vcan",
        .type = VANE_OPTION_STRING,
        .help = "The group; with a user, too, both must hold",
    },
    {
        .name = "CreateNames",
        .section = "Vcan",
        .type = VANE_OPTION_LIST,
        .help = "What they may create beside what everybody may",
    },
    {
        .name = "ChangeNames",
        .section = "Vcan",
        .type = VANE_OPTION_LIST,
        .help = "What they may change beside what everybody may",
    },
    {
        .name = "Quota",
        .section = "Vcan",
        .type = VANE_OPTION_INTEGER,
        .default_value = "0",
        .minimum = 0,
        .maximum = 65536,
        .help = "How many interfaces each of them may have; the largest number that holds counts",
    },
};

/* Without the family there are no such interfaces either. The kernel loads its module by itself,
 * which takes a moment, so this is asked once. */
static void find_out_support(struct vane_vcan *vcan)
{
    _cleanup_close_ int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);

    vcan->unsupported = NULL;
    if (fd >= 0 || errno != EAFNOSUPPORT)
        return;
    vcan->unsupported = "this kernel has no CAN (AF_CAN): install its modules can, can-raw and "
                        "vcan, then reload the daemon";
    vcan->host->log->print(vcan->self, VANE_LOG_INFO, "%s; requests are answered with this",
                           vcan->unsupported);
}

static void learn_own_namespace(struct vane_vcan *vcan)
{
    struct stat st;

    if (stat("/proc/self/ns/net", &st) < 0)
        return;
    vcan->own_netns[0] = st.st_dev;
    vcan->own_netns[1] = st.st_ino;
}

static void free_owned(gpointer owned)
{
    g_free(owned);
}

static void release(struct vane_vcan *vcan)
{
    struct vane_vcan_owned *owned;
    GHashTableIter all;

    g_hash_table_iter_init(&all, vcan->owned);
    while (g_hash_table_iter_next(&all, NULL, (gpointer *)&owned)) {
        if (owned->timer)
            (void)vcan->host->loop->timer_stop(vcan->self, owned->timer);
        free_owned(owned);
    }
    vane_vcan_options_clear(&vcan->options);
    g_hash_table_unref(vcan->owned);
    g_hash_table_unref(vcan->foreign);
    g_hash_table_unref(vcan->held);
    g_hash_table_unref(vcan->creating);
    g_hash_table_unref(vcan->known_states);
    g_ptr_array_unref(vcan->doors);
    cleanup_close(&vcan->look_fd);
}

static int begin(struct vane_vcan *vcan)
{
    int r = vane_vcan_options_read(vcan, &vcan->options);

    if (r < 0)
        return r;
    vcan->look_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (vcan->look_fd < 0)
        return -errno;
    learn_own_namespace(vcan);
    find_out_support(vcan);
    vane_vcan_leases_begin(vcan);
    vane_vcan_states_begin(vcan);
    r = vane_vcan_commands_add(vcan);
    return r < 0 ? r : vane_vcan_doors_open(vcan);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_vcan *vcan = &plugin_state;
    int r;

    *vcan = (struct vane_vcan){
        .self = self,
        .host = host,
        .doors = g_ptr_array_new(),
        .owned = g_hash_table_new(NULL, NULL),
        .foreign = g_hash_table_new(vane_vcan_spot_hash, vane_vcan_spot_equal),
        .held = g_hash_table_new(NULL, NULL),
        .creating = g_hash_table_new(NULL, NULL),
        .known_states = g_hash_table_new_full(NULL, NULL, NULL, g_free),
        .look_fd = -1,
    };
    r = begin(vcan);
    if (r < 0) {
        vane_vcan_doors_close(vcan);
        vane_vcan_commands_remove(vcan);
        vane_vcan_states_end(vcan);
        release(vcan);
    }
    return r;
}

/* What a socket has from its first moment on. */
static bool doors_differ(const struct vane_vcan_options *a, const struct vane_vcan_options *b)
{
    return a->mode != b->mode || g_strcmp0(a->group, b->group) != 0 ||
           a->max_clients != b->max_clients || a->max_clients_per_user != b->max_clients_per_user;
}

static int reload(struct vane_self *self)
{
    struct vane_vcan *vcan = &plugin_state;
    struct vane_vcan_options fresh, old = vcan->options;
    int r = vane_vcan_options_read(vcan, &fresh);

    if (r < 0) {
        vane_vcan_options_clear(&fresh);
        return r;
    }
    vcan->options = fresh;
    if (doors_differ(&old, &fresh))
        vane_vcan_doors_close(vcan);
    r = vane_vcan_doors_open(vcan);
    if (r < 0) {
        vane_vcan_options_clear(&vcan->options);
        vcan->options = old;
        (void)vane_vcan_doors_open(vcan);
        return r;
    }
    vane_vcan_options_clear(&old);
    find_out_support(vcan);
    return 0;
}

static bool is_settled(const struct vane_vcan *vcan)
{
    return vcan->stopping && vcan->clients.length == 0 && vcan->jobs == 0;
}

static void finish(struct vane_vcan *vcan)
{
    vane_vcan_doors_close(vcan);
    release(vcan);
    vcan->stopping = false;
}

void vane_vcan_settle(struct vane_vcan *vcan)
{
    if (!vcan->waited_for || !is_settled(vcan))
        return;
    finish(vcan);
    (void)vcan->host->loop->done(vcan->self, 0);
}

static int shutdown_plugin(struct vane_self *self)
{
    struct vane_vcan *vcan = &plugin_state;
    GList *next;

    vcan->stopping = true;
    vane_vcan_commands_remove(vcan);
    vane_vcan_states_end(vcan);
    for (GList *at = vcan->clients.head; at; at = next) {
        next = at->next;
        vane_vcan_client_stop(at->data);
    }
    vane_vcan_leases_end(vcan);
    if (is_settled(vcan)) {
        finish(vcan);
        return 0;
    }
    vcan->waited_for = true;
    return -EINPROGRESS;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD_NEEDING("vcan", "1.0", 1),
    .description = "CAN interfaces for programs without privileges",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .reload = reload,
    .shutdown = shutdown_plugin,
};
VANE_PLUGIN(plugin)
