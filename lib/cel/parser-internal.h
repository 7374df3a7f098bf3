/* What the parts of the parser share: parser.c has the operators, parser-primary.c the rest. */
#ifndef NETVANE_LIB_CEL_PARSER_INTERNAL_H
#define NETVANE_LIB_CEL_PARSER_INTERNAL_H

#include <glib.h>

#include "lib/cel/lexer.h"
#include "lib/cel/parser.h"

struct vane_cel_parser {
    const char *text;
    size_t len;
    struct vane_cel_token token; /* the next one */
    size_t end;                  /* where the one before it ended */
    struct vane_cel_arena *arena;
    struct vane_cel_complaint *complaint; /* the first is kept */
    unsigned depth;
};

/* Where something goes wrong, NULL is returned all the way up. */
void *vane_cel_parser_fail(struct vane_cel_parser *parser, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "expected WHAT, found ...", at the next token. */
void *vane_cel_parser_expected(struct vane_cel_parser *parser, const char *what);

void vane_cel_parser_advance(struct vane_cel_parser *parser);
/* Passes a token of that kind; false if the next one is another. */
bool vane_cel_parser_accept(struct vane_cel_parser *parser, enum vane_cel_token_kind kind);
bool vane_cel_parser_expect(struct vane_cel_parser *parser, enum vane_cel_token_kind kind,
                            const char *what);

/* A node from `offset` to the last token passed, over `n` children; takes what is in the array. */
struct vane_cel_node *vane_cel_parser_node(struct vane_cel_parser *parser, enum vane_cel_op op,
                                           size_t offset, struct vane_cel_node *const *children,
                                           size_t n);

/* The text of a token, NUL-terminated, in the arena. */
const char *vane_cel_parser_text(struct vane_cel_parser *parser, const struct vane_cel_token *token,
                                 uint32_t *len);

struct vane_cel_node *vane_cel_parse_expression(struct vane_cel_parser *parser);
struct vane_cel_node *vane_cel_parse_member(struct vane_cel_parser *parser);

#endif
