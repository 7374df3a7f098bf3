/* What the files that describe a link share. See status.h. */
#ifndef NETVANE_SCRIPTS_DESCRIBE_H
#define NETVANE_SCRIPTS_DESCRIBE_H

#include "plugins/scripts/status.h"

struct vane_description {
    const struct vane_bus *bus;
    const struct vane_payload *link;
    const struct vane_facts *facts;
    struct vane_document *document;
};

/* The value of a key of networkd's runtime files, or NULL. */
const char *vane_describe_file(const struct vane_description *about, const char *key);

/* The snapshot's word, else that of networkd's file, else `otherwise` (NULL: no such label). */
void vane_describe_text(const struct vane_description *about, const char *label, const char *name,
                        const char *key, const char *otherwise);

/* The words of a text, one value each. */
void vane_describe_words(const struct vane_description *about, const char *label,
                         const char *words);

/* The snapshot's list, else the words of networkd's file. */
void vane_describe_list(const struct vane_description *about, const char *label, const char *name,
                        const char *key);

/* A value with the maker of the card behind it, when that is known. */
void vane_describe_with_vendor(const struct vane_description *about, const char *label,
                               const char *value, const char *hardware_address);

/* Addresses, gateways, names, and what networkd wants with the link. */
void vane_describe_network(const struct vane_description *about);

/* What the DHCP client got and how it is known to the server. */
void vane_describe_dhcp(const struct vane_description *about);

#endif
