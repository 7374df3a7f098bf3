/* What each kind of link has to tell beyond others, from the kernel's IFLA_INFO_DATA. */
#ifndef NETVANE_SCRIPTS_KINDS_H
#define NETVANE_SCRIPTS_KINDS_H

#include <stdint.h>

#include <netlink/attr.h>

#include "plugins/scripts/facts.h"

/* More than any of these kinds has. */
#define VANE_KIND_ATTRIBUTES 64

/* Appends label and value. */
void vane_details_add(vane_details *details, const char *label, char *value);

/* Has a kind any? */
bool vane_kind_has_details(const char *kind);
bool vane_tunnel_has_details(const char *kind);

/* Fills in the details of one kind, when it has any. */
void vane_kind_details(vane_details *details, const char *kind, struct nlattr *data);

/* The same for the kinds with two ends; `data` are the parsed attributes. */
void vane_tunnel_details(vane_details *details, const char *kind, struct nlattr *const *data);

/* Values of attributes; 0 or NULL when there is none or it is of another size. */
uint32_t vane_attribute_u32(struct nlattr *const *attributes, int type);
uint16_t vane_attribute_u16(struct nlattr *const *attributes, int type);
uint8_t vane_attribute_u8(struct nlattr *const *attributes, int type);
/* As text; NULL also for the unspecified address. g_free() it. */
char *vane_attribute_address(struct nlattr *const *attributes, int type, int family);

/* "2.360s", "5min 500ms", "0": a time span as networkctl(1) shows it. g_free() it. */
char *vane_span_text(uint64_t milliseconds);

#endif
