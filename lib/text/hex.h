/* Bytes as hexadecimal digits and back. */
#ifndef NETVANE_LIB_TEXT_HEX_H
#define NETVANE_LIB_TEXT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Lower case, no separators: 2 * len digits and a NUL into `out`. */
void vane_text_hex(const void *bytes, size_t len, char *out);

/* Exactly 2 * len digits, of either case, up to the end of `text`. -EINVAL otherwise; `bytes` is
 * then undefined. */
int vane_text_unhex(const char *text, uint8_t *bytes, size_t len);

#endif
