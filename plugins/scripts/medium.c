/* Speed, duplex and port of a link, by ETHTOOL_GLINKSETTINGS of linux/ethtool.h. */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "lib/cleanup.h"
#include "plugins/scripts/facts.h"

#define MEGABIT 1000000u

/* With room for the three masks of link modes, whose length the kernel tells at the first call. */
union settings {
    struct ethtool_link_settings head;
    uint32_t room[sizeof(struct ethtool_link_settings) / sizeof(uint32_t) + 3 * INT8_MAX];
};

static int ask(int fd, const char *interface_name, void *request)
{
    struct ifreq ifr = {.ifr_data = request};

    strncpy(ifr.ifr_name, interface_name, IFNAMSIZ - 1);
    return ioctl(fd, SIOCETHTOOL, &ifr);
}

/* The first call fails on purpose and leaves the length of the masks, negative. */
static int ask_settings(int fd, const char *interface_name, union settings *settings)
{
    settings->head.cmd = ETHTOOL_GLINKSETTINGS;
    if (ask(fd, interface_name, settings) < 0 || settings->head.link_mode_masks_nwords >= 0)
        return -1;
    settings->head.link_mode_masks_nwords = (int8_t)-settings->head.link_mode_masks_nwords;
    settings->head.cmd = ETHTOOL_GLINKSETTINGS;
    return ask(fd, interface_name, settings);
}

void vane_facts_medium(struct vane_medium *medium, const char *interface_name)
{
    _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    union settings settings = {0};
    uint32_t speed;

    if (fd < 0 || ask_settings(fd, interface_name, &settings) < 0)
        return;
    speed = settings.head.speed;
    medium->known = true;
    medium->autonegotiation = settings.head.autoneg;
    medium->duplex = settings.head.duplex;
    medium->port = settings.head.port;
    medium->speed = speed == (uint32_t)SPEED_UNKNOWN ? 0 : (uint64_t)speed * MEGABIT;
}
