/* A link's DEVTYPE and driver. See identify.h. */
#include "engine/links/identify.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "engine/links/words.h"
#include "lib/cleanup.h"

#define UEVENT_MAX 1024

static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

char *vane_uevent_devtype(const char *text, uint32_t index)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 16);
    const char *devtype = NULL, *ifindex = NULL;
    guint64 number;

    for (char **line = lines; *line; line++) {
        if (value_of(*line, "DEVTYPE"))
            devtype = value_of(*line, "DEVTYPE");
        else if (value_of(*line, "IFINDEX"))
            ifindex = value_of(*line, "IFINDEX");
    }
    if (!ifindex || !g_ascii_string_to_unsigned(ifindex, 10, 1, UINT32_MAX, &number, NULL) ||
        number != index)
        return NULL;
    return g_strdup(devtype ? devtype : "");
}

static char *sysfs_devtype(const struct vane_rtnl_link *link)
{
    g_autofree char *path = g_strdup_printf("/sys/class/net/%s/uevent", link->name);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[UEVENT_MAX];
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (length < 0)
        return NULL;
    text[length] = '\0';
    return vane_uevent_devtype(text, link->index);
}

static char *ethtool_driver(int fd, const struct vane_rtnl_link *link)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq request = {.ifr_data = (void *)&info};
    struct ifreq check = {.ifr_ifindex = (int)link->index};

    if (fd < 0)
        return NULL;
    memcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
    if (ioctl(fd, SIOCETHTOOL, &request) < 0 || ioctl(fd, SIOCGIFNAME, &check) < 0 ||
        strncmp(check.ifr_name, link->name, IFNAMSIZ) != 0)
        return NULL;
    return info.driver[0] ? g_strndup(info.driver, sizeof(info.driver)) : NULL;
}

struct vane_link_identity *vane_link_identify(int ethtool_fd, const struct vane_rtnl_link *link)
{
    const char *known = link->kind[0] ? vane_kind_devtype(link->kind) : NULL;
    g_autofree char *devtype = known ? g_strdup(known) : sysfs_devtype(link);
    g_autofree char *driver =
        link->kind[0] ? g_strdup(vane_kind_driver(link->kind)) : ethtool_driver(ethtool_fd, link);
    struct vane_link_identity *identity =
        vane_link_identity_new(devtype && *devtype ? devtype : NULL, driver);

    identity->complete = devtype != NULL;
    return identity;
}
