/* A script's variables. See environment.h. */
#include "plugins/scripts/environment.h"

#include <stdbool.h>
#include <string.h>

#include "plugins/scripts/addresses.h"

static bool fits(const char *text)
{
    return strlen(text) <= VANE_VARIABLE_MAX;
}

static void add(GPtrArray *variables, const char *name, const char *value)
{
    g_ptr_array_add(variables, g_strconcat(name, "=", value ? value : "", NULL));
}

static void add_addresses(GPtrArray *variables, const struct vane_environment *environment)
{
    const GPtrArray *addresses = vane_document_list(environment->document, "Address");
    const char *first = addresses && addresses->len ? g_ptr_array_index(addresses, 0) : "";
    g_autofree char *ipv4 = vane_addresses_join(addresses, FALSE, VANE_VARIABLE_MAX);
    g_autofree char *ipv6 = vane_addresses_join(addresses, TRUE, VANE_VARIABLE_MAX);

    add(variables, "ADDR", environment->address ? environment->address : first);
    add(variables, "IP_ADDRS", ipv4);
    add(variables, "IP6_ADDRS", ipv6);
}

static void add_event(GPtrArray *variables, const struct vane_environment *environment)
{
    if (environment->event_id) {
        add(variables, "NETVANE_EVENT_ID", environment->event_id);
        add(variables, "NETVANE_TOPIC", environment->topic);
    }
    if (environment->event && fits(environment->event))
        add(variables, "NETVANE_EVENT", environment->event);
    if (environment->event_file)
        add(variables, "NETVANE_EVENT_FILE", environment->event_file);
}

char **vane_environment_build(const struct vane_environment *environment)
{
    GPtrArray *variables = g_ptr_array_new();

    add(variables, "IFACE", environment->interface_name);
    add(variables, "STATE", environment->state);
    add_addresses(variables, environment);
    add(variables, "ESSID", vane_document_text(environment->document, "ESSID"));
    add(variables, "AdministrativeState",
        vane_document_text(environment->document, "AdministrativeState"));
    add(variables, "OperationalState",
        vane_document_text(environment->document, "OperationalState"));
    if (fits(environment->json))
        add(variables, "json", environment->json);
    add_event(variables, environment);
    g_ptr_array_add(variables, NULL);
    return (char **)g_ptr_array_free(variables, FALSE);
}

char *vane_environment_file_text(const char *event, const char *json)
{
    if (fits(json))
        return event && !fits(event) ? g_strdup(event) : NULL;
    if (!event)
        return g_strdup_printf("{\"json\":%s}", json);
    return g_strdup_printf("%.*s,\"json\":%s}", (int)strlen(event) - 1, event, json);
}
