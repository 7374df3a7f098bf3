/* The shell's history. See history.h. */
#include "cli/history.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define LINES_KEPT    1000u
#define FILE_SIZE_MAX (4u << 20)

/* XDG Base Directory Specification: only absolute paths count. NULL: there is no home. */
static char *directory(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && g_path_is_absolute(state))
        return g_build_filename(state, "netvane", NULL);
    if (home && g_path_is_absolute(home))
        return g_build_filename(home, ".local", "state", "netvane", NULL);
    return NULL;
}

static char *file(void)
{
    g_autofree char *where = directory();

    return where ? g_build_filename(where, "history", NULL) : NULL;
}

static void keep_last(GPtrArray *lines, const char *path)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (lines->len <= 2 * LINES_KEPT)
        return;
    g_ptr_array_remove_range(lines, 0, lines->len - LINES_KEPT);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(lines, i));
    (void)g_file_set_contents_full(path, text->str, (gssize)text->len,
                                   G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

GPtrArray *vane_history_load(void)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = file(), *text = NULL;
    g_auto(GStrv) all = NULL;
    struct stat status;

    if (!path || stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_size > FILE_SIZE_MAX || !g_file_get_contents(path, &text, NULL, NULL))
        return lines;
    all = g_strsplit(text, "\n", -1);
    for (char **line = all; *line; line++) {
        if (**line && g_utf8_validate(*line, -1, NULL))
            g_ptr_array_add(lines, g_strdup(*line));
    }
    keep_last(lines, path);
    return lines;
}

void vane_history_add(const char *line)
{
    g_autofree char *where = directory(), *path = file(), *text = g_strdup_printf("%s\n", line);
    _cleanup_close_ int fd = -1;

    if (!path || g_mkdir_with_parents(where, 0700) < 0)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        return; /* a full disk; the line is remembered until the shell ends */
}
