/*
 * The command line: words in, engine actions and option assignments out. It can be read with as
 * many option tables as are known so far; configuration.h describes the two readings.
 */
#ifndef NETVANE_ENGINE_CONFIG_COMMAND_LINE_H
#define NETVANE_ENGINE_CONFIG_COMMAND_LINE_H

#include <stdbool.h>

#include "engine/config/configuration.h"
#include "engine/config/option-set.h"

/* What one reading found. */
struct vane_command_line {
    enum vane_action action;
    int verbosity;     /* the number of -v less that of -q */
    char *file;        /* of -c */
    char *argument;    /* the long option that a word alone is a path for; NULL: none */
    unsigned files;    /* how often -c was met */
    GArray *spellings; /* of struct vane_spelling: the options that are known */
    GArray *values;    /* of struct vane_command_value */
};

/* One way to write an option. */
struct vane_spelling {
    char letter; /* 0: none */
    char *word;  /* NULL: none */
    bool takes_argument;
    bool first;                  /* its errors were told in the first reading */
    struct vane_option_set *set; /* NULL: an action of the program, `index` says which */
    uint32_t index;
};

/* One option of a table that was given. */
struct vane_command_value {
    struct vane_option_set *set;
    uint32_t index;
    char *spelling; /* "--script-dir=" or "-S " */
    char *text;
};

void vane_command_line_init(struct vane_command_line *line);
void vane_command_line_clear(struct vane_command_line *line);

/* Makes the set's options known. A letter or word that is taken is an error that names both. */
void vane_command_line_know(struct vane_command_line *line, struct vane_option_set *set, bool first,
                            struct vane_problems *problems);

/* Makes a word known for what a letter means; nothing if the letter is unknown so far. */
void vane_command_line_alias(struct vane_command_line *line, const char *word, char letter);

/* Reads the words after argv[0]. Not `strict`: what is unknown is passed over and only errors of
 * `first` options are told; else only those of the others. */
void vane_command_line_read(struct vane_command_line *line, int argc, char *const *argv,
                            bool strict, struct vane_problems *problems);

/* Gives the values to their sets: only those of `set` if it is not NULL. */
void vane_command_line_apply(const struct vane_command_line *line,
                             const struct vane_option_set *set, struct vane_problems *problems);

/* The lines of --help for the program's own options. */
void vane_command_line_help(GString *text);

/* One line of --help. Any of letter, word and argument may be missing. */
void vane_command_line_help_row(GString *text, char letter, const char *word, const char *argument,
                                const char *help);

#endif
