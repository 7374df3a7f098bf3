/* Reading of the command line. See command-line.h. */
#include "engine/config/command-line-internal.h"

#include <string.h>

#include "lib/text/nearest.h"
#include "lib/text/utf8.h"

static const struct vane_place command_line_place = {.file = "command line"};

struct reader {
    struct vane_command_line *line;
    char *const *next; /* the word after the one that is being read */
    char *const *end;
    bool strict;
    bool has_argument; /* a word alone was taken */
    struct vane_problems *problems;
};

/* Each error is told by the one reading in which its option is certain. */
static void refuse(struct reader *r, bool first, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void refuse(struct reader *r, bool first, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    if (r->strict == first)
        return;
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_problems_error(r->problems, &command_line_place, "%s", message);
}

static void take_file(struct reader *r, const char *argument)
{
    r->line->files++;
    g_free(r->line->file);
    r->line->file = g_canonicalize_filename(argument, NULL);
}

/* The strongest of several wins: help, then version, then check. */
static void take_action(struct reader *r, enum vane_action action)
{
    r->line->action = MAX(r->line->action, action);
}

static void take_program_option(struct reader *r, enum vane_program_option option,
                                const char *argument)
{
    switch (option) {
    case VANE_PROGRAM_FILE:
        take_file(r, argument);
        break;
    case VANE_PROGRAM_CHECK:
        take_action(r, VANE_ACTION_CHECK);
        break;
    case VANE_PROGRAM_VERBOSE:
        r->line->verbosity++;
        break;
    case VANE_PROGRAM_QUIET:
        r->line->verbosity--;
        break;
    case VANE_PROGRAM_VERSION:
        take_action(r, VANE_ACTION_VERSION);
        break;
    case VANE_PROGRAM_HELP:
        take_action(r, VANE_ACTION_HELP);
        break;
    }
}

static void take(struct reader *r, const struct vane_spelling *spelling, const char *written,
                 const char *argument)
{
    struct vane_command_value value;

    if (argument && !vane_utf8_valid(argument, strlen(argument)))
        return refuse(r, spelling->first, "the argument of %s is not UTF-8 text", written);
    if (!spelling->set)
        return take_program_option(r, (enum vane_program_option)spelling->index, argument);
    value = (struct vane_command_value){
        .set = spelling->set,
        .index = spelling->index,
        .spelling = g_strconcat(written, " ", NULL),
        .text = g_strdup(argument ? argument : "yes"),
    };
    g_array_append_val(r->line->values, value);
}

/* The next word, when it can be an argument: whatever begins with '-' is an option, but "-" is not.
 */
static const char *next_argument(struct reader *r)
{
    if (r->next >= r->end || (r->next[0][0] == '-' && r->next[0][1]))
        return NULL;
    return *r->next++;
}

static void take_with_argument(struct reader *r, const struct vane_spelling *spelling,
                               const char *written, const char *attached)
{
    const char *argument = attached ? attached : next_argument(r);

    if (argument)
        take(r, spelling, written, argument);
    else
        refuse(r, spelling->first, "%s needs an argument", written);
}

static const char *nearest_word(const struct vane_command_line *line, const char *word)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (guint i = 0; i < line->spellings->len; i++)
        g_ptr_array_add(words, g_array_index(line->spellings, struct vane_spelling, i).word);
    return vane_text_nearest(word, (const char *const *)words->pdata, words->len);
}

static void unknown_word(struct reader *r, const char *word)
{
    const char *nearest = nearest_word(r->line, word);

    refuse(r, false, "unknown option --%s%s%s%s", word, nearest ? "; did you mean --" : "",
           nearest ? nearest : "", nearest ? "?" : "");
}

