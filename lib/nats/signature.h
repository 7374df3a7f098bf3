/* Signatures of D-Bus types (specification, "Type System"), walked one complete type at a time. */
#ifndef NETVANE_LIB_NATS_SIGNATURE_H
#define NETVANE_LIB_NATS_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#define VANE_SIGNATURE_MAX   255
#define VANE_SIGNATURE_DEPTH 32 /* of arrays, and of structs */

/* The length of the complete type at the beginning; 0: there is none. */
size_t vane_signature_next(const char *signature);

/* Zero or more complete types. */
bool vane_signature_valid(const char *signature);

/* Exactly one complete type. */
bool vane_signature_single(const char *signature);

/* How many complete types a valid signature has. */
size_t vane_signature_count(const char *signature);

#endif
