/* What udev knows of a network card: properties by sd-device(3), makers by sd-hwdb. */
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-device.h>
#include <systemd/sd-hwdb.h>
#include <unistd.h>

#include "plugins/scripts/facts.h"

static sd_hwdb *hardware;    /* mapped at first use */
static bool hardware_opened; /* tried; there may be none */

static char *property(sd_device *device, const char *name)
{
    const char *value;

    return sd_device_get_property_value(device, name, &value) < 0 ? NULL : g_strdup(value);
}

static char *property_of(sd_device *device, const char *name, const char *otherwise)
{
    char *value = property(device, name);

    return value ? value : property(device, otherwise);
}

void vane_facts_udev(struct vane_facts *facts, uint32_t ifindex)
{
    g_autofree char *database = g_strdup_printf("/run/udev/data/n%u", ifindex);
    sd_device *device = NULL;

    if (access(database, F_OK) < 0)
        return; /* none of what follows could be known */
    if (sd_device_new_from_ifindex(&device, (int)ifindex) < 0)
        return;
    facts->link_file = property(device, "ID_NET_LINK_FILE");
    facts->driver = property(device, "ID_NET_DRIVER");
    facts->path = property(device, "ID_PATH");
    facts->vendor = property_of(device, "ID_VENDOR_FROM_DATABASE", "ID_VENDOR");
    facts->model = property_of(device, "ID_MODEL_FROM_DATABASE", "ID_MODEL");
    sd_device_unref(device);
}

static sd_hwdb *hardware_database(void)
{
    if (!hardware_opened && sd_hwdb_new(&hardware) < 0)
        hardware = NULL;
    hardware_opened = true;
    return hardware;
}

void vane_facts_release(void)
{
    hardware = sd_hwdb_unref(hardware);
    hardware_opened = false;
}

bool vane_facts_have_vendors(void)
{
    return hardware_database() != NULL;
}

/* 00:00:00 is assigned to Xerox, and used by everybody who has no address. */
static bool tells_a_maker(const struct ether_addr *address)
{
    static const uint8_t nobody[3];

    return memcmp(address->ether_addr_octet, nobody, sizeof(nobody)) != 0;
}

char *vane_facts_vendor(const char *hardware_address)
{
    struct ether_addr address;
    char alias[] = "OUI:001122334455";
    const char *vendor;
    const uint8_t *octet = address.ether_addr_octet;

    if (strlen(hardware_address) != strlen("00:11:22:33:44:55") ||
        !ether_aton_r(hardware_address, &address) || !tells_a_maker(&address) ||
        !hardware_database())
        return NULL;
    snprintf(alias, sizeof(alias), "OUI:%02X%02X%02X%02X%02X%02X", octet[0], octet[1], octet[2],
             octet[3], octet[4], octet[5]);
    return sd_hwdb_get(hardware, alias, "ID_OUI_FROM_DATABASE", &vendor) < 0 ? NULL
                                                                             : g_strdup(vendor);
}
