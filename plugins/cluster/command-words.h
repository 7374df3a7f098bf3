/* The words of a command as they come over NATS: a JSON array of texts. A pure function. */
#ifndef NETVANE_CLUSTER_COMMAND_WORDS_H
#define NETVANE_CLUSTER_COMMAND_WORDS_H

#include <stddef.h>

#define VANE_COMMAND_WORDS_MAX 1024u
#define VANE_COMMAND_BYTES_MAX ((size_t)1 << 20)

/* One or more, to be freed with g_strfreev(); NULL: it is something else, or beyond a bound. */
char **vane_command_words_parse(const char *text, size_t length);

#endif
