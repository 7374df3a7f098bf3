/* Addresses of ports, from text and to text. See address.h. */
#include "engine/ports/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"

static int refuse(const char **problem, const char *reason)
{
    *problem = reason;
    return -EINVAL;
}

static int parse_unix(const char *path, struct vane_address *address, const char **problem)
{
    struct sockaddr_un *un = &address->socket.un;
    size_t length = strlen(path);

    if (path[0] == '@')
        return refuse(problem, "abstract Unix sockets have no owner and are not supported");
    if (path[0] != '/')
        return refuse(problem, "the path of a Unix socket must be absolute");
    if (length >= sizeof(un->sun_path))
        return refuse(problem, "the path of a Unix socket has at most 107 bytes");
    address->kind = VANE_ADDRESS_UNIX;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, length + 1);
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

static int parse_port(const char *text, uint16_t *port, const char **problem)
{
    unsigned value = 0;

    if (!*text || strlen(text) > 5)
        return refuse(problem, "a port is a number from 0 to 65535");
    for (; *text; text++) {
        if (!g_ascii_isdigit(*text))
            return refuse(problem, "a port is a number from 0 to 65535");
        value = value * 10 + (unsigned)(*text - '0');
    }
    if (value > UINT16_MAX)
        return refuse(problem, "a port is a number from 0 to 65535");
    *port = (uint16_t)value;
    return 0;
}

static int set_ipv6(const char *host, struct vane_address *address, const char **problem)
{
    const char *zone = strchr(host, '%');
    g_autofree char *literal = g_strndup(host, zone ? (size_t)(zone - host) : strlen(host));

    if (inet_pton(AF_INET6, literal, &address->socket.in6.sin6_addr) != 1)
        return refuse(problem, "what is in brackets is no IPv6 address");
    if (zone && (!zone[1] || strlen(zone + 1) >= sizeof(address->zone)))
        return refuse(problem, "after % comes the name of an interface");
    if (zone)
        g_strlcpy(address->zone, zone + 1, sizeof(address->zone));
    address->kind = VANE_ADDRESS_INET;
    address->socket.in6.sin6_family = AF_INET6;
    address->socket.in6.sin6_port = htons(address->port);
    address->length = sizeof(address->socket.in6);
    return 0;
}

static bool is_host_name(const char *host)
{
    size_t length = strlen(host);

    if (length == 0 || length > 253 || host[0] == '-' || host[0] == '.')
        return false;
    for (const char *at = host; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("-._", *at))
            return false;
    return true;
}

/* The resolver would take "1.2.3" or "256.1.1.1" for numbers in forms that nobody means. */
static bool looks_numeric(const char *host)
{
    return host[strspn(host, "0123456789.")] == '\0';
}

static int set_host(const char *host, struct vane_address *address, const char **problem)
{
    if (inet_pton(AF_INET, host, &address->socket.in.sin_addr) == 1) {
        address->kind = VANE_ADDRESS_INET;
        address->socket.in.sin_family = AF_INET;
        address->socket.in.sin_port = htons(address->port);
        address->length = sizeof(address->socket.in);
        return 0;
    }
    if (strchr(host, ':'))
        return refuse(problem, "an IPv6 address must stand in brackets");
    if (looks_numeric(host) || !is_host_name(host))
        return refuse(problem, "this is neither an IP address nor a host name");
    address->kind = VANE_ADDRESS_HOST;
    g_strlcpy(address->name, host, sizeof(address->name));
    return 0;
}

/* HOST:PORT */
static int parse_inet(const char *text, struct vane_address *address, const char **problem)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = NULL;
    int r;

    if (!colon)
        return refuse(problem, "the port is missing");
    r = parse_port(colon + 1, &address->port, problem);
    if (r < 0)
        return r;
    if (text[0] != '[') {
        host = g_strndup(text, (size_t)(colon - text));
        return set_host(host, address, problem);
    }
    if (colon < text + 2 || colon[-1] != ']')
        return refuse(problem, "the bracket is not closed");
    host = g_strndup(text + 1, (size_t)(colon - text) - 2);
    return set_ipv6(host, address, problem);
}

