/* What is wrong with a document. See problems.h. */
#include "lib/policy/problems.h"

#include <string.h>

#include "lib/text/printable.h"

static void free_problem(gpointer data)
{
    struct vane_policy_problem *problem = data;

    g_free(problem->rule);
    g_free(problem->message);
    g_free(problem);
}

void vane_policy_problems_init(struct vane_policy_problems *problems, const char *text)
{
    *problems = (struct vane_policy_problems){
        .list = g_ptr_array_new_with_free_func(free_problem), .text = text, .line = 1, .column = 1};
}

void vane_policy_problems_clear(struct vane_policy_problems *problems)
{
    g_clear_pointer(&problems->list, g_ptr_array_unref);
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* From where the last problem was, as they come in the order of the text: a document with ten
 * thousand of them is not read ten thousand times. */
static void count_to(struct vane_policy_problems *problems, size_t offset)
{
    if (offset < problems->offset) {
        problems->offset = 0;
        problems->line = problems->column = 1;
    }
    for (; problems->offset < offset; problems->offset++) {
        if (problems->text[problems->offset] == '\n') {
            problems->line++;
            problems->column = 1;
        } else if (begins_character(problems->text[problems->offset + 1])) {
            problems->column++;
        }
    }
}

void vane_policy_problem(struct vane_policy_problems *problems, const char *rule, const char *at,
                         const char *format, ...)
{
    struct vane_policy_problem *problem = g_new0(struct vane_policy_problem, 1);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    problem->rule = g_strdup(rule);
    problem->message = vane_text_printable(message, strlen(message));
    if (at) {
        count_to(problems, (size_t)(at - problems->text));
        problem->line = problems->line;
        problem->column = problems->column;
    }
    g_ptr_array_add(problems->list, problem);
}

/* Bytes of UTF-8 that a \uXXXX at `at` stands for; a pair of surrogates is 12 letters and 4 bytes.
 */
static size_t escape_at(const char *at, size_t *letters)
{
    unsigned long code;
    char digits[5];

    *letters = 2;
    if (at[1] != 'u')
        return 1;
    *letters = 6;
    memcpy(digits, at + 2, 4);
    digits[4] = '\0';
    code = strtoul(digits, NULL, 16);
    if (code >= 0xD800 && code < 0xDC00) {
        *letters = 12;
        return 4;
    }
    return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

const char *vane_policy_place_in(struct vane_json_view string, size_t offset)
{
    const char *at = string.at + 1, *end = string.at + string.len - 1;

    while (at < end && offset > 0) {
        size_t letters = 1, bytes = 1;

        if (*at == '\\')
            bytes = escape_at(at, &letters);
        at += MIN(letters, (size_t)(end - at));
        offset -= MIN(bytes, offset);
    }
    return at;
}

char *vane_policy_problem_line(const struct vane_policy_problem *problem, const char *file)
{
    g_autoptr(GString) line = g_string_new(file);

    if (problem->line > 0)
        g_string_append_printf(line, ":%zu:%zu", problem->line, problem->column);
    g_string_append(line, ": ");
    if (problem->rule)
        g_string_append_printf(line, "rule %s: ", problem->rule);
    g_string_append(line, problem->message);
    return g_string_free(g_steal_pointer(&line), FALSE);
}

static void write_one(struct vane_json *json, const struct vane_policy_problem *problem)
{
    vane_json_object_begin(json);
    if (problem->rule)
        vane_json_member_string(json, "rule", problem->rule);
    if (problem->line > 0) {
        vane_json_member_uint64(json, "line", problem->line);
        vane_json_member_uint64(json, "column", problem->column);
    }
    vane_json_member_string(json, "message", problem->message);
    vane_json_object_end(json);
}

void vane_policy_problems_write(struct vane_json *json, const GPtrArray *list)
{
    vane_json_array_begin(json);
    for (guint i = 0; i < list->len; i++)
        write_one(json, g_ptr_array_index(list, i));
    vane_json_array_end(json);
}
