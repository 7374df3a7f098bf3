/* Which options the command line knows, and how they are written. See command-line.h. */
#include "engine/config/command-line-internal.h"

#include <string.h>

#include "lib/array.h"

static const struct program_option {
    char letter;
    const char *word;
    const char *argument;
    const char *help;
} program_options[] = {
    [VANE_PROGRAM_FILE] = {'c', "config", "FILE", "Read this configuration file"},
    [VANE_PROGRAM_CHECK] = {0, "check", NULL,
                            "Check the configuration and the plugins; exit with 0 or 1"},
    [VANE_PROGRAM_VERBOSE] = {'v', "verbose", NULL, "Log more; may be repeated"},
    [VANE_PROGRAM_QUIET] = {'q', "quiet", NULL, "Log less; may be repeated"},
    [VANE_PROGRAM_VERSION] = {0, "version", NULL, "Show the version and exit"},
    [VANE_PROGRAM_HELP] = {'h', "help", NULL, "Show this text and exit"},
};

static void spelling_clear(void *data)
{
    struct vane_spelling *spelling = data;

    g_free(spelling->word);
}

static void value_clear(void *data)
{
    struct vane_command_value *value = data;

    g_free(value->spelling);
    g_free(value->text);
}

void vane_command_line_init(struct vane_command_line *line)
{
    *line = (struct vane_command_line){
        .spellings = g_array_new(FALSE, FALSE, sizeof(struct vane_spelling)),
        .values = g_array_new(FALSE, FALSE, sizeof(struct vane_command_value)),
    };
    g_array_set_clear_func(line->spellings, spelling_clear);
    g_array_set_clear_func(line->values, value_clear);
    for (uint32_t i = 0; i < ELEMENTS(program_options); i++) {
        struct vane_spelling spelling = {
            .letter = program_options[i].letter,
            .word = g_strdup(program_options[i].word),
            .takes_argument = program_options[i].argument,
            .first = true,
            .index = i,
        };

        g_array_append_val(line->spellings, spelling);
    }
}

void vane_command_line_clear(struct vane_command_line *line)
{
    g_array_unref(line->spellings);
    g_array_unref(line->values);
    g_free(line->file);
    g_free(line->argument);
}

const struct vane_spelling *vane_spelling_by_letter(const struct vane_command_line *line,
                                                    char letter)
{
    for (guint i = 0; letter && i < line->spellings->len; i++) {
        const struct vane_spelling *spelling =
            &g_array_index(line->spellings, struct vane_spelling, i);

        if (spelling->letter == letter)
            return spelling;
    }
    return NULL;
}

const struct vane_spelling *vane_spelling_by_word(const struct vane_command_line *line,
                                                  const char *word, size_t length)
{
    for (guint i = 0; i < line->spellings->len; i++) {
        const struct vane_spelling *spelling =
            &g_array_index(line->spellings, struct vane_spelling, i);

        if (spelling->word && strlen(spelling->word) == length &&
            memcmp(spelling->word, word, length) == 0)
            return spelling;
    }
    return NULL;
}

static char *title_of(const struct vane_spelling *spelling)
{
    return spelling->set ? vane_option_set_title(spelling->set) : g_strdup("the engine");
}

/* Tells that a spelling is taken. Returns whether it is. */
static bool clashes(const struct vane_spelling *holder, const struct vane_option_set *set,
                    const char *dashes, const char *spelling, struct vane_problems *problems)
{
    g_autofree char *mine = NULL, *theirs = NULL;

    if (!holder)
        return false;
    mine = vane_option_set_title(set);
    theirs = title_of(holder);
    vane_problems_error(problems, NULL, "%s declares the command-line option %s%s, which %s has",
                        mine, dashes, spelling, theirs);
    return true;
}

static void know(struct vane_command_line *line, struct vane_option_set *set, uint32_t index,
                 bool first, struct vane_problems *problems)
{
    const struct vane_option *option = vane_option_set_option(set, index);
    char letter[2] = {(char)option->letter, 0};
    const char *word = option->long_option;
    struct vane_spelling spelling = {
        .letter = letter[0],
        .takes_argument = option->type != VANE_OPTION_BOOL,
        .first = first,
        .set = set,
        .index = index,
    };

    if (clashes(vane_spelling_by_letter(line, letter[0]), set, "-", letter, problems))
        return;
    if (word && clashes(vane_spelling_by_word(line, word, strlen(word)), set, "--", word, problems))
        return;
    spelling.word = g_strdup(word);
    g_array_append_val(line->spellings, spelling);
}

void vane_command_line_know(struct vane_command_line *line, struct vane_option_set *set, bool first,
                            struct vane_problems *problems)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (option->letter || option->long_option)
            know(line, set, i, first, problems);
    }
}

void vane_command_line_alias(struct vane_command_line *line, const char *word, char letter)
{
    const struct vane_spelling *meant = vane_spelling_by_letter(line, letter);
    struct vane_spelling alias;

    if (!meant || vane_spelling_by_word(line, word, strlen(word)))
        return;
    alias = *meant;
    alias.letter = 0;
    alias.word = g_strdup(word);
    g_array_append_val(line->spellings, alias);
}

void vane_command_line_help(GString *text)
{
    for (size_t i = 0; i < ELEMENTS(program_options); i++)
        vane_command_line_help_row(text, program_options[i].letter, program_options[i].word,
                                   program_options[i].argument, program_options[i].help);
}

void vane_command_line_help_row(GString *text, char letter, const char *word, const char *argument,
                                const char *help)
{
    g_autoptr(GString) row = g_string_new("  ");

    if (letter)
        g_string_append_printf(row, "-%c%s", letter, word ? ", " : "");
    else
        g_string_append(row, "    ");
    if (word)
        g_string_append_printf(row, "--%s", word);
    if (argument)
        g_string_append_printf(row, "%s%s", word ? "=" : " ", argument);
    if (row->len > 29)
        g_string_append_printf(text, "%s\n%-30s %s\n", row->str, "", help);
    else
        g_string_append_printf(text, "%-30s %s\n", row->str, help);
}
