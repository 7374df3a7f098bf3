/* The syntax of configuration files. See ini.h. */
#include "engine/config/ini.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/text/utf8.h"

struct parser {
    struct vane_ini *ini;
    struct vane_problems *problems;
    const char *file;
    const char *at, *end;
    unsigned line; /* the number of the line last read */

    /* The statement being put together from one or more lines. */
    GString *logical;
    unsigned logical_line;
    GArray *starts; /* of struct start: where in `logical` each of its lines begins */

    char *kind, *name; /* the section; NULL: none yet, or a broken one */
    bool broken_section;
};

struct start {
    size_t offset;
    unsigned line;
};

static void statement_free(void *data)
{
    struct vane_ini_statement *statement = data;

    g_free(statement->kind);
    g_free(statement->name);
    g_free(statement->key);
    g_free(statement->value);
    g_free(statement);
}

static void file_release(void *data)
{
    g_ref_string_release(data);
}

struct vane_ini *vane_ini_new(void)
{
    struct vane_ini *ini = g_new(struct vane_ini, 1);

    ini->refs = 1;
    ini->statements = g_ptr_array_new_with_free_func(statement_free);
    ini->files = g_ptr_array_new_with_free_func(file_release);
    ini->read = g_checksum_new(G_CHECKSUM_SHA256);
    return ini;
}

struct vane_ini *vane_ini_ref(struct vane_ini *ini)
{
    ini->refs++;
    return ini;
}

