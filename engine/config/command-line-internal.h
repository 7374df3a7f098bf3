/* What the files of the command line share. For engine/config only. */
#ifndef NETVANE_ENGINE_CONFIG_COMMAND_LINE_INTERNAL_H
#define NETVANE_ENGINE_CONFIG_COMMAND_LINE_INTERNAL_H

#include "engine/config/command-line.h"

/* The program's own options, which are in no table of struct vane_option. */
enum vane_program_option {
    VANE_PROGRAM_FILE,
    VANE_PROGRAM_CHECK,
    VANE_PROGRAM_VERBOSE,
    VANE_PROGRAM_QUIET,
    VANE_PROGRAM_VERSION,
    VANE_PROGRAM_HELP,
};

/* NULL: unknown. Valid until another option is made known. */
const struct vane_spelling *vane_spelling_by_letter(const struct vane_command_line *line,
                                                    char letter);
const struct vane_spelling *vane_spelling_by_word(const struct vane_command_line *line,
                                                  const char *word, size_t length);

#endif
