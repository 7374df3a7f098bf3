/* What the parts of the parser of expressions share. For lib/regex alone. */
#ifndef NETVANE_LIB_REGEX_PARSE_INTERNAL_H
#define NETVANE_LIB_REGEX_PARSE_INTERNAL_H

#include <string.h>

#include "lib/regex/regex-internal.h"
#include "lib/text/utf8.h"

enum regex_flag {
    REGEX_FOLD = 1 << 0,       /* (?i) */
    REGEX_MULTI_LINE = 1 << 1, /* (?m) */
    REGEX_DOT_ALL = 1 << 2,    /* (?s) */
    REGEX_UNGREEDY = 1 << 3,   /* (?U): of no consequence where only a match or none is asked for */
};

struct regex_parser {
    const char *start, *at, *end;
    struct vane_regex *regex;
    struct vane_regex_error *error;
    unsigned flags, depth;
    bool failed;
};

/* Keeps the first failure; false. */
bool regex_fail(struct regex_parser *parser, const char *at, const char *reason);

/* How many instructions there are; one more in front of `where`, or at the end; `count` of them
 * once more at the end. */
guint regex_code_size(const struct regex_parser *parser);
bool regex_insert(struct regex_parser *parser, guint where, enum regex_op op, int32_t argument);
bool regex_emit(struct regex_parser *parser, enum regex_op op, int32_t argument);
bool regex_copy(struct regex_parser *parser, const struct regex_instruction *from, guint count);

/* What stands behind an atom, whose instructions begin at `start`. */
bool regex_parse_repetition(struct regex_parser *parser, guint start, bool atom);

/* Takes the class over. */
bool regex_emit_class(struct regex_parser *parser, struct regex_class *class);

/* Behind "[": a whole class. */
bool regex_parse_class(struct regex_parser *parser);

/* What stands behind a backslash and is one character. */
bool regex_take_escaped(struct regex_parser *parser, uint32_t *character);

/* \d and the like, \pL, \p{Greek}: false without failure if there is none of them. */
bool regex_take_class_escape(struct regex_parser *parser, struct regex_class *class);

static inline bool regex_more(const struct regex_parser *parser)
{
    return parser->at < parser->end;
}

static inline bool regex_next_is(const struct regex_parser *parser, char byte)
{
    return regex_more(parser) && *parser->at == byte;
}

static inline bool regex_accept(struct regex_parser *parser, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(parser->end - parser->at) < len || memcmp(parser->at, text, len) != 0)
        return false;
    parser->at += len;
    return true;
}

static inline uint32_t regex_take_character(struct regex_parser *parser)
{
    uint32_t character = 0xfffd;
    int length = vane_utf8_decode(parser->at, (size_t)(parser->end - parser->at), &character);

    parser->at += length < 0 ? -length : length;
    return character;
}

static inline struct regex_class regex_class_new(const struct regex_parser *parser)
{
    return (struct regex_class){.fold = (parser->flags & REGEX_FOLD) != 0,
                                .ranges = g_array_new(FALSE, FALSE, sizeof(struct regex_range)),
                                .scripts = g_array_new(FALSE, FALSE, sizeof(struct regex_script))};
}

#endif
