/*
 * What rules are about: topics of events and actions of the gate, and the names that an expression
 * about one may use. What is known of them is made from docs/events.md and docs/policy.md.
 */
#ifndef NETVANE_LIB_POLICY_SUBJECTS_H
#define NETVANE_LIB_POLICY_SUBJECTS_H

#include <stdbool.h>

#include <glib.h>

#include "lib/cel/cel.h"

enum vane_policy_side {
    VANE_POLICY_EVENT = 1 << 0, /* it has happened */
    VANE_POLICY_GATE = 1 << 1,  /* somebody asks whether it may happen */
};

/* A topic, an action, or a pattern over both. */
bool vane_policy_on_valid(const char *on);

/* What a subject is matched by: `on` itself, or a pattern. "join", "leave" and "cycle" are matched
 * by their own names only, so that a rule about everything does not wake the machine up. */
bool vane_policy_on_matches(const char *on, const char *subject);

/*
 * The sides that `on` can be of: those of the documented subjects that it matches; both when there
 * is none, as plugins may bring their own. 0: there can be none, as its first token belongs to
 * documented ones.
 */
unsigned vane_policy_sides(const char *on);

/* Does its first token belong to documented ones, so that nobody else can bring it? */
bool vane_policy_taken(const char *on);

/* A documented one that was maybe meant; else NULL. */
const char *vane_policy_nearest(const char *on);

/* Is it, or does it match, a documented one? */
bool vane_policy_documented(const char *on);

/*
 * The names for expressions about `on`: those of all documented subjects that it matches, then the
 * `optional` ones and those that `facts` are set under ("facts.NAME"), then what is always there.
 * An array of struct vane_cel_name; the strings are static, or those of the arguments.
 */
GArray *vane_policy_names(const char *on, const GPtrArray *optional, const GPtrArray *facts);

/* A text that is the same for all `on` with the same names; to be freed. */
char *vane_policy_scope(const char *on);

#endif
