/* Names of D-Bus (specification, "Valid Names" and "Valid Object Paths"), checked. */
#ifndef NETVANE_LIB_NATS_NAMES_H
#define NETVANE_LIB_NATS_NAMES_H

#include <stdbool.h>

#define VANE_DBUS_NAME_MAX 255
/* A longer path is legal on D-Bus, but not a subject that a server takes (max_control_line). */
#define VANE_DBUS_PATH_MAX 2048

bool vane_dbus_is_bus_name(const char *text); /* well-known, or unique with its colon */
bool vane_dbus_is_path(const char *text);
bool vane_dbus_is_interface(const char *text);
bool vane_dbus_is_member(const char *text);

#endif
