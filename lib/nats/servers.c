/* Which servers there are to try. See client-internal.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/nats/client-internal.h"

#define ANNOUNCED_MAX 64u

guint vane_nats_server_count(const struct vane_nats *client)
{
    return client->server_count + client->announced->len;
}

const char *vane_nats_server(const struct vane_nats *client, guint number)
{
    if (number < client->server_count)
        return client->options.servers[number];
    number -= client->server_count;
    return number < client->announced->len ? client->announced->pdata[number]
                                           : client->options.servers[0];
}

/* Behind scheme, user and password. */
static const char *host_of(const char *url)
{
    const char *host = strstr(url, "://"), *end;

    host = host ? host + strlen("://") : url;
    end = strrchr(host, '@');
    return end ? end + 1 : host;
}

static bool is_known(const struct vane_nats *client, const char *url)
{
    for (guint i = 0; i < vane_nats_server_count(client); i++)
        if (strcmp(host_of(vane_nats_server(client, i)), host_of(url)) == 0)
            return true;
    return false;
}

/* As the one that has announced it was reached: with TLS or without, and as the same user. */
static void add(struct vane_nats *client, const char *announced, const char *by)
{
    if (client->announced->len < ANNOUNCED_MAX && !is_known(client, announced))
        g_ptr_array_add(client->announced,
                        g_strdup_printf("%.*s%s", (int)(host_of(by) - by), by, host_of(announced)));
}

/* One that says nothing has not taken back what was said before. libnats' array is malloc()'s. */
void vane_nats_discover(struct vane_nats *client, natsConnection *connection, const char *url)
{
    g_autofree char *by = g_strdup(url);
    char **servers = NULL;
    int count = 0;

    if (!client->options.discover || client->library->natsConnection_GetDiscoveredServers(
                                         connection, &servers, &count) != NATS_OK)
        return;
    if (count > 0)
        g_ptr_array_set_size(client->announced, 0);
    for (int i = 0; i < count; i++) {
        add(client, servers[i], by);
        free(servers[i]);
    }
    free((void *)servers);
}
