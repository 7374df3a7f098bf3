/* Bytes of JSON: base64 (RFC 4648), read with or without padding. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_BASE64_H
#define NETVANE_LIB_CEL_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes at most len * 3 / 4 bytes; returns how many, or -1 for what is no base64. */
ssize_t vane_cel_base64_decode(const char *text, size_t len, char *bytes);

#endif
