/* Line editing. See editor.h. */
#include "cli/editor.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/history.h"
#include "cli/signals.h"
#include "cli/suggest.h"
#include "lib/text/line.h"
#include "lib/text/printable.h"

#define HISTORY_LINES 1000
#define CTRL_C        L'\003'

struct vane_editor {
    struct vane_cli *cli;
    char *prompt;
    EditLine *edit;
    History *history;
    char *listed; /* the line at which Tab was pressed last */
};

static struct vane_editor *editor_of(EditLine *edit)
{
    void *editor = NULL;

    el_get(edit, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt_of(EditLine *edit)
{
    return editor_of(edit)->prompt;
}

/* ---- keys ---- */

static char *left_of_cursor(EditLine *edit)
{
    const LineInfo *line = el_line(edit);

    return g_strndup(line->buffer, (gsize)(line->cursor - line->buffer));
}

static void list(EditLine *edit, const GArray *suggestions, const char *why)
{
    g_autoptr(GString) text = vane_suggestions_text(suggestions);

    putchar('\n');
    if (suggestions->len == 0 && why && *why) {
        g_autofree char *safe = vane_text_printable(why, strlen(why));

        printf("%% %c%s\n", g_ascii_toupper(*safe), safe + 1);
    }
    fputs(text->str, stdout);
    fflush(stdout);
}

/* A quoted '?' is only a letter. */
static bool in_quotes(const char *left)
{
    g_autofree char *probe = g_strconcat(left, "?", NULL);

    return !vane_line_find(probe, '?');
}

static unsigned char on_question(EditLine *edit, int key)
{
    g_autofree char *left = left_of_cursor(edit), *partial = NULL, *why = NULL;
    g_autoptr(GArray) suggestions = NULL;

    if (in_quotes(left)) {
        el_insertstr(edit, "?");
        return CC_REFRESH;
    }
    putchar('?');
    suggestions = vane_suggest_line(editor_of(edit)->cli, left, &partial, &why);
    if (suggestions->len == 0 && !why)
        why = g_strdup("unknown command: nothing can stand here");
    list(edit, suggestions, why);
    return CC_REDISPLAY;
}

/* What all words that could be filled in begin with; NULL: there is none. */
static char *common_beginning(const GArray *suggestions, const char *partial, guint *count)
{
    char *common = NULL;

    *count = 0;
    for (guint i = 0; i < suggestions->len; i++) {
        const struct vane_suggestion *at = &g_array_index(suggestions, struct vane_suggestion, i);
        size_t same = 0;

        if (!vane_suggestion_is_word(at) ||
            g_ascii_strncasecmp(at->word, partial, strlen(partial)) != 0)
            continue;
        if ((*count)++ == 0) {
            common = g_strdup(at->word);
            continue;
        }
        while (common[same] && common[same] == at->word[same])
            same++;
        while (same > 0 && ((unsigned char)common[same] & 0xc0) == 0x80)
            same--; /* not in the middle of a letter */
        common[same] = '\0';
    }
    return common;
}

/* Within quotes nothing needs a backslash; elsewhere what means something to the line does. */
static void insert_rest(EditLine *edit, const char *rest, bool quoted, bool whole)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (; *rest; rest++) {
        if (!quoted && strchr(" \t'\"\\|", *rest))
            g_string_append_c(text, '\\');
        g_string_append_c(text, *rest);
    }
    if (whole && !quoted)
        g_string_append_c(text, ' ');
    el_insertstr(edit, text->str);
}

static unsigned char list_at_second_press(struct vane_editor *editor, const char *left,
                                          const GArray *suggestions, const char *why)
{
    if (g_strcmp0(editor->listed, left) != 0) {
        g_free(editor->listed);
        editor->listed = g_strdup(left);
        return CC_REFRESH_BEEP;
    }
    list(editor->edit, suggestions, why);
    return CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *edit, int key)
{
    struct vane_editor *editor = editor_of(edit);
    g_autofree char *left = left_of_cursor(edit), *partial = NULL, *why = NULL, *common = NULL;
    g_autoptr(GArray) suggestions = vane_suggest_line(editor->cli, left, &partial, &why);
    guint count;

    common = common_beginning(suggestions, partial, &count);
    if (!common || (count > 1 && strlen(common) <= strlen(partial)))
        return list_at_second_press(editor, left, suggestions, why);
    insert_rest(edit, common + strlen(partial), in_quotes(left), count == 1);
    g_free(editor->listed);
    editor->listed = count > 1 ? left_of_cursor(edit) : NULL;
    return CC_REFRESH;
}

static unsigned char on_cancel(EditLine *edit, int key)
{
    const LineInfo *line = el_line(edit);

    el_cursor(edit, (int)(line->lastchar - line->cursor));
    line = el_line(edit);
    el_deletestr(edit, (int)(line->lastchar - line->buffer));
    fputs("^C\n", stdout);
    fflush(stdout);
    return CC_REDISPLAY;
}

static unsigned char on_suspend(EditLine *edit, int key)
{
    el_set(edit, EL_PREP_TERM, 0);
    raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
}

/* ---- the terminal ---- */

/* Takes one byte more; true when a letter is whole. What is no UTF-8 is passed over, but not the
 * byte that shows it. */
static bool take_byte(char byte, mbstate_t *state, wchar_t *letter)
{
    size_t used = mbrtowc(letter, &byte, 1, state);

    if (used == (size_t)-1) {
        *state = (mbstate_t){0};
        used = mbrtowc(letter, &byte, 1, state);
    }
    if (used == (size_t)-1)
        *state = (mbstate_t){0};
    return used <= 1;
}

/* One letter from the terminal. 1; 0: no more; -1: give up, a signal asks for it. */
static int read_letter(EditLine *edit, wchar_t *letter)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    mbstate_t state = {0};
    char byte;