static int parse_fd(const char *name, struct vane_address *address, const char **problem)
{
    if (!*name || strlen(name) >= sizeof(address->name) || strchr(name, ':'))
        return refuse(problem, "the name of a passed-in socket has 1 to 255 bytes and no colon");
    address->kind = VANE_ADDRESS_FD;
    g_strlcpy(address->name, name, sizeof(address->name));
    return 0;
}

/* PORT or NODE:PORT */
static int parse_node(const char *text, struct vane_address *address, const char **problem)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;

    if (colon && (length == 0 || length >= sizeof(address->name)))
        return refuse(problem, "the name of the node is missing or too long");
    address->kind = VANE_ADDRESS_NODE;
    memcpy(address->name, text, length);
    return parse_port(colon ? colon + 1 : text, &address->port, problem);
}

static const struct {
    const char *scheme;
    int type;
    int (*parse)(const char *rest, struct vane_address *address, const char **problem);
} schemes[] = {
    {"unix:", SOCK_STREAM, parse_unix},         {"unix-seqpacket:", SOCK_SEQPACKET, parse_unix},
    {"unix-datagram:", SOCK_DGRAM, parse_unix}, {"tcp:", SOCK_STREAM, parse_inet},
    {"udp:", SOCK_DGRAM, parse_inet},           {"fd:", 0, parse_fd},
    {"node:", SOCK_STREAM, parse_node},
};

int vane_address_parse(const char *text, struct vane_address *address, const char **problem)
{
    struct vane_address parsed = {0};

    if (strnlen(text, VANE_ADDRESS_MAX) == VANE_ADDRESS_MAX)
        return refuse(problem, "an address has less than 512 bytes");
    for (size_t i = 0; i < ELEMENTS(schemes); i++) {
        size_t length = strlen(schemes[i].scheme);
        int r;

        if (strncmp(text, schemes[i].scheme, length) != 0)
            continue;
        parsed.type = schemes[i].type;
        r = schemes[i].parse(text + length, &parsed, problem);
        if (r == 0)
            *address = parsed;
        return r;
    }
    return refuse(problem, "an address begins with unix:, unix-seqpacket:, unix-datagram:, tcp:, "
                           "udp:, fd: or node:");
}

int vane_address_resolve_zone(struct vane_address *address)
{
    if (!address->zone[0])
        return 0;
    address->socket.in6.sin6_scope_id = if_nametoindex(address->zone);
    if (address->socket.in6.sin6_scope_id == 0)
        return -ENODEV;
    return 0;
}

static char *format_unix(int type, const struct sockaddr_un *un, socklen_t length)
{
    const char *scheme = type == SOCK_STREAM      ? "unix"
                         : type == SOCK_SEQPACKET ? "unix-seqpacket"
                                                  : "unix-datagram";
    size_t room = length - offsetof(struct sockaddr_un, sun_path);

    if (length <= offsetof(struct sockaddr_un, sun_path) || un->sun_path[0] != '/')
        return NULL;
    return g_strdup_printf("%s:%.*s", scheme, (int)MIN(room, sizeof(un->sun_path)), un->sun_path);
}

static char *format_ipv6(const char *scheme, const struct sockaddr_in6 *in6)
{
    char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE] = "";

    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
    if (in6->sin6_scope_id != 0 && !if_indextoname(in6->sin6_scope_id, zone))
        zone[0] = '\0';
    return g_strdup_printf("%s:[%s%s%s]:%u", scheme, host, zone[0] ? "%" : "", zone,
                           ntohs(in6->sin6_port));
}

char *vane_address_format(int type, const union vane_socket_address *socket, socklen_t length)
{
    const char *scheme = type == SOCK_DGRAM ? "udp" : "tcp";
    char host[INET_ADDRSTRLEN];

    if (length < sizeof(sa_family_t))
        return NULL;
    if (socket->any.sa_family == AF_UNIX)
        return format_unix(type, &socket->un, length);
    if (socket->any.sa_family == AF_INET6)
        return format_ipv6(scheme, &socket->in6);
    if (socket->any.sa_family != AF_INET)
        return NULL;
    inet_ntop(AF_INET, &socket->in.sin_addr, host, sizeof(host));
    return g_strdup_printf("%s:%s:%u", scheme, host, ntohs(socket->in.sin_port));
}
