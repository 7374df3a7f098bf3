/* What the plugin's options are; options.c reads them. */
#include "plugins/cluster/options.h"
#include "plugins/cluster/roster.h"

#define TEN_YEARS_US INT64_C(315360000000000)

const struct vane_option vane_cluster_option_table[VANE_CLUSTER_OPTION_COUNT] = {
    {
        .name = "Servers",
        .type = VANE_OPTION_LIST,
        .help = "Servers of NATS, such as nats://10.0.0.1:4222 or tls://nats.example.org:4222; "
                "none: the plugin does nothing",
    },
    {
        .name = "DiscoverServers",
        .type = VANE_OPTION_BOOL,
        .default_value = "no",
        .help = "Try servers, too, that a server announces when these are lost. They are shown "
                "what this machine logs in with",
    },
    {
        .name = "Cluster",
        .type = VANE_OPTION_STRING,
        .default_value = "default",
        .help = "The cluster's name, one token of subjects: letters, digits, - and _",
    },
    {
        .name = "NodeName",
        .type = VANE_OPTION_STRING,
        .help = "This machine's name in the cluster, without commas; by default its host name",
    },
    {
        .name = "Tags",
        .type = VANE_OPTION_LIST,
        .help = "Words that this machine says of itself, such as role=edge",
    },
    {
        .name = "HostKeyFile",
        .type = VANE_OPTION_PATH,
        .help = "An Ed25519 key of OpenSSH that is this machine's key in the cluster, such as "
                "/etc/ssh/ssh_host_ed25519_key; by default the daemon's identity",
    },
    {
        .name = "JwtFile",
        .type = VANE_OPTION_PATH,
        .help = "A user's JWT for this machine's key; read at each connection",
    },
    {
        .name = "CredentialsFile",
        .type = VANE_OPTION_PATH,
        .help = "A JWT with the seed of its key, as nsc writes it; that key then logs in, instead "
                "of the machine's",
    },
    {
        .name = "Token",
        .type = VANE_OPTION_STRING,
        .flags = VANE_OPTION_SECRET,
        .help = "A token to log in with instead of the machine's key",
    },
    {
        .name = "User",
        .type = VANE_OPTION_STRING,
        .help = "A user to log in as instead of with the machine's key",
    },
    {
        .name = "Password",
        .type = VANE_OPTION_STRING,
        .flags = VANE_OPTION_SECRET,
        .help = "That user's password",
    },
    {
        .name = "TlsCaFile",
        .type = VANE_OPTION_PATH,
        .help = "Certificates of the authorities that servers are checked against; by default the "
                "system's",
    },
    {
        .name = "TlsCertificateFile",
        .type = VANE_OPTION_PATH,
        .help = "This machine's certificate, for servers that ask for one",
    },
    {
        .name = "TlsKeyFile",
        .type = VANE_OPTION_PATH,
        .help = "The key of that certificate",
    },
    {
        .name = "CallTimeout",
        .type = VANE_OPTION_TIME,
        .default_value = "25s",
        .minimum = 100000,
        .maximum = 3600000000,
        .help = "How long a service of D-Bus may take to answer a request from the cluster",
    },
    {
        .name = "MaxRequests",
        .type = VANE_OPTION_INTEGER,
        .default_value = "10000",
        .minimum = 1,
        .maximum = 100000,
        .help = "How many requests may be under way; more are answered with an error",
    },
    {
        .name = "Signals",
        .type = VANE_OPTION_STRING,
        .default_value =
            "type='signal',sender='org.freedesktop.systemd1' "
            "type='signal',sender='org.freedesktop.network1' "
            "type='signal',sender='org.freedesktop.login1' type='signal',sender='org.netvane1'",
        .help = "Match rules of D-Bus, separated by spaces: signals that go to the cluster; empty: "
                "none",
    },
    {
        .name = "Events",
        .type = VANE_OPTION_LIST,
        .default_value = "> !cluster.>",
        .help =
            "Patterns of topics: events of this machine that go to the cluster; those after a ! "
            "do not; empty: none",
    },
    {
        .name = "EventStream",
        .type = VANE_OPTION_STRING,
        .help =
            "A stream of JetStream that the events go to, from an outbox on the disk that keeps "
            "them until the stream has them; empty: they are published once, to whoever "
            "listens",
    },
    {
        .name = "EventStreamCreate",
        .type = VANE_OPTION_BOOL,
        .default_value = "no",
        .help = "Make that stream where there is none; one that is there is used as it is",
    },
    {
        .name = "EventStreamMaxAge",
        .type = VANE_OPTION_TIME,
        .default_value = "7d",
        .minimum = 0,
        .maximum = TEN_YEARS_US,
        .help = "How long a stream that is made keeps events; 0: for ever",
    },
    {
        .name = "EventStreamMaxSize",
        .type = VANE_OPTION_SIZE,
        .default_value = "1G",
        .minimum = 0,
        .maximum = INT64_C(1) << 50,
        .help = "How large a stream that is made becomes before the oldest events go; 0: without "
                "bound",
    },
    {
        .name = "EventOutboxMaxEvents",
        .type = VANE_OPTION_INTEGER,
        .default_value = "100000",
        .minimum = 1,
        .maximum = 100000000,
        .help = "How many events wait for the stream at most; then the oldest go",
    },
    {
        .name = "EventOutboxMaxSize",
        .type = VANE_OPTION_SIZE,
        .default_value = "128M",
        .minimum = 1 << 20,
        .maximum = INT64_C(1) << 40,
        .help = "How large the outbox may become; then the oldest events go",
    },
    {
        .name = "EventOutboxMaxAge",
        .type = VANE_OPTION_TIME,
        .default_value = "0",
        .minimum = 0,
        .maximum = TEN_YEARS_US,
        .help = "How long an event may wait for the stream, by this machine's clock; 0: however "
                "long",
    },
    {
        .name = "Networks",
        .type = VANE_OPTION_LIST,
        .default_value = "1",
        .help = "Networks of the cluster that this machine announces, as numbers from 1 to 65535; "
                "whose member "
                "it is there, the policies of the others say",
    },
    {
        .name = "PresenceInterval",
        .type = VANE_OPTION_TIME,
        .default_value = "30s",
        .minimum = 100000,
        .maximum = VANE_PRESENCE_INTERVAL_MOST_MS * INT64_C(1000),
        .help = "How often this machine says that it is there; the others take it for silent when "
                "three times are missed",
    },
    {
        .name = "TunnelTimeout",
        .type = VANE_OPTION_TIME,
        .default_value = "60s",
        .minimum = 1000000,
        .maximum = 3600000000,
        .help = "How long another machine may be silent where it owes an answer, or the servers be "
                "away, before connections with it (node: addresses of ports) end with an error",
    },
    {
        .name = "TunnelCloseTimeout",
        .type = VANE_OPTION_TIME,
        .default_value = "5min",
        .minimum = 1000000,
        .maximum = 3600000000,
        .help = "How long a connection with another machine that is closed here may wait for that "
                "machine, to take what was sent or to close too, while nothing more of it arrives "
                "there; then it is cut off",
    },
    {
        .name = "MemberTags",
        .type = VANE_OPTION_LIST,
        .help =
            "Tags that this machine gives to others, as NKEY=TAG, for Tags= of " VANE_GRANT_SECTION
            " and peer_given_tags of policies; what a machine says of itself gives no rights. Who "
            "is "
            "named is not forgotten when too many are there",
    },
    {
        .name = "Callers",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "NKeys of those who may, or \"anonymous\" for whoever the server lets in",
    },
    {
        .name = "Tags",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "Those to whom MemberTags= gives one of these tags may, too",
    },
    {
        .name = "Actions",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .default_value = "dbus.invoke",
        .help = "What they may: dbus.invoke, command.execute, connect, datagram",
    },
    {
        .name = "Destinations",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "At which bus names, with * and ?; by default at all",
    },
    {
        .name = "Paths",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "At which object paths, with * and ?; by default at all",
    },
    {
        .name = "Members",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "Which methods, or for command.execute which first words, with * and ?; by "
                "default all",
    },
    {
        .name = "Ports",
        .section = VANE_GRANT_SECTION,
        .type = VANE_OPTION_LIST,
        .help = "For connect and datagram: to which ports, as 7 or 8000-8010; by default all",
    },
};
