/*
 * Neighbours by LLDP (IEEE 802.1AB), as systemd-networkd keeps them for networkctl(1): frames, each
 * with its length in front as 64 bits, little-endian. Pure.
 */
#ifndef NETVANE_SCRIPTS_LLDP_H
#define NETVANE_SCRIPTS_LLDP_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* Appends "NAME on port ID (DESCRIPTION)" for each, to be freed with g_free(). What is no frame
 * ends it. */
void vane_lldp_read(const uint8_t *data, size_t length, GPtrArray *texts);

#endif
