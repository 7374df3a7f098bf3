/*
 * The options of one owner (the engine, a plugin, a profile) and their values: its own section and
 * the repeatable ones, [Kind NAME]. Statements come in, checked values go out.
 */
#ifndef NETVANE_ENGINE_CONFIG_OPTION_SET_H
#define NETVANE_ENGINE_CONFIG_OPTION_SET_H

#include <netvane/plugin.h>

#include "engine/config/ini.h"
#include "engine/config/value.h"

/* Sections of one set. */
#define VANE_SECTIONS_MAX 1024u

struct vane_option_section {
    char *kind, *name;
    char *label;               /* "Webhook ops" */
    struct vane_value *values; /* one for each option of the set; others than its own stay unset */
};

struct vane_option_set {
    unsigned refs;
    char *owner;         /* the plugin's name; NULL: the engine or a profile */
    bool installed;      /* its plugin's file is there */
    bool complete;       /* all its options are known */
    GArray *options;     /* of struct vane_option */
    uint32_t applied;    /* so many of them have seen the files */
    GPtrArray *sections; /* of struct vane_option_section; [0] is its own */
    char *state_directory, *runtime_directory; /* as told to the plugin; NULL: not yet */
    GHashTable *lists; /* by kind: the labels of its sections, as handed out */
};

struct vane_option_set *vane_option_set_new(const char *owner, const char *kind, const char *name);
struct vane_option_set *vane_option_set_ref(struct vane_option_set *set);
void vane_option_set_unref(struct vane_option_set *set);

/* The name for messages: "the plugin scripts", "the engine". To be freed with g_free(). */
char *vane_option_set_title(const struct vane_option_set *set);

/*
 * Adds options from a table whose elements are `size` bytes apart, as old or new headers have it.
 * -EINVAL, with the reasons in `problems`: the table is unsound.
 */
int vane_option_set_add(struct vane_option_set *set, const struct vane_option *table, uint32_t size,
                        uint32_t count, struct vane_problems *problems);

/* Does the set have repeatable sections of this kind? */
bool vane_option_set_has_kind(const struct vane_option_set *set, const char *kind);

/* The section that a statement belongs to, made when it is a new instance. NULL: it is none of the
 * set's, or there are VANE_SECTIONS_MAX already. */
struct vane_option_section *vane_option_set_section(struct vane_option_set *set,
                                                    const struct vane_ini_statement *statement);

/* The statements of the set's sections, for the options that were added since the last time. Keys
 * that are unknown are refused once the set is complete. */
void vane_option_set_apply(struct vane_option_set *set, const struct vane_ini *ini,
                           struct vane_problems *problems);

/* One value for the set's own section from elsewhere, as the command line: replaces what was there.
 * `spelling` is how the option was called, for the message. */
void vane_option_set_override(struct vane_option_set *set, uint32_t index, const char *text,
                              const char *spelling, const struct vane_place *place,
                              struct vane_problems *problems);

/* `section` NULL is the set's own. -ENOENT: no such section or option in it. */
int vane_option_set_find(const struct vane_option_set *set, const char *section, const char *name,
                         const struct vane_option **option, const struct vane_value **value);

/* The labels of all sections of a kind, owned by the set. -ENOENT: no such kind. */
int vane_option_set_list(struct vane_option_set *set, const char *kind, const char *const **labels,
                         uint32_t *count);

const struct vane_option *vane_option_set_option(const struct vane_option_set *set, uint32_t index);

/* Does the option belong into this section? */
bool vane_option_fits(const struct vane_option_set *set, const struct vane_option_section *section,
                      const struct vane_option *option);

/* The section of `set` that the section at `index` of another set for the same owner stands for;
 * NULL: it has none. */
const struct vane_option_section *vane_option_set_twin(const struct vane_option_set *set,
                                                       const struct vane_option_section *section,
                                                       guint index);

/* Are all effective values from the option `first` on the same? Sets *restart when one that differs
 * says VANE_OPTION_RESTART. */
bool vane_option_set_equal(const struct vane_option_set *a, const struct vane_option_set *b,
                           uint32_t first, bool *restart);

/* Two sets with equal values from the option `first` on: the first set learns where they now stand.
 */
void vane_option_set_move_places(struct vane_option_set *set, const struct vane_option_set *from,
                                 uint32_t first);

#endif
