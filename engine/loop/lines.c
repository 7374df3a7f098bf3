/* Cuts a child's output into lines of bounded length. See loop.h. */
#include <string.h>

#include <glib.h>

#include "engine/loop/loop.h"

static void flush(struct vane_line_splitter *self,
                  void (*line)(void *user, const char *text, size_t length), void *user)
{
    size_t used = self->used;

    self->used = 0;
    line(user, self->buffer, used);
}

void vane_line_feed(struct vane_line_splitter *self, const char *bytes, size_t length,
                    void (*line)(void *user, const char *text, size_t length), void *user)
{
    if (!self->buffer && length > 0)
        self->buffer = g_malloc(VANE_LINE_MAX);
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t part = end ? (size_t)(end - bytes) : length;
        size_t taken = MIN(part, VANE_LINE_MAX - self->used);

        memcpy(self->buffer + self->used, bytes, taken);
        self->used += taken;
        bytes += taken;
        length -= taken;
        if (taken == part && end) {
            bytes++;
            length--;
            if (self->used > 0 || !self->cut)
                flush(self, line, user);
            self->cut = false;
        } else if (self->used == VANE_LINE_MAX) {
            flush(self, line, user);
            self->cut = true;
        }
    }
}

void vane_line_finish(struct vane_line_splitter *self,
                      void (*line)(void *user, const char *text, size_t length), void *user)
{
    if (self->used > 0)
        flush(self, line, user);
    g_clear_pointer(&self->buffer, g_free);
}
