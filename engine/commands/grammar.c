/*
 * Compiles the syntax of a command to a position automaton: every token is a state, held as one
 * bit of a 64-bit set, so that nested options cost nothing at match time. Which words a token
 * accepts is grammar_token.c's business, running the automaton match_walk.c's.
 */
#include "engine/commands/grammar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "lib/cleanup.h"

/* A part of the syntax, seen from outside. */
struct fragment {
    uint64_t first, last;
    bool optional; /* no word at all will do */
};

struct parser {
    const char *syntax;
    const char *cursor;
    unsigned int nesting;
    struct vane_grammar *grammar;
    struct vane_syntax_error *error;
};

static int parse_group(struct parser *parser, struct fragment *group);

void vane_syntax_error_set(struct vane_syntax_error *error, size_t column, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return;
    error->column = column;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
}

static size_t column_here(const struct parser *parser)
{
    return (size_t)(parser->cursor - parser->syntax) + 1;
}

static int refuse(struct parser *parser, int r, const char *message)
{
    vane_syntax_error_set(parser->error, column_here(parser), "%s", message);
    return r;
}

static void skip_blanks(struct parser *parser)
{
    while (*parser->cursor == ' ')
        parser->cursor++;
}

static void join(struct vane_grammar *grammar, struct fragment *before,
                 const struct fragment *after)
{
    size_t i;

    for (uint64_t left = before->last; vane_token_next(&left, &i);)
        grammar->tokens[i].follow |= after->first;
    if (before->optional)
        before->first |= after->first;
    before->last = after->optional ? before->last | after->last : after->last;
    before->optional = before->optional && after->optional;
}

static int parse_token(struct parser *parser, struct fragment *fragment)
{
    struct vane_grammar *grammar = parser->grammar;
    struct vane_token *token = &grammar->tokens[grammar->n_tokens];
    g_autofree char *lexeme = g_strndup(parser->cursor, strcspn(parser->cursor, " []<>|"));
    const char *why = NULL;
    uint64_t bit;

    if (grammar->n_tokens == VANE_GRAMMAR_TOKENS_MAX)
        return refuse(parser, -E2BIG, "more than 64 words in one command");
    if (vane_token_init(token, lexeme, &why) < 0)
        return refuse(parser, -EINVAL, why);
    bit = vane_token_bit(grammar->n_tokens++);
    token->column = column_here(parser);
    if (token->kind == VANE_TOKEN_REST)
        token->follow = bit;
    parser->cursor += strlen(lexeme);
    *fragment = (struct fragment){.first = bit, .last = bit};
    return 0;
}

static int parse_item(struct parser *parser, struct fragment *item)
{
    if (*parser->cursor == '<' || *parser->cursor == '[')
        return parse_group(parser, item);
    return parse_token(parser, item);
}

static int parse_sequence(struct parser *parser, struct fragment *sequence)
{
    struct fragment item;
    int r;

    skip_blanks(parser);
    if (!*parser->cursor || strchr("]>|", *parser->cursor))
        return refuse(parser, -EINVAL, "a word is missing here");
    *sequence = (struct fragment){.optional = true};
    while (*parser->cursor && !strchr("]>|", *parser->cursor)) {
        r = parse_item(parser, &item);
        if (r < 0)
            return r;
        join(parser->grammar, sequence, &item);
        skip_blanks(parser);
    }
    return 0;
}

static int parse_alternatives(struct parser *parser, struct fragment *all)
{
    struct fragment one;
    int r;

    *all = (struct fragment){0};
    do {
        parser->cursor++; /* the bracket, then each bar */
        r = parse_sequence(parser, &one);
        if (r < 0)
            return r;
        all->first |= one.first;
        all->last |= one.last;
        all->optional |= one.optional;
    } while (*parser->cursor == '|');
    return 0;
}

