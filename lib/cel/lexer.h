/* The words of an expression. */
#ifndef NETVANE_LIB_CEL_LEXER_H
#define NETVANE_LIB_CEL_LEXER_H

#include <stddef.h>
#include <stdint.h>

enum vane_cel_token_kind {
    VANE_CEL_T_END,
    VANE_CEL_T_BROKEN, /* `reason` says why */
    VANE_CEL_T_NAME,
    VANE_CEL_T_QUOTED_NAME, /* `name` */
    VANE_CEL_T_INT,
    VANE_CEL_T_UINT,
    VANE_CEL_T_DOUBLE,
    VANE_CEL_T_STRING,
    VANE_CEL_T_BYTES,
    VANE_CEL_T_TRUE,
    VANE_CEL_T_FALSE,
    VANE_CEL_T_NULL,
    VANE_CEL_T_IN,
    VANE_CEL_T_EQUAL,
    VANE_CEL_T_UNEQUAL,
    VANE_CEL_T_LESS,
    VANE_CEL_T_LESS_EQUAL,
    VANE_CEL_T_GREATER,
    VANE_CEL_T_GREATER_EQUAL,
    VANE_CEL_T_AND,
    VANE_CEL_T_OR,
    VANE_CEL_T_NOT,
    VANE_CEL_T_PLUS,
    VANE_CEL_T_MINUS,
    VANE_CEL_T_STAR,
    VANE_CEL_T_SLASH,
    VANE_CEL_T_PERCENT,
    VANE_CEL_T_QUESTION,
    VANE_CEL_T_COLON,
    VANE_CEL_T_COMMA,
    VANE_CEL_T_DOT,
    VANE_CEL_T_OPEN,
    VANE_CEL_T_CLOSE,
    VANE_CEL_T_OPEN_LIST,
    VANE_CEL_T_CLOSE_LIST,
    VANE_CEL_T_OPEN_MAP,
    VANE_CEL_T_CLOSE_MAP,
};

struct vane_cel_token {
    enum vane_cel_token_kind kind;
    uint32_t offset, length;
    const char *reason;
};

/* The first token at or behind `offset` of valid UTF-8. */
struct vane_cel_token vane_cel_lex(const char *text, size_t len, size_t offset);

#endif