    for (;;) {
        if (vane_signals_ending())
            return -1;
        if (vane_signals_resized())
            el_resize(edit);
        if (vane_signals_interrupted()) {
            *letter = CTRL_C;
            return 1;
        }
        if (vane_signals_poll(&input, 1, -1) < 0)
            continue;
        if (read(STDIN_FILENO, &byte, 1) != 1)
            return 0;
        if (take_byte(byte, &state, letter))
            return 1;
    }
}

/* el_set() would copy these names, and lose the copies. */
static void bind_keys(EditLine *edit)
{
    el_wset(edit, EL_ADDFN, L"netvane-help", L"List what can come next", on_question);
    el_wset(edit, EL_ADDFN, L"netvane-complete", L"Complete the word", on_tab);
    el_wset(edit, EL_ADDFN, L"netvane-cancel", L"Drop the line", on_cancel);
    el_wset(edit, EL_ADDFN, L"netvane-suspend", L"Stop the shell", on_suspend);
    el_set(edit, EL_BIND, "?", "netvane-help", NULL);
    el_set(edit, EL_BIND, "\t", "netvane-complete", NULL);
    el_set(edit, EL_BIND, "^C", "netvane-cancel", NULL);
    el_set(edit, EL_BIND, "^Z", "netvane-suspend", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(edit, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
    el_set(edit, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
    el_set(edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
}

static void fill_history(struct vane_editor *editor)
{
    g_autoptr(GPtrArray) lines = vane_history_load();
    HistEvent event;

    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    for (guint i = 0; i < lines->len; i++)
        history(editor->history, &event, H_ENTER, (const char *)g_ptr_array_index(lines, i));
}

struct vane_editor *vane_editor_new(struct vane_cli *cli, const char *prompt)
{
    struct vane_editor *editor = g_new0(struct vane_editor, 1);

    editor->cli = cli;
    editor->prompt = g_strdup(prompt);
    editor->history = history_init();
    editor->edit = el_init("netvane", stdin, stdout, stderr);
    if (!editor->edit || !editor->history) {
        vane_editor_free(editor);
        return NULL;
    }
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_PROMPT, prompt_of);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_set(editor->edit, EL_GETCFN, read_letter);
    el_set(editor->edit, EL_SETTY, "-d", "-isig", NULL);
    bind_keys(editor->edit);
    fill_history(editor);
    return editor;
}

void vane_editor_free(struct vane_editor *editor)
{
    if (!editor)
        return;
    if (editor->edit)
        el_end(editor->edit);
    if (editor->history)
        history_end(editor->history);
    g_free(editor->listed);
    g_free(editor->prompt);
    g_free(editor);
}

static void remember(struct vane_editor *editor, const char *line)
{
    HistEvent event;

    if (!line[strspn(line, " \t")])
        return;
    history(editor->history, &event, H_ENTER, line);
    vane_history_add(line);
}

char *vane_editor_read(struct vane_editor *editor)
{
    int length = 0;
    const char *text;
    char *line;

    /* Else the prompt would be there a moment before keys are taken one by one. */
    el_set(editor->edit, EL_PREP_TERM, 1);
    text = el_gets(editor->edit, &length);
    if (!text || length <= 0)
        return NULL;
    line = g_strndup(text, (gsize)length);
    g_strchomp(line);
    remember(editor, line);
    return line;
}
