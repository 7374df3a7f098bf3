/* The commands that the client does itself, beside those of the daemon. */
#ifndef NETVANE_CLI_LOCAL_H
#define NETVANE_CLI_LOCAL_H

#include "cli/cli.h"

struct vane_local_option {
    const char *word, *help; /* "--since", or upper case for what stands for a value */
};

struct vane_local {
    const char *word, *help;
    bool shell_only;
    const struct vane_local_option *options;
    int (*run)(struct vane_cli *cli, char *const *words); /* behind the first; an exit status */
    bool over_nats; /* it asks other machines, and takes options for that */
};

/* Ends with one without a word. */
extern const struct vane_local vane_locals[];

/* A second word that the client takes itself, behind a first one of the daemon's. */
struct vane_local_word {
    const char *first, *word, *help;
    const struct vane_local_option *options;
};

/* Ends with one without a word. */
extern const struct vane_local_word vane_local_words[];

/*
 * The command that a line's first word is, by any abbreviation that the daemon has no use for.
 * NULL with `others` NULL: none, ask the daemon. NULL with `others`, to be freed: the word could
 * be these.
 */
const struct vane_local *vane_local_find(struct vane_cli *cli, const char *word, char **others);

#endif
