/*
 * Ports between machines, by commands and in the log. Port 9 echoes in a thread that reads and
 * writes a descriptor; port 10 takes datagrams, and answers those that begin with "ping". Inside
 * one of its callbacks it runs a command, once, or gives its connection up, when it was told to.
 */
#include <netvane/services/cluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

static struct vane_self *self;
static const struct vane_host *host;
static struct vane_port *datagrams;
static const struct vane_cluster_table *cluster;
static void *provider;
static struct vane_connection *dialling;
static struct vane_connection *echoing[16]; /* handed over; NULL: free */

static int say_result(struct vane_request *request, int r)
{
    char text[64];

    snprintf(text, sizeof(text), "{\"result\":%d}", r);
    return host->commands->reply(request, text, strlen(text));
}

/* ---- what it does inside a callback ---- */

static char inside[32], line[64];

static void executed(void *user, int error, const char *text, size_t length)
{
    SAY("executed: %d %.*s", error, (int)length, text);
}

static void execute(char *words_of_it)
{
    const char *words[8];
    uint32_t count = 0;

    for (char *word = strtok(words_of_it, " "); word && count < 8; word = strtok(NULL, " "))
        words[count++] = word;
    host->commands->execute(self, words, count, 0, 1, NULL, executed, NULL);
}

/* The descriptor stays open: only the connection tells that it is over. */
static void give_up(struct vane_connection *connection)
{
    int32_t fd = -1;
    int r = host->ports->stream(self, connection, &fd);

    SAY("gave up %d %d", r, host->ports->close(self, connection, 0));
}

/* Returns 1 when the connection is given up. */
static int act(const char *callback, struct vane_connection *connection)
{
    if (strcmp(inside, callback) != 0)
        return 0;
    inside[0] = '\0';
    SAY("inside %s: %s", callback, line);
    if (strcmp(line, "give up") == 0) {
        give_up(connection);
        return 1;
    }
    execute(line);
    return 0;
}

static int run_inside(void *user, struct vane_request *request)
{
    snprintf(inside, sizeof(inside), "%s", host->commands->argument(request, "CALLBACK"));
    snprintf(line, sizeof(line), "%s", host->commands->argument(request, "LINE"));
    return say_result(request, 0);
}

/* ---- an echo in a thread ---- */

static void echo(void *user)
{
    int fd = (int)(intptr_t)user;
    char bytes[4096];
    ssize_t length;

    while ((length = read(fd, bytes, sizeof(bytes))) > 0)
        for (ssize_t at = 0, n; at < length; at += n)
            if ((n = write(fd, bytes + at, (size_t)(length - at))) < 0)
                break;
    close(fd);
}

static void echoed(void *user)
{
    SAY("echo is over");
}

static struct vane_connection **place_of(const struct vane_connection *connection)
{
    for (size_t i = 0; i < sizeof(echoing) / sizeof(echoing[0]); i++)
        if (echoing[i] == connection)
            return &echoing[i];
    return NULL;
}

static int accepted(void *user, struct vane_connection *connection, void **connection_user)
{
    struct vane_connection_info info = {.size = sizeof(info)};
    int32_t fd = -1;
    int r = host->ports->info(self, connection, &info);

    SAY("accepted from %s at %s", info.remote, info.local);
    if (act("accepted", connection))
        return 0;
    if (r == 0 && !place_of(NULL))
        r = -EBUSY;
    if (r == 0)
        r = host->ports->stream(self, connection, &fd);
    if (r < 0)
        return r;
    *place_of(NULL) = connection;
    return host->loop->work(self, echo, echoed, (void *)(intptr_t)fd);
}

static void closed(void *user, struct vane_connection *connection, int error)
{
    struct vane_connection **place = place_of(connection);

    SAY("echo closed %d", error);
    act("closed", connection);
    if (place)
        *place = NULL;
}

/* ---- datagrams ---- */

static void datagram(void *user, const char *from, const void *data, size_t length)
{
    SAY("datagram %.*s (%zu) from %s", (int)(length < 20 ? length : 20), (const char *)data, length,
        from);
    act("datagram", NULL);
    if (length >= 4 && memcmp(data, "ping", 4) == 0)
        SAY("answer %d", host->ports->send_datagram(self, datagrams, from, "pong", 4));
}

