/* What the literals of an expression stand for. */
#ifndef NETVANE_LIB_CEL_LITERAL_H
#define NETVANE_LIB_CEL_LITERAL_H

#include "lib/cel/arena.h"
#include "lib/cel/cel.h"
#include "lib/cel/lexer.h"

/*
 * The value of a number, text or bytes token of `text`; `negative` for a number behind a minus,
 * which the token does not have. Returns NULL, or why it has no value: a constant sentence.
 */
const char *vane_cel_literal(const char *text, const struct vane_cel_token *token, bool negative,
                             struct vane_cel_arena *arena, struct vane_cel_value *value);

#endif
