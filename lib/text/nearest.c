/* Edit distance (optimal string alignment) and the nearest of some names. */
#include "lib/text/nearest.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define LENGTH_MAX 64

static bool same(char a, char b)
{
    return g_ascii_tolower(a) == g_ascii_tolower(b);
}

/* The distance between the first i letters of a and the first j of b, from the rows before. */
static size_t cell(const char *a, const char *b, size_t i, size_t j, size_t rows[3][LENGTH_MAX + 1])
{
    size_t *older = rows[(i + 1) % 3], *last = rows[(i + 2) % 3], *row = rows[i % 3];
    size_t best = MIN(last[j] + 1, row[j - 1] + 1);

    best = MIN(best, last[j - 1] + !same(a[i - 1], b[j - 1]));
    if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        best = MIN(best, older[j - 2] + 1);
    return best;
}

size_t vane_text_edit_distance(const char *a, const char *b)
{
    size_t rows[3][LENGTH_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > LENGTH_MAX || b_len > LENGTH_MAX)
        return MAX(a_len, b_len);
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        rows[i % 3][0] = i;
        for (size_t j = 1; j <= b_len; j++)
            rows[i % 3][j] = cell(a, b, i, j, rows);
    }
    return rows[a_len % 3][b_len];
}

const char *vane_text_nearest(const char *name, const char *const *names, size_t count)
{
    size_t closest = MAX(strlen(name) / 3, 1) + 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t distance = names[i] ? vane_text_edit_distance(name, names[i]) : closest;

        /* A name of which nothing is left is no suggestion. */
        if (distance < closest && distance < strlen(names[i])) {
            closest = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