static int parse_group(struct parser *parser, struct fragment *group)
{
    bool optional = *parser->cursor == '[';
    int r;

    if (parser->nesting == VANE_GRAMMAR_NESTING_MAX)
        return refuse(parser, -E2BIG, "brackets nested more than 8 deep");
    parser->nesting++;
    r = parse_alternatives(parser, group);
    if (r < 0)
        return r;
    parser->nesting--;
    if (*parser->cursor != (optional ? ']' : '>'))
        return refuse(parser, -EINVAL, optional ? "] is missing here" : "> is missing here");
    parser->cursor++;
    group->optional |= optional;
    return 0;
}

static int refuse_token(struct parser *parser, const struct vane_token *token, const char *format)
{
    g_autofree char *message = g_strdup_printf("%s %s", token->text, format);

    parser->cursor = parser->syntax + token->column - 1;
    return refuse(parser, -EINVAL, message);
}

/* A handler asks for parameters by name, so a line must not bind one name twice. */
static int check_names(struct parser *parser)
{
    struct vane_grammar *grammar = parser->grammar;
    uint64_t reachable[VANE_GRAMMAR_TOKENS_MAX] = {0};
    size_t next;

    for (size_t i = grammar->n_tokens; i-- > 0;) {
        const struct vane_token *token = &grammar->tokens[i];

        for (uint64_t left = token->follow & ~vane_token_bit(i); vane_token_next(&left, &next);)
            reachable[i] |= vane_token_bit(next) | reachable[next];
        for (uint64_t left = reachable[i]; vane_token_next(&left, &next);)
            if (vane_token_is_parameter(token) &&
                strcmp(token->name, grammar->tokens[next].name) == 0)
                return refuse_token(parser, &grammar->tokens[next],
                                    "comes twice on one line; give it another name (LABEL:TYPE)");
    }
    return 0;
}

static int check_tokens(struct parser *parser)
{
    struct vane_grammar *grammar = parser->grammar;

    for (size_t i = 0; i < grammar->n_tokens; i++) {
        const struct vane_token *token = &grammar->tokens[i];

        if ((grammar->first & vane_token_bit(i)) && vane_token_is_parameter(token))
            return refuse_token(parser, token,
                                "cannot come first: a command begins with a keyword");
        if (token->kind == VANE_TOKEN_REST && token->follow != vane_token_bit(i))
            return refuse_token(parser, token, "takes the rest of the line; nothing can follow");
    }
    return check_names(parser);
}

static int parse_command(struct parser *parser)
{
    struct fragment command;
    int r;

    if (strlen(parser->syntax) > VANE_GRAMMAR_LENGTH_MAX)
        return refuse(parser, -E2BIG, "longer than 1024 bytes");
    r = parse_sequence(parser, &command);
    if (r < 0)
        return r;
    if (*parser->cursor)
        return refuse(parser, -EINVAL, "no bracket is open here");
    parser->cursor = parser->syntax;
    if (command.optional)
        return refuse(parser, -EINVAL, "every word is optional: nothing would be a command too");
    parser->grammar->first = command.first;
    parser->grammar->last = command.last;
    return check_tokens(parser);
}

int vane_grammar_compile(const char *syntax, struct vane_grammar **grammar,
                         struct vane_syntax_error *error)
{
    _cleanup_(vane_grammar_freep) struct vane_grammar *made = g_new0(struct vane_grammar, 1);
    struct parser parser = {.syntax = syntax, .cursor = syntax, .grammar = made, .error = error};
    int r;

    made->tokens = g_new0(struct vane_token, VANE_GRAMMAR_TOKENS_MAX);
    r = parse_command(&parser);
    if (r < 0)
        return r;
    made->syntax = g_strdup(syntax);
    made->tokens = g_renew(struct vane_token, made->tokens, made->n_tokens);
    *grammar = g_steal_pointer(&made);
    return 0;
}

void vane_grammar_free(struct vane_grammar *grammar)
{
    if (!grammar)
        return;
    for (size_t i = 0; i < grammar->n_tokens; i++)
        vane_token_clear(&grammar->tokens[i]);
    g_free(grammar->tokens);
    g_free(grammar->syntax);
    g_free(grammar);
}
