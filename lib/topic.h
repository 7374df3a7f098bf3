/*
 * Topics and patterns: dotted tokens, matched as NATS subjects. Pure functions.
 */
#ifndef NETVANE_LIB_TOPIC_H
#define NETVANE_LIB_TOPIC_H

#include <stdbool.h>

#define VANE_TOPIC_MAX    128  /* bytes */
#define VANE_PATTERNS_MAX 4096 /* bytes of a whole list */

/* One or more tokens of [a-z0-9_-], separated by single dots. */
bool vane_topic_valid(const char *topic);

/* One or more patterns separated by spaces; `*` stands for one token, a trailing `>` for one or
 * more. Wildcards are whole tokens. */
bool vane_patterns_valid(const char *patterns);

/* Both must be valid. */
bool vane_patterns_match(const char *patterns, const char *topic);

#endif
