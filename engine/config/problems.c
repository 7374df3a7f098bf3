/* Errors and warnings of one load. See problems.h. */
#include "engine/config/problems.h"

#include <stdarg.h>

#include "engine/log.h"

static void problem_free(void *data)
{
    struct vane_problem *problem = data;

    g_free(problem->text);
    g_free(problem);
}

struct vane_problems *vane_problems_new(void)
{
    struct vane_problems *problems = g_new0(struct vane_problems, 1);

    problems->list = g_ptr_array_new_with_free_func(problem_free);
    return problems;
}

void vane_problems_free(struct vane_problems *problems)
{
    if (!problems)
        return;
    g_ptr_array_unref(problems->list);
    g_free(problems);
}

static void append_place(GString *text, const struct vane_place *place)
{
    if (!place || !place->file)
        return;
    g_string_append(text, place->file);
    if (place->line > 0)
        g_string_append_printf(text, ":%u", place->line);
    if (place->line > 0 && place->column > 0)
        g_string_append_printf(text, ":%u", place->column);
    g_string_append(text, ": ");
}

static void add(struct vane_problems *problems, bool warning, const struct vane_place *place,
                const char *format, va_list arguments) G_GNUC_PRINTF(4, 0);

static void add(struct vane_problems *problems, bool warning, const struct vane_place *place,
                const char *format, va_list arguments)
{
    GString *text;
    struct vane_problem *problem;

    if (problems->list->len >= VANE_PROBLEMS_MAX)
        return;
    text = g_string_new(NULL);
    append_place(text, place);
    g_string_append_vprintf(text, format, arguments);
    problem = g_new(struct vane_problem, 1);
    *problem = (struct vane_problem){.warning = warning, .text = g_string_free(text, FALSE)};
    g_ptr_array_add(problems->list, problem);
}

void vane_problems_error(struct vane_problems *problems, const struct vane_place *place,
                         const char *format, ...)
{
    va_list arguments;

    problems->errors++;
    va_start(arguments, format);
    add(problems, false, place, format, arguments);
    va_end(arguments);
}

void vane_problems_warning(struct vane_problems *problems, const struct vane_place *place,
                           const char *format, ...)
{
    va_list arguments;

    problems->warnings++;
    va_start(arguments, format);
    add(problems, true, place, format, arguments);
    va_end(arguments);
}

static unsigned untold(const struct vane_problems *problems)
{
    return problems->errors + problems->warnings - problems->list->len;
}

static char *join(const struct vane_problems *problems, const char *separator)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < problems->list->len; i++) {
        const struct vane_problem *problem = problems->list->pdata[i];

        if (!problem->warning)
            g_string_append_printf(text, "%s%s", text->len ? separator : "", problem->text);
    }
    if (untold(problems) > 0)
        g_string_append_printf(text, "%s... and %u more", separator, untold(problems));
    return g_string_free(text, FALSE);
}

char *vane_problems_text(const struct vane_problems *problems)
{
    return join(problems, "\n");
}

char *vane_problems_line(const struct vane_problems *problems)
{
    return join(problems, "; ");
}

void vane_problems_log(const struct vane_problems *problems, const char *subject)
{
    for (guint i = 0; i < problems->list->len; i++) {
        const struct vane_problem *problem = problems->list->pdata[i];

        vane_logf(problem->warning ? VANE_LOG_WARNING : VANE_LOG_ERROR, subject, "%s",
                  problem->text);
    }
    if (untold(problems) > 0)
        vane_error(subject, "... and %u more", untold(problems));
}
