/* The plugin's options, read from the checked configuration. */
#include <string.h>

#include "plugins/socketbus/socketbus.h"

static int64_t number_option(const struct vane_socketbus *bus, const char *name)
{
    int64_t value = 0;

    (void)bus->host->config->get_int64(bus->self, NULL, name, &value);
    return value;
}

/* A path is a Unix socket, and a bare name one in the daemon's own directory. */
static char *address_of(const struct vane_socketbus *bus, const char *word)
{
    const char *directory = "/run/netvane";

    if (word[0] == '/')
        return g_strconcat("unix:", word, NULL);
    if (strchr(word, ':'))
        return g_strdup(word);
    (void)bus->host->config->runtime_directory(bus->self, &directory);
    return g_strconcat("unix:", directory, "/", word, NULL);
}

static char **addresses_option(const struct vane_socketbus *bus, const char *name)
{
    const char *const *words;
    GPtrArray *addresses = g_ptr_array_new();
    uint32_t count;

    if (bus->host->config->get_list(bus->self, NULL, name, &words, &count) < 0)
        count = 0;
    for (uint32_t i = 0; i < count; i++)
        g_ptr_array_add(addresses, address_of(bus, words[i]));
    g_ptr_array_add(addresses, NULL);
    return (char **)g_ptr_array_free(addresses, FALSE);
}

void vane_socketbus_options_read(struct vane_socketbus *bus, struct vane_socketbus_options *options)
{
    *options = (struct vane_socketbus_options){
        .listen = addresses_option(bus, "Listen"),
        .compat = addresses_option(bus, "CompatListen"),
        .queue_length = (uint32_t)number_option(bus, "QueueLength"),
        .queue_size = (uint64_t)number_option(bus, "QueueSize"),
        .queue_memory = (uint64_t)number_option(bus, "QueueMemory"),
        .max_clients = (uint32_t)number_option(bus, "MaxClients"),
        .max_clients_per_user = (uint32_t)number_option(bus, "MaxClientsPerUser"),
    };
}

void vane_socketbus_options_clear(struct vane_socketbus_options *options)
{
    g_clear_pointer(&options->listen, g_strfreev);
    g_clear_pointer(&options->compat, g_strfreev);
}
