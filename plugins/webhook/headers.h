/*
 * Further headers of an endpoint, each as "Name: value". They may be worth as much as a key
 * (Authorization), and are kept as keys are: in memory that is neither swapped nor dumped.
 */
#ifndef NETVANE_WEBHOOK_HEADERS_H
#define NETVANE_WEBHOOK_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* An empty list. Its elements, char *, go with it. */
GPtrArray *vane_headers_new(void);

/*
 * Appends the headers of a text, "Name: value" several times with `separator` in between; with a
 * newline as separator empty lines are passed over. -EINVAL with `why`: a name that is no token or
 * that the plugin sets itself, a value with control characters. -ENOMEM with `why`. Pure, but for
 * the memory.
 */
int vane_headers_parse(const char *text, size_t length, char separator, GPtrArray *headers,
                       const char **why);

/* By its name (Authorization, X-Api-Key, Cookie ...) or the scheme of its value (Bearer ...). Pure.
 */
bool vane_header_is_credential(const char *header);

#endif
