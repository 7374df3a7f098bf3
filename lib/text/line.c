/*
 * Splits a typed line into words. What they mean is for others to say.
 */
#include "lib/text/line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "lib/cleanup.h"

#define BLANKS " \t\r\n"

struct reader {
    const char *text;
    const char *cursor;
    const char *quote; /* where the open quote began */
    bool dangling;     /* a backslash ended the line */
    bool in_word;      /* a word, not a blank, ended the line */
};

__attribute__((format(printf, 3, 4))) static void refuse(struct vane_line_error *error,
                                                         size_t column, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return;
    error->column = column;
    va_start(arguments, format);
    g_vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
}

static bool is_blank(char letter)
{
    return letter && strchr(BLANKS, letter);
}

static void free_word(GString **word)
{
    if (*word)
        g_string_free(*word, TRUE);
}

/* What a backslash at the cursor stands for. */
static void read_escape(struct reader *reader, GString *word)
{
    char next = reader->cursor[1];

    if (!next) {
        reader->dangling = true;
        reader->cursor++;
        return;
    }
    if (reader->quote && !strchr("\"\\$`", next))
        g_string_append_c(word, '\\');
    g_string_append_c(word, next);
    reader->cursor += 2;
}

static void read_quoted(struct reader *reader, GString *word)
{
    char mark = *reader->cursor;

    reader->quote = reader->cursor++;
    while (*reader->cursor && *reader->cursor != mark) {
        if (mark == '"' && *reader->cursor == '\\')
            read_escape(reader, word);
        else
            g_string_append_c(word, *reader->cursor++);
    }
    if (!*reader->cursor)
        return;
    reader->cursor++;
    reader->quote = NULL;
}

static char *read_word(struct reader *reader)
{
    _cleanup_(free_word) GString *word = g_string_new(NULL);

    while (*reader->cursor && !is_blank(*reader->cursor)) {
        if (*reader->cursor == '\'' || *reader->cursor == '"')
            read_quoted(reader, word);
        else if (*reader->cursor == '\\')
            read_escape(reader, word);
        else
            g_string_append_c(word, *reader->cursor++);
    }
    return g_string_free(g_steal_pointer(&word), FALSE);
}

static int read_words(struct reader *reader, GPtrArray *words, struct vane_line_error *error)
{
    if (strnlen(reader->text, VANE_LINE_LENGTH_MAX + 1) > VANE_LINE_LENGTH_MAX) {
        refuse(error, VANE_LINE_LENGTH_MAX + 1, "longer than %d bytes", VANE_LINE_LENGTH_MAX);
        return -E2BIG;
    }
    for (;;) {
        reader->cursor += strspn(reader->cursor, BLANKS);
        if (!*reader->cursor)
            return 0;
        if (words->len == VANE_LINE_WORDS_MAX) {
            refuse(error, (size_t)(reader->cursor - reader->text) + 1, "more than %d words",
                   VANE_LINE_WORDS_MAX);
            return -E2BIG;
        }
        g_ptr_array_add(words, read_word(reader));
        reader->in_word = !*reader->cursor;
    }
}

static void take_words(struct vane_line *line, GPtrArray **words)
{
    line->n_words = (*words)->len;
    g_ptr_array_add(*words, NULL);
    line->words = (char **)g_ptr_array_free(g_steal_pointer(words), FALSE);
}

int vane_line_split(const char *text, struct vane_line *line, struct vane_line_error *error)
{
    struct reader reader = {.text = text, .cursor = text};
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    int r;

    r = read_words(&reader, words, error);
    if (r < 0)
        return r;
    if (reader.quote) {
        refuse(error, (size_t)(reader.quote - text) + 1, "the quote opened here is not closed");
        return -EINVAL;
    }
    if (reader.dangling) {
        refuse(error, strlen(text), "nothing follows the backslash");
        return -EINVAL;
    }
    *line = (struct vane_line){0};
    take_words(line, &words);
    return 0;
}

int vane_help_words(const char *text, struct vane_line *line)
{
    struct reader reader = {.text = text, .cursor = text};
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    int r;

    r = read_words(&reader, words, NULL);
    if (r < 0)
        return r;
    *line = (struct vane_line){0};
    line->partial = reader.in_word ? g_ptr_array_steal_index(words, words->len - 1) : g_strdup("");
    take_words(line, &words);
    return 0;
}

const char *vane_line_find(const char *text, char mark)
{
    char quote = '\0';

    for (; *text; text++) {
        if (*text == '\\' && quote != '\'') {
            if (!*++text)
                return NULL;
        } else if (quote) {
            if (*text == quote)
                quote = '\0';
        } else if (*text == '\'' || *text == '"') {
            quote = *text;
        } else if (*text == mark) {
            return text;
        }
    }
    return NULL;
}

void vane_line_clear(struct vane_line *line)
{
    g_strfreev(line->words);
    g_free(line->partial);
    *line = (struct vane_line){0};
}
