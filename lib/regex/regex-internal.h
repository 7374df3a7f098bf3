/* What a compiled expression is. For lib/regex alone. */
#ifndef NETVANE_LIB_REGEX_INTERNAL_H
#define NETVANE_LIB_REGEX_INTERNAL_H

#include <stdint.h>

#include <glib.h>

#include "lib/regex/regex.h"

enum regex_op {
    REGEX_CHARACTER, /* `argument` itself */
    REGEX_CLASS,     /* one of class `argument` */
    REGEX_SPLIT,     /* goes on at the next one and `argument` ahead */
    REGEX_JUMP,      /* goes on `argument` ahead (or back) */
    REGEX_ASSERT,    /* `argument`: enum regex_assertion */
    REGEX_MATCH,
};

enum regex_assertion {
    REGEX_TEXT_BEGIN,
    REGEX_TEXT_END,
    REGEX_LINE_BEGIN,
    REGEX_LINE_END,
    REGEX_WORD_BOUNDARY,
    REGEX_NO_WORD_BOUNDARY,
};

/* Jumps are relative, so that a stretch of instructions can be moved and copied. */
struct regex_instruction {
    int32_t op, argument;
};

struct regex_range {
    uint32_t low, high;
};

struct regex_script {
    GUnicodeScript script;
    bool negated;
};

/* A set of characters. */
struct regex_class {
    uint64_t ascii[2]; /* the verdict for each of the first 128, everything regarded */
    bool negated, fold;
    uint32_t categories; /* a bit for each general category that is in it */
    GArray *ranges;      /* struct regex_range; once finished sorted, with gaps between them */
    GArray *scripts;     /* struct regex_script, each once */
};

struct vane_regex {
    GArray *code;    /* struct regex_instruction */
    GArray *classes; /* struct regex_class */
};

void regex_class_add(struct regex_class *class, uint32_t low, uint32_t high);
/* Everything but what lies within the sorted `ranges`. */
void regex_class_add_others(struct regex_class *class, const uint32_t (*ranges)[2], size_t n);
/* \d \s \w and their opposites; false for another letter. */
bool regex_class_add_perl(struct regex_class *class, char letter);
/* "alpha" of [:alpha:], with "^" in front for its opposite. */
bool regex_class_add_posix(struct regex_class *class, const char *name, size_t len);
/* "L", "Lu", "Greek" of \p{...}. */
bool regex_class_add_property(struct regex_class *class, const char *name, size_t len,
                              bool negated);
/* To be called when all is in: a set of any number of ranges then takes few steps to ask. */
void regex_class_finish(struct regex_class *class);
void regex_class_clear(struct regex_class *class);
bool regex_class_has_wide(const struct regex_class *class, uint32_t character);

static inline bool regex_class_has(const struct regex_class *class, uint32_t character)
{
    if (character < 128)
        return class->ascii[character / 64] >> (character % 64) & 1;
    return regex_class_has_wide(class, character);
}

#endif
