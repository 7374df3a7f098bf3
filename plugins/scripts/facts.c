/* Everything that is known of a link beyond its snapshot, gathered. See facts.h. */
#include "plugins/scripts/facts.h"

#define NETWORKD_FILES "/run/systemd/netif"

void vane_facts_init(struct vane_facts *facts)
{
    *facts = (struct vane_facts){
        .details = g_ptr_array_new_with_free_func(g_free),
        .files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .neighbours = g_ptr_array_new_with_free_func(g_free),
    };
}

void vane_facts_collect(struct vane_facts *facts, uint32_t ifindex, const char *interface_name,
                        const char *kind)
{
    vane_facts_medium(&facts->medium, interface_name);
    vane_facts_details(facts->details, ifindex, kind);
    vane_facts_udev(facts, ifindex);
    vane_facts_files(facts->files, NETWORKD_FILES, ifindex);
    vane_facts_lldp(facts->neighbours, NETWORKD_FILES, ifindex);
}

void vane_facts_clear(struct vane_facts *facts)
{
    g_clear_pointer(&facts->details, g_ptr_array_unref);
    g_clear_pointer(&facts->files, g_hash_table_unref);
    g_clear_pointer(&facts->neighbours, g_ptr_array_unref);
    g_clear_pointer(&facts->link_file, g_free);
    g_clear_pointer(&facts->path, g_free);
    g_clear_pointer(&facts->driver, g_free);
    g_clear_pointer(&facts->vendor, g_free);
    g_clear_pointer(&facts->model, g_free);
}
