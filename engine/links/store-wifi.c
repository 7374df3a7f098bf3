/* The network that a Wi-Fi link is connected to. See store.h. */
#include "engine/links/store-internal.h"

#include <errno.h>
#include <string.h>

static bool same_network(const struct vane_wifi_facts *a, const struct vane_wifi_facts *b)
{
    if (!a || !b)
        return a == b;
    return g_strcmp0(a->essid_hex, b->essid_hex) == 0 && strcmp(a->bssid, b->bssid) == 0;
}

int vane_link_store_set_wifi(struct vane_link_store *store, uint32_t index,
                             struct vane_wifi_facts *wifi)
{
    struct vane_link_record *record = vane_link_record_find(store, index);

    if (!record || same_network(record->wifi, wifi)) {
        vane_wifi_facts_unref(wifi);
        return record ? 0 : -ENODEV;
    }
    /* The event of an end still names the network that was left. */
    if (!wifi)
        vane_link_store_publish(store, "wifi.disconnected", record, NULL, 0);
    vane_wifi_facts_unref(record->wifi);
    record->wifi = wifi;
    vane_link_record_touch(record);
    if (wifi)
        vane_link_store_publish(store, "wifi.connected", record, NULL, 0);
    return 0;
}