void vane_ini_unref(struct vane_ini *ini)
{
    if (--ini->refs > 0)
        return;
    g_ptr_array_unref(ini->statements);
    g_ptr_array_unref(ini->files);
    g_checksum_free(ini->read);
    g_free(ini);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static unsigned characters(const char *text, size_t length)
{
    unsigned count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The place of the byte at `offset` of the logical line. */
static struct vane_place place_of(const struct parser *p, size_t offset)
{
    struct start start = {0, p->logical_line};

    for (guint i = 0; i < p->starts->len; i++) {
        struct start next = g_array_index(p->starts, struct start, i);

        if (next.offset > offset)
            break;
        start = next;
    }
    return (struct vane_place){
        .file = p->file,
        .line = start.line,
        .column = 1 + characters(p->logical->str + start.offset, offset - start.offset),
    };
}

static void emit(struct parser *p, char *key, char *value, size_t key_at, size_t value_at)
{
    struct vane_ini_statement *statement = g_new(struct vane_ini_statement, 1);

    *statement = (struct vane_ini_statement){
        .kind = g_strdup(p->kind),
        .name = g_strdup(p->name),
        .key = key,
        .value = value,
        .place = place_of(p, key_at),
        .value_place = place_of(p, value_at),
    };
    g_ptr_array_add(p->ini->statements, statement);
}

static bool is_name(const char *text, size_t length, const char *punctuation)
{
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isalnum(text[i]) && !strchr(punctuation, text[i]))
            return false;
    return length > 0;
}

static bool is_kind(const char *text, size_t length)
{
    return length > 0 && g_ascii_isalpha(text[0]) && is_name(text, length, "-");
}

static size_t skip_blanks(const char *text, size_t at, size_t end)
{
    while (at < end && is_blank(text[at]))
        at++;
    return at;
}

static size_t trim_blanks(const char *text, size_t at, size_t end)
{
    while (end > at && is_blank(text[end - 1]))
        end--;
    return end;
}

static void section_error(struct parser *p, size_t at, const char *message)
{
    struct vane_place place = place_of(p, at);

    vane_problems_error(p->problems, &place, "%s", message);
    p->broken_section = true;
}

/* "[Kind]" or "[Kind NAME]" from `at` to `end`. */
static void parse_section(struct parser *p, size_t at, size_t end)
{
    const char *text = p->logical->str;
    const char *close = memchr(text + at, ']', end - at);
    size_t kind = skip_blanks(text, at + 1, end), kind_end = kind, name, stop;

    g_clear_pointer(&p->kind, g_free);
    g_clear_pointer(&p->name, g_free);
    p->broken_section = false;
    if (!close)
        return section_error(p, at, "a section header must end with ']'");
    stop = (size_t)(close - text);
    if (stop + 1 != end)
        return section_error(p, stop + 1, "nothing may follow the ']' of a section header");
    while (kind_end < stop && !is_blank(text[kind_end]))
        kind_end++;
    if (!is_kind(text + kind, kind_end - kind))
        return section_error(p, kind, "a section is [Word] or [Word NAME], as in [Plugin scripts]");
    name = skip_blanks(text, kind_end, stop);
    stop = trim_blanks(text, name, stop);
    if (name < stop && !is_name(text + name, stop - name, "-_.:@"))
        return section_error(p, name,
                             "the name of a section is one word of letters, digits and -_.:@");
    p->kind = g_strndup(text + kind, kind_end - kind);
    p->name = name < stop ? g_strndup(text + name, stop - name) : NULL;
    emit(p, NULL, NULL, at, at);
}

static void parse_assignment(struct parser *p, size_t at, size_t end)
{
    const char *text = p->logical->str;
    const char *equals = memchr(text + at, '=', end - at);
    struct vane_place place = place_of(p, at);
    size_t key_end, value;

    if (!equals) {
        vane_problems_error(p->problems, &place, "expected [Section] or Key=value");
        return;
    }
    key_end = trim_blanks(text, at, (size_t)(equals - text));
    if (!is_kind(text + at, key_end - at)) {
        vane_problems_error(p->problems, &place, "expected the name of an option before '='");
        return;
    }
    if (!p->kind) {
        if (!p->broken_section)
            vane_problems_error(p->problems, &place, "%.*s= stands before the first [Section]",
                                (int)(key_end - at), text + at);
        return;
    }
    value = skip_blanks(text, (size_t)(equals - text) + 1, end);
    emit(p, g_strndup(text + at, key_end - at), g_strndup(text + value, end - value), at, value);
}

static void finish_statement(struct parser *p)
{
    size_t at = skip_blanks(p->logical->str, 0, p->logical->len);
    size_t end = trim_blanks(p->logical->str, at, p->logical->len);

    if (at < end) {
        if (p->logical->str[at] == '[')
            parse_section(p, at, end);
        else
            parse_assignment(p, at, end);
    }
    g_string_truncate(p->logical, 0);
    g_array_set_size(p->starts, 0);
}

/* The first byte of a line that has no business there; NULL: none. */
static const char *find_bad(const char *at, const char *end, const char **what)
{
    while (at < end) {
        uint32_t codepoint;
        int length = vane_utf8_decode(at, (size_t)(end - at), &codepoint);

        *what = "this is not UTF-8 text";
        if (length <= 0)
            return at;
        *what = codepoint == 0 ? "there is a NUL byte" : "there is a control character";
        if ((codepoint < 0x20 && codepoint != '\t') || codepoint == 0x7f)
            return at;
        at += length;
    }
    return NULL;
}

static bool is_clean(struct parser *p, const char *line, const char *end)
{
    const char *what, *bad = find_bad(line, end, &what);
    struct vane_place place;

    if (!bad)
        return true;
    place = (struct vane_place){p->file, p->line, 1 + characters(line, (size_t)(bad - line))};
    vane_problems_error(p->problems, &place, "%s", what);
    return false;
}

static bool is_comment(const char *line, const char *end)
{
    while (line < end && is_blank(*line))
        line++;
    return line < end && (*line == '#' || *line == ';');
}

/* One physical line joins the statement. Returns whether the statement goes on. */
static bool take_line(struct parser *p, const char *line, const char *end)
{
    bool continues = end > line && end[-1] == '\\';
    struct start start = {p->logical->len, p->line};

    if (p->starts->len == 0)
        p->logical_line = p->line;
    g_array_append_val(p->starts, start);
    g_string_append_len(p->logical, line, end - line - (continues ? 1 : 0));
    if (continues)
        g_string_append_c(p->logical, ' ');
    return continues;
}

static void parse_line(struct parser *p)
{
    const char *line = p->at;
    const char *end = memchr(line, '\n', (size_t)(p->end - line));

    p->at = end ? end + 1 : p->end;
    if (!end)
        end = p->end;
    p->line++;
    if (end > line && end[-1] == '\r')
        end--;
    if (!is_clean(p, line, end) || is_comment(line, end))
        return;
    if (!take_line(p, line, end))
        finish_statement(p);
}

void vane_ini_parse(struct vane_ini *ini, const char *file, const char *text, size_t length,
                    struct vane_problems *problems)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct parser p = {
        .ini = ini,
        .problems = problems,
        .file = g_ref_string_new_intern(file),
        .at = text,
        .end = text + length,
        .logical = g_string_new(NULL),
        .starts = g_array_new(FALSE, FALSE, sizeof(struct start)),
    };

    g_ptr_array_add(ini->files, (void *)p.file);
    if (length >= 3 && memcmp(text, mark, 3) == 0)
        p.at += 3;
    while (p.at < p.end)
        parse_line(&p);
    finish_statement(&p);
    g_string_free(p.logical, TRUE);
    g_array_unref(p.starts);
    g_free(p.kind);
    g_free(p.name);
}