static int run_send(void *user, struct vane_request *request)
{
    const char *to = host->commands->argument(request, "TO");
    const char *text = host->commands->argument(request, "TEXT");
    const char *count = host->commands->argument(request, "COUNT");
    size_t length = count ? strtoul(count, NULL, 10) : strlen(text);
    char *bytes = calloc(1, length + strlen(text) + 1);
    int r;

    memcpy(bytes, text, strlen(text));
    r = host->ports->send_datagram(self, datagrams, to, bytes, length);
    free(bytes);
    return say_result(request, r);
}

/* ---- dialling ---- */

static void connected(void *user, struct vane_connection *connection, int error)
{
    SAY("dialled %d", error);
    dialling = NULL;
    if (!act("connected", connection) && error == 0)
        host->ports->close(self, connection, 0);
}

static int run_dial(void *user, struct vane_request *request)
{
    const struct vane_port_events events = {.size = sizeof(events), .connected = connected};
    const char *timeout = host->commands->argument(request, "TIMEOUT");
    const struct vane_port_options how = {.size = sizeof(how),
                                          .dial_timeout_ms = (uint32_t)strtoul(timeout, NULL, 10)};

    return say_result(request, host->ports->dial(self, host->commands->argument(request, "TO"),
                                                 &how, &events, NULL, &dialling));
}

static int run_cancel(void *user, struct vane_request *request)
{
    return say_result(request, dialling ? host->ports->close(self, dialling, 0) : -ENOENT);
}

static int run_remove(void *user, struct vane_request *request)
{
    return say_result(
        request, cluster ? cluster->remove_peer(provider, host->commands->argument(request, "TO"))
                         : -ENOSYS);
}

static void changed(void *user, const void *table, void *given)
{
    cluster = table;
    provider = given;
}

/* ---- life ---- */

static int add(const char *syntax, int (*run)(void *user, struct vane_request *request))
{
    static const struct vane_command_word words[] = {
        {"nodes", "ports between machines"},
        {"send", "a datagram"},
        {"dial", "a port"},
        {"cancel", "the last dial"},
        {"remove", "a tunnel"},
        {"inside", "what to do inside a callback, once"},
        {"CALLBACK", "its name"},
        {"LINE", "a command, or give up"},
        {"TO", "an address or node"},
        {"TEXT", "what is sent"},
        {"TIMEOUT", "of a dial"},
        {"COUNT", "of bytes"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = syntax,
        .help = "A test",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = sizeof(words) / sizeof(words[0]),
        .run = run,
    };

    return host->commands->add(self, &command, NULL);
}

static int init(struct vane_self *given, const struct vane_host *tables)
{
    const struct vane_port_events echoes = {
        .size = sizeof(echoes), .accepted = accepted, .closed = closed};
    const struct vane_port_events receives = {.size = sizeof(receives), .datagram = datagram};
    struct vane_service_watch *watch;
    struct vane_port *port;
    int r;

    self = given;
    host = tables;
    r = host->ports->listen(self, "node:9", NULL, &echoes, NULL, &port);
    if (r == 0)
        r = host->ports->listen(self, "node:10", NULL, &receives, NULL, &datagrams);
    if (r == 0)
        r = host->services->watch(self, VANE_CLUSTER_SERVICE, VANE_CLUSTER_VERSION, changed, NULL,
                                  &watch);
    if (r == 0)
        r = add("nodes send TO TEXT [COUNT]", run_send);
    if (r == 0)
        r = add("nodes dial TO TIMEOUT", run_dial);
    if (r == 0)
        r = add("nodes cancel", run_cancel);
    if (r == 0)
        r = add("nodes inside CALLBACK LINE", run_inside);
    return r < 0 ? r : add("nodes remove TO", run_remove);
}

/* Threads that read see the end. */
static int stop(struct vane_self *given)
{
    for (size_t i = 0; i < sizeof(echoing) / sizeof(echoing[0]); i++)
        if (echoing[i])
            host->ports->close(self, echoing[i], 0);
    memset(echoing, 0, sizeof(echoing)); /* nobody is called about them any more */
    dialling = NULL;
    return 0;
}

static const char *const after[] = {"cluster", NULL};

TEST_PLUGIN(.after_plugins = after, .init = init, .shutdown = stop)
