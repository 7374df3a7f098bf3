/*
 * The words of networkctl(1) that have a script directory. A word from the bus is only ever looked
 * up here; what becomes part of a path is the table's own string.
 */
#ifndef NETVANE_SCRIPTS_STATES_H
#define NETVANE_SCRIPTS_STATES_H

#include <stdbool.h>

enum vane_state_kind {
    VANE_STATE_ADMINISTRATIVE,
    VANE_STATE_OPERATIONAL,
};

#define VANE_STATE_LINGER "linger"

/* The table's own copy of a word, or NULL when there is no such state. */
const char *vane_state_lookup(enum vane_state_kind kind, const char *word);

/* The n-th word of a kind, from 0; NULL after the last. */
const char *vane_state_at(enum vane_state_kind kind, unsigned n);

/* Is it a state of either kind, or one of the two address triggers? */
bool vane_state_is_reserved(const char *word);

/* May an event topic name a directory? Two or more dotted tokens of [a-z0-9_-]; what has no dot is
 * a state or nothing. Scripts' own events run no scripts. */
bool vane_topic_is_directory(const char *topic);

/* Why nothing in WORD.d is ever run, to be freed; NULL: it may be. */
char *vane_directory_objection(const char *word);

#endif
