/*
 * The syntax of configuration files, that of systemd.syntax(7): bytes in, statements with their
 * places out. What the names and values mean is not known here.
 *
 * "[Kind]" or "[Kind NAME]"; "Key=value" with white space around both parts dropped; lines that
 * begin with '#' or ';' are comments, also between the lines of a statement; a backslash at the end
 * of a line continues it, standing for one space. Lines may end with CR LF; a UTF-8 byte order mark
 * at the start is passed over. Bytes that are no UTF-8, NUL and other control characters are
 * refused.
 */
#ifndef NETVANE_ENGINE_CONFIG_INI_H
#define NETVANE_ENGINE_CONFIG_INI_H

#include <stddef.h>

#include "engine/config/problems.h"

/* A file larger than this is not read. */
#define VANE_INI_MAX (1u << 20)

/* A section header (no key) or an assignment. A section that is opened twice has two headers. */
struct vane_ini_statement {
    char *kind;                    /* "Plugin" */
    char *name;                    /* "scripts"; NULL: a section without a name */
    char *key;                     /* NULL: this is the header itself */
    char *value;                   /* may be empty */
    struct vane_place place;       /* of header or key */
    struct vane_place value_place; /* of the value's first character */
};

/* The statements of one or more files, in order. */
struct vane_ini {
    unsigned refs;
    GPtrArray *statements; /* of struct vane_ini_statement */
    GPtrArray *files;      /* the names that places refer to */
    GChecksum *read;       /* of all that was read for it, be it sound or not */
};

struct vane_ini *vane_ini_new(void);
struct vane_ini *vane_ini_ref(struct vane_ini *ini);
void vane_ini_unref(struct vane_ini *ini);

static inline void vane_ini_cleanup(struct vane_ini **ini)
{
    if (*ini)
        vane_ini_unref(*ini);
}

/*
 * Appends the statements of a text; what is wrong with it goes to `problems`, and the lines in
 * question are left out. The assignments under a broken header are left out in silence.
 */
void vane_ini_parse(struct vane_ini *ini, const char *file, const char *text, size_t length,
                    struct vane_problems *problems);

#endif
