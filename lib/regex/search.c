/*
 * All ways through the expression at once: the set of places that the text read so far leads to,
 * moved on character by character. A place is in a set once, so the work for a character is
 * bounded by the expression's size.
 */
#include <string.h>

#include "lib/regex/regex-internal.h"
#include "lib/text/utf8.h"

/* A set of instructions in which adding and looking up take one step, and clearing none. */
struct places {
    int32_t *dense, *sparse, n;
};

struct search {
    const struct regex_instruction *code;
    const struct regex_class *classes;
    const char *text, *at, *end;
    struct places now, next;
    int32_t *stack;
    bool matched;
};

size_t vane_regex_size(const struct vane_regex *regex)
{
    return regex->code->len;
}

size_t vane_regex_room(const struct vane_regex *regex)
{
    return (size_t)regex->code->len * 6 * sizeof(int32_t);
}

static bool add(struct places *places, int32_t place)
{
    int32_t at = places->sparse[place];

    if ((uint32_t)at < (uint32_t)places->n && places->dense[at] == place)
        return false;
    places->sparse[place] = places->n;
    places->dense[places->n++] = place;
    return true;
}

static bool word_at(const char *at, const char *start, const char *end)
{
    return at >= start && at < end && (g_ascii_isalnum(*at) || *at == '_');
}

static bool holds(const struct search *search, enum regex_assertion assertion)
{
    const char *at = search->at;
    bool boundary;

    switch (assertion) {
    case REGEX_TEXT_BEGIN:
        return at == search->text;
    case REGEX_TEXT_END:
        return at == search->end;
    case REGEX_LINE_BEGIN:
        return at == search->text || at[-1] == '\n';
    case REGEX_LINE_END:
        return at == search->end || *at == '\n';
    case REGEX_WORD_BOUNDARY:
    case REGEX_NO_WORD_BOUNDARY:
        break;
    }
    boundary = word_at(at - (at > search->text), search->text, at) !=
               word_at(at, search->text, search->end);
    return boundary == (assertion == REGEX_WORD_BOUNDARY);
}

/* Adds a place, and all that can be reached from it without reading a character. Each place is
 * pushed at most twice, so the stack has room for two of each. */
static void reach(struct search *search, struct places *places, int32_t place)
{
    int32_t depth = 0;

    search->stack[depth++] = place;
    while (depth > 0) {
        const struct regex_instruction *instruction;

        place = search->stack[--depth];
        if (!add(places, place))
            continue;
        instruction = &search->code[place];
        switch ((enum regex_op)instruction->op) {
        case REGEX_MATCH:
            search->matched = true;
            break;
        case REGEX_JUMP:
            search->stack[depth++] = place + instruction->argument;
            break;
        case REGEX_SPLIT:
            search->stack[depth++] = place + instruction->argument;
            search->stack[depth++] = place + 1;
            break;
        case REGEX_ASSERT:
            if (holds(search, (enum regex_assertion)instruction->argument))
                search->stack[depth++] = place + 1;
            break;
        case REGEX_CHARACTER:
        case REGEX_CLASS:
            break;
        }
    }
}

/* From every place now that takes the character to the places behind it. */
static void step(struct search *search, uint32_t character)
{
    struct places swap = search->now;

    search->next.n = 0;
    for (int32_t i = 0; i < search->now.n && !search->matched; i++) {
        int32_t place = search->now.dense[i];
        const struct regex_instruction *instruction = &search->code[place];

        if (instruction->op == REGEX_CHARACTER
                ? (uint32_t)instruction->argument == character
                : instruction->op == REGEX_CLASS &&
                      regex_class_has(&search->classes[instruction->argument], character))
            reach(search, &search->next, place + 1);
    }
    search->now = search->next;
    search->next = swap;
}

/* A first character that every match begins with; 0 if there is no single one. */
static char first_byte(const struct vane_regex *regex)
{
    const struct regex_instruction *first =
        &g_array_index(regex->code, struct regex_instruction, 0);

    return first->op == REGEX_CHARACTER && first->argument > 0 && first->argument < 128
               ? (char)first->argument
               : '\0';
}

bool vane_regex_search(const struct vane_regex *regex, const char *text, size_t len, void *room)
{
    int32_t size = (int32_t)regex->code->len, *memory = room;
    struct search search = {
        .code = (const struct regex_instruction *)(const void *)regex->code->data,
        .classes = (const struct regex_class *)(const void *)regex->classes->data,
        .text = text,
        .at = text,
        .end = text + len,
        .now = {memory, memory + size, 0},
        .next = {memory + 2 * size, memory + 3 * size, 0},
        .stack = memory + 4 * size,
    };
    bool anchored =
        search.code[0].op == REGEX_ASSERT && search.code[0].argument == REGEX_TEXT_BEGIN;
    char first = first_byte(regex);

    memset(search.now.sparse, 0, (size_t)size * sizeof(int32_t));
    memset(search.next.sparse, 0, (size_t)size * sizeof(int32_t));
    for (;;) {
        uint32_t character = 0;
        int length;

        if (search.now.n == 0 && first) {
            search.at = search.at < search.end
                            ? memchr(search.at, first, (size_t)(search.end - search.at))
                            : NULL;
            if (!search.at)
                return false;
        }
        if (search.at == text || !anchored)
            reach(&search, &search.now, 0);
        if (search.matched)
            return true;
        if (search.at == search.end || search.now.n == 0)
            return false;
        length = vane_utf8_decode(search.at, (size_t)(search.end - search.at), &character);
        if (length < 0) {
            length = -length;
            character = 0xfffd;
        }
        search.at += length;
        step(&search, character);
        if (search.matched)
            return true;
    }
}
