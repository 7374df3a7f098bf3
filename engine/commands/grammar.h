/*
 * The syntax of one command, compiled to a small automaton over its words. Pure: no registry,
 * no handlers, no privilege; match.h runs typed words through a set of these.
 *
 *   show bgp neighbors <A.B.C.D|X:X:X::X|all> [detail] [from TIME]
 *
 *   keyword            lower case; typed as any unambiguous prefix, in any case; "--keyword" is
 *                      one, too, for those who are used to options
 *   NAME               upper case: a parameter, any word
 *   NAME...            the rest of the line, one or more words; only at the end
 *   A.B.C.D  A.B.C.D/M  X:X:X::X  X:X:X::X/M
 *                      an IPv4 or IPv6 address or prefix
 *   (1-4094)           a decimal number within these bounds, both included
 *   LABEL:TYPE         a typed parameter under a name of its own, as in VLAN:(1-4094)
 *   <a|b c|NAME>       exactly one of these
 *   [a|b c]            one of these, or nothing
 *
 * A command begins with a keyword, and no line may bind two parameters of one name.
 */
#ifndef NETVANE_ENGINE_COMMANDS_GRAMMAR_H
#define NETVANE_ENGINE_COMMANDS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plugins of third parties declare syntaxes: these bound what one of them can cost. */
#define VANE_GRAMMAR_LENGTH_MAX  1024
#define VANE_GRAMMAR_NESTING_MAX 8
#define VANE_GRAMMAR_TOKENS_MAX  64

enum vane_token_kind {
    VANE_TOKEN_KEYWORD,
    VANE_TOKEN_TEXT,
    VANE_TOKEN_REST,
    VANE_TOKEN_IPV4,
    VANE_TOKEN_IPV4_PREFIX,
    VANE_TOKEN_IPV6,
    VANE_TOKEN_IPV6_PREFIX,
    VANE_TOKEN_RANGE,
};

/* How well a word fits a token; of the tokens possible at one place the best fit wins. */
enum vane_fit {
    VANE_FIT_NONE,
    VANE_FIT_TEXT,
    VANE_FIT_TYPED,
    VANE_FIT_ABBREVIATION,
    VANE_FIT_KEYWORD,
};

struct vane_token {
    enum vane_token_kind kind;
    char *name;      /* by which a handler asks: keyword, label, or type as written */
    char *text;      /* as shown in help: keyword, "NAME", "NAME...", "A.B.C.D", "(1-4094)" */
    size_t column;   /* where it stands in the syntax, from 1 */
    int64_t minimum; /* bounds of a range */
    int64_t maximum;
    uint64_t follow; /* the tokens that may come next, one bit each */
};

struct vane_grammar {
    char *syntax;
    const void *owner; /* the caller's; never looked at here */
    struct vane_token *tokens;
    size_t n_tokens;
    uint64_t first; /* the tokens a line may begin with */
    uint64_t last;  /* the tokens it may end with */
};

/* Why a syntax or a typed line was refused, and where. */
struct vane_syntax_error {
    size_t column; /* in bytes, from 1 */
    char message[128];
};

/*
 * Compiles `syntax`. On success `*grammar` is the caller's, to be freed with vane_grammar_free().
 * Returns -EINVAL for what is not a syntax, -E2BIG for what exceeds a bound; `error` (may be NULL)
 * then says what and where.
 */
int vane_grammar_compile(const char *syntax, struct vane_grammar **grammar,
                         struct vane_syntax_error *error);

void vane_grammar_free(struct vane_grammar *grammar);

static inline void vane_grammar_freep(struct vane_grammar **grammar)
{
    vane_grammar_free(*grammar);
}

/*
 * Whether some line, its keywords written out, would be a command of both. A registry refuses
 * such a pair, as one of them could then not be reached.
 */
bool vane_grammar_conflict(const struct vane_grammar *a, const struct vane_grammar *b);

/*
 * Makes a token from one lexeme of a syntax. Returns 0, or -EINVAL with `*why` a sentence.
 * On failure nothing is left to clear.
 */
int vane_token_init(struct vane_token *token, const char *lexeme, const char **why);

void vane_token_clear(struct vane_token *token);

static inline bool vane_token_is_parameter(const struct vane_token *token)
{
    return token->kind != VANE_TOKEN_KEYWORD;
}

enum vane_fit vane_token_fit(const struct vane_token *token, const char *word);

/* Whether more letters could make `partial` a word for the token; a whole word counts as well. */
bool vane_token_may_begin(const struct vane_token *token, const char *partial);

__attribute__((format(printf, 3, 4))) void vane_syntax_error_set(struct vane_syntax_error *error,
                                                                 size_t column, const char *format,
                                                                 ...);

static inline uint64_t vane_token_bit(size_t index)
{
    return UINT64_C(1) << index;
}

/* Takes the lowest token out of `left`, as in for (left = set; vane_token_next(&left, &i);). */
static inline bool vane_token_next(uint64_t *left, size_t *index)
{
    if (!*left)
        return false;
    *index = (size_t)__builtin_ctzll(*left);
    *left &= *left - 1;
    return true;
}

#endif
