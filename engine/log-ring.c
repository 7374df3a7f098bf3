/* The last lines of the log. See log-ring.h. */
#include "engine/log-ring.h"

#include <string.h>
#include <time.h>

#include <glib.h>

#include "engine/log.h"

#define LINES_MAX   256u
#define MESSAGE_MAX 512u

static struct {
    struct vane_log_line lines[LINES_MAX];
    unsigned first, count;
} ring;

static void clear(struct vane_log_line *line)
{
    g_free(line->subject);
    g_free(line->message);
    *line = (struct vane_log_line){0};
}

static struct vane_log_line *next_place(void)
{
    if (ring.count < LINES_MAX)
        return &ring.lines[(ring.first + ring.count++) % LINES_MAX];
    ring.first = (ring.first + 1) % LINES_MAX;
    return &ring.lines[(ring.first + LINES_MAX - 1) % LINES_MAX];
}

static void keep(void *user, uint32_t level, const char *subject, const char *message)
{
    struct vane_log_line *line = next_place();
    struct timespec now;

    clear(line);
    clock_gettime(CLOCK_REALTIME, &now);
    line->time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    line->level = level;
    line->subject = g_strdup(subject);
    line->message = g_utf8_make_valid(message, (gssize)strnlen(message, MESSAGE_MAX));
}

void vane_log_ring_start(void)
{
    vane_log_tap(keep, NULL);
}

void vane_log_ring_stop(void)
{
    vane_log_tap(NULL, NULL);
    for (unsigned i = 0; i < LINES_MAX; i++)
        clear(&ring.lines[i]);
    ring.first = ring.count = 0;
}

unsigned vane_log_ring_count(void)
{
    return ring.count;
}

const struct vane_log_line *vane_log_ring_at(unsigned index)
{
    return &ring.lines[(ring.first + index) % LINES_MAX];
}
