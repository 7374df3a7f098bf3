/* The output of child processes: line by line, to the plugin or to the log. */
#include <errno.h>
#include <unistd.h>

#include <glib.h>

#include "engine/loop/child-internal.h"

#define READ_SIZE 16384u

static void on_stream_closed(uv_handle_t *handle)
{
    struct vane_child_stream *stream = handle->data;

    g_free(stream->lines.buffer);
    g_free(stream->subject);
    g_free(stream);
}

static void log_suppressed(const struct vane_child_stream *stream, uint64_t lines)
{
    if (lines > 0)
        vane_logf(VANE_LOG_WARNING, stream->subject,
                  "%" G_GUINT64_FORMAT
                  " lines of its output were suppressed: it prints more than %u "
                  "lines or %u KiB in 10 s",
                  lines, VANE_THROTTLE_LINES, VANE_THROTTLE_BYTES >> 10);
}

void vane_child_stream_close(struct vane_child_stream *stream)
{
    if (!stream || uv_is_closing((uv_handle_t *)&stream->poll))
        return;
    log_suppressed(stream, vane_throttle_end(&stream->throttle));
    if (stream->child)
        stream->child->streams[stream->error] = NULL;
    stream->child = NULL;
    vane_ledger_strike(&stream->entry);
    uv_close((uv_handle_t *)&stream->poll, on_stream_closed);
    close(stream->fd);
}

static void stream_revoke(struct vane_ledger_entry *entry)
{
    vane_child_stream_close(
        (struct vane_child_stream *)((char *)entry - offsetof(struct vane_child_stream, entry)));
}

static void log_line(struct vane_child_stream *stream, const char *text, size_t length)
{
    uint64_t suppressed;
    bool passes =
        vane_throttle_admit(&stream->throttle, g_get_monotonic_time(), length, &suppressed);

    log_suppressed(stream, suppressed);
    if (passes)
        vane_logf(stream->error ? VANE_LOG_NOTICE : VANE_LOG_INFO, stream->subject, "%.*s",
                  (int)length, text);
}

static void on_line(void *user, const char *text, size_t length)
{
    struct vane_child_stream *stream = user;
    struct vane_child *child = stream->child;
    struct vane_call call;

    if (!child || !child->spawn.output) {
        log_line(stream, text, length);
        return;
    }
    vane_call_begin(&call, child->owner, "child output");
    child->spawn.output(child->spawn.user, text, length, stream->error);
    vane_call_end(&call);
}

/* Reads once; false when there is no more for now or for ever. */
static bool stream_read(struct vane_child_stream *stream)
{
    char bytes[READ_SIZE];
    ssize_t n = read(stream->fd, bytes, sizeof(bytes));

    if (n > 0) {
        vane_line_feed(&stream->lines, bytes, (size_t)n, on_line, stream);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    vane_line_finish(&stream->lines, on_line, stream);
    vane_child_stream_close(stream);
    return false;
}

static void on_stream(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    stream_read(poll->data);
}

struct vane_child_stream *vane_child_stream_open(struct vane_child *child, int fd, uint32_t error)
{
    struct vane_child_stream *stream = g_new0(struct vane_child_stream, 1);

    stream->child = child;
    stream->fd = fd;
    stream->error = error;
    stream->subject = g_strdup(child->subject);
    uv_poll_init(&child->engine->loop, &stream->poll, fd);
    stream->poll.data = stream;
    uv_poll_start(&stream->poll, UV_READABLE, on_stream);
    return stream;
}

/* What is written already belongs to the child, its last line too; what others write later goes to
 * the log. */
void vane_child_stream_detach(struct vane_child_stream *stream)
{
    struct vane_child *child = stream ? stream->child : NULL;

    if (!stream)
        return;
    for (unsigned i = 0; i < 64 && stream_read(stream); i++)
        ;
    if (uv_is_closing((uv_handle_t *)&stream->poll))
        return;
    vane_line_finish(&stream->lines, on_line, stream);
    vane_ledger_enter(child->owner ? &child->owner->ledger : NULL, &stream->entry,
                      "output of a background process", stream_revoke);
    stream->entry.kept = true; /* nothing of the plugin's: it has no handle of it */
    child->streams[stream->error] = NULL;
    stream->child = NULL;
}
