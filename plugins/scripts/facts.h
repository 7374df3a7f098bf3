/*
 * What networkctl(1) shows of a link beyond its snapshot: asked of the kernel, of udev's database
 * and of networkd's runtime files at the moment a script needs it. Nothing here waits for anybody.
 */
#ifndef NETVANE_SCRIPTS_FACTS_H
#define NETVANE_SCRIPTS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* What the driver says about the medium, ethtool(8). */
struct vane_medium {
    bool known;
    uint8_t autonegotiation; /* AUTONEG_... */
    uint8_t duplex;          /* DUPLEX_... */
    uint8_t port;            /* PORT_... */
    uint64_t speed;          /* bit/s; 0: unknown */
};

/* What the kind of link has beyond others (bridge, bond ...): label and value, in turns. */
typedef GPtrArray vane_details;

struct vane_facts {
    struct vane_medium medium;
    vane_details *details;
    GHashTable *files;     /* networkd's: "SIP", "DHCP6_CLIENT_DUID" ...; lease: "lease:TIMEZONE" */
    GPtrArray *neighbours; /* by LLDP, as texts */
    char *link_file, *path, *driver, *vendor, *model; /* udev; NULL: unknown */
};

/* Any of these may know nothing; then the members stay as they are. */
void vane_facts_medium(struct vane_medium *medium, const char *interface_name);
void vane_facts_details(vane_details *details, uint32_t ifindex, const char *kind);
void vane_facts_udev(struct vane_facts *facts, uint32_t ifindex);
void vane_facts_files(GHashTable *files, const char *directory, uint32_t ifindex);
void vane_facts_lldp(GPtrArray *neighbours, const char *directory, uint32_t ifindex);

/* All of them; `kind` may be NULL. Free with vane_facts_clear(). */
void vane_facts_collect(struct vane_facts *facts, uint32_t ifindex, const char *interface_name,
                        const char *kind);
void vane_facts_init(struct vane_facts *facts);
void vane_facts_clear(struct vane_facts *facts);

/* The maker of a network card by its address "aa:bb:cc:dd:ee:ff", or NULL. g_free() it. */
char *vane_facts_vendor(const char *hardware_address);

/* Is there a hardware database at all? */
bool vane_facts_have_vendors(void);

/* The hardware address of a neighbour on a link, or NULL. g_free() it. */
char *vane_facts_neighbour(uint32_t ifindex, const char *address);

/* Gives back what was kept between calls (the hardware database). */
void vane_facts_release(void);

#endif
