/* The value of one option: text checked against the option's type and bounds, and kept typed. */
#ifndef NETVANE_ENGINE_CONFIG_VALUE_H
#define NETVANE_ENGINE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <netvane/plugin.h>

#include "engine/config/problems.h"

/* Parts of one list. */
#define VANE_LIST_MAX 1024u

struct vane_value {
    bool set;                /* false: there is no value, and no default either */
    bool assigned;           /* it is not (or no longer) the default */
    char *text;              /* as it would stand in the file */
    int64_t number;          /* bool, integer, time, size, mode */
    char **list;             /* list and path list: ends with NULL */
    uint32_t count;          /* of list */
    struct vane_place place; /* owns a reference on the file's name */
};

void vane_value_clear(struct vane_value *value);

/* Fills an empty value. Returns -EINVAL with the reason, a part of a sentence, in *why, to be freed
 * with g_free(). */
int vane_value_parse(const struct vane_option *option, const char *text, struct vane_value *value,
                     char **why);

/* The default, or unset. The default was checked with the table. */
void vane_value_reset(const struct vane_option *option, struct vane_value *value);

/*
 * One assignment. With `replace` it takes the place of what was there; else a list is added to and
 * an empty text resets: a list to nothing, all others to their default.
 */
int vane_value_assign(const struct vane_option *option, struct vane_value *value, const char *text,
                      const struct vane_place *place, bool replace, char **why);

bool vane_value_equal(const struct vane_option *option, const struct vane_value *a,
                      const struct vane_value *b);

bool vane_option_is_list(const struct vane_option *option);

/* A number in the way the option's type is written; to be freed with g_free(). */
char *vane_option_format(const struct vane_option *option, int64_t number);

#endif