/* "--word", "--word=argument", "--word argument" */
static void read_long(struct reader *r, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const struct vane_spelling *spelling = vane_spelling_by_word(r->line, text, length);
    g_autofree char *word = g_strndup(text, length);
    g_autofree char *written = g_strconcat("--", word, NULL);

    if (!spelling)
        unknown_word(r, word);
    else if (spelling->takes_argument)
        take_with_argument(r, spelling, written, equals ? equals + 1 : NULL);
    else if (equals)
        refuse(r, spelling->first, "%s takes no argument", written);
    else
        take(r, spelling, written, NULL);
}

/* "-v", "-vT", "-S DIR", "-SDIR", "-vSDIR". `letters` has at least one. */
static void read_letters(struct reader *r, const char *letters)
{
    for (; *letters; letters++) {
        const struct vane_spelling *spelling = vane_spelling_by_letter(r->line, *letters);
        char written[3] = {'-', *letters, 0};

        /* Behind an unknown letter there may be its argument, or further letters. */
        if (!spelling)
            return refuse(r, false, "unknown option -%s%.*s", g_ascii_isgraph(*letters) ? "" : "?",
                          g_ascii_isgraph(*letters) ? 1 : 0, letters);
        if (spelling->takes_argument)
            return take_with_argument(r, spelling, written, letters[1] ? letters + 1 : NULL);
        take(r, spelling, written, NULL);
    }
}

/* Whether a word that is no option is known for one; in the first reading it may yet be. */
static void read_alone(struct reader *r, const char *word)
{
    const char *name = r->has_argument ? NULL : r->line->argument;
    const struct vane_spelling *spelling =
        name ? vane_spelling_by_word(r->line, name, strlen(name)) : NULL;
    g_autofree char *path = NULL, *written = NULL;

    if (!spelling || !spelling->takes_argument)
        return refuse(r, false, "unexpected word %s: only options are taken%s", word,
                      r->has_argument ? ", and one path" : "");
    r->has_argument = true;
    path = g_canonicalize_filename(word, NULL);
    written = g_strconcat("--", name, NULL);
    take(r, spelling, written, path);
}

static void read_word(struct reader *r, const char *word)
{
    if (word[0] == '-' && word[1] == '-')
        read_long(r, word + 2);
    else if (word[0] == '-' && word[1])
        read_letters(r, word + 1);
    else
        read_alone(r, word);
}

void vane_command_line_read(struct vane_command_line *line, int argc, char *const *argv,
                            bool strict, struct vane_problems *problems)
{
    struct reader r = {.line = line,
                       .next = argv + MIN(argc, 1),
                       .end = argv + argc,
                       .strict = strict,
                       .problems = problems};

    while (r.next < r.end) {
        const char *word = *r.next++;

        if (strcmp(word, "--") == 0)
            break;
        read_word(&r, word);
    }
    while (r.next < r.end)
        read_alone(&r, *r.next++);
}

/* Relative paths start from the working directory, as everywhere on a command line. */
static char *absolute(const struct vane_option *option, const char *text)
{
    g_auto(GStrv) paths = NULL;

    if (option->type == VANE_OPTION_PATH && *text)
        return g_canonicalize_filename(text, NULL);
    if (option->type != VANE_OPTION_PATH_LIST)
        return g_strdup(text);
    paths = g_strsplit(text, ":", -1);
    for (char **path = paths; *path; path++) {
        char *whole = **path ? g_canonicalize_filename(*path, NULL) : g_strdup("");

        g_free(*path);
        *path = whole;
    }
    return g_strjoinv(":", paths);
}

void vane_command_line_apply(const struct vane_command_line *line,
                             const struct vane_option_set *set, struct vane_problems *problems)
{
    for (guint i = 0; i < line->values->len; i++) {
        const struct vane_command_value *value =
            &g_array_index(line->values, struct vane_command_value, i);
        const struct vane_option *option = vane_option_set_option(value->set, value->index);
        g_autofree char *text = absolute(option, value->text);

        if (!set || value->set == set)
            vane_option_set_override(value->set, value->index, text, value->spelling,
                                     &command_line_place, problems);
    }
}
