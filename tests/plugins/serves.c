/* A server that answers with its option Word=; one variant takes a new word up with reload(). */
#include <stdio.h>
#include <string.h>

#include "plugin.h"

static struct vane_self *self;
static const struct vane_host *host;
static struct vane_port *port;
static char word[64];

static const struct vane_option table[] = {
    {.name = "Word", .type = VANE_OPTION_STRING, .default_value = "none", .help = "The answer"},
    {.name = "Secret",
     .type = VANE_OPTION_STRING,
     .help = "Not to be shown",
     .flags = VANE_OPTION_SECRET},
};

static int take_word(void)
{
    const char *text;
    int r = host->config->get_string(self, NULL, "Word", &text);

    if (r == 0)
        snprintf(word, sizeof(word), "%s", text);
    return r;
}

static void received(void *user, struct vane_connection *connection, const void *data,
                     size_t length)
{
    host->ports->send(self, connection, word, strlen(word));
}

static int init(struct vane_self *given, const struct vane_host *tables)
{
    struct vane_port_events events = {.size = sizeof(events), .received = received};
    const char *directory;
    char address[200];
    int r;

    self = given;
    host = tables;
    SAY("init");
    r = take_word();
    if (r == 0)
        r = host->config->runtime_directory(self, &directory);
    if (r < 0)
        return r;
    snprintf(address, sizeof(address), "unix:%s/" PLUGIN_NAME, directory);
    return host->ports->listen(self, address, NULL, &events, NULL, &port);
}

static int shutdown(struct vane_self *given)
{
    SAY("shutdown");
    return host->ports->unbind(self, port); /* with it go the clients that there are */
}

#ifdef RELOADS
static int reload(struct vane_self *given)
{
    SAY("reload");
    return take_word();
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(table), .init = init, .reload = reload, .shutdown = shutdown)
#else
TEST_PLUGIN(VANE_PLUGIN_OPTIONS(table), .init = init, .shutdown = shutdown)
#endif
