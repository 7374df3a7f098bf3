/* The process's log. See log.h. */
#include "engine/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <glib.h>

#include "engine/event.h"
#include "lib/text/printable.h"

static struct {
    uint32_t level;
    const char *ident;
    gboolean journal;
    pthread_t thread; /* the tap's */
    void (*tap)(void *user, uint32_t level, const char *subject, const char *message);
    void *tap_user;
} state = {.level = VANE_LOG_INFO, .ident = "netvaned"};

/* JOURNAL_STREAM names the device and inode of the journal's stream (systemd.exec(5)). */
static gboolean stderr_is_journal(void)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
        return FALSE;
    return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void vane_log_setup(const struct vane_log_settings *settings)
{
    state.level = settings->level;
    state.ident = settings->ident;
    state.journal = stderr_is_journal();
}

void vane_log_set_level(uint32_t level)
{
    state.level = level;
}

int vane_log_enabled(uint32_t level)
{
    return level <= state.level;
}

void vane_log_tap(void (*tap)(void *user, uint32_t level, const char *subject, const char *message),
                  void *user)
{
    state.tap = tap;
    state.thread = pthread_self();
    state.tap_user = user;
}

static char *join(const char *const *strings, uint32_t count)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (uint32_t i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", strings[i]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *field_text(const struct vane_field *field)
{
    switch (field->type) {
    case VANE_STRING:
        return g_strdup(field->value.string ? field->value.string : "");
    case VANE_INT64:
        return g_strdup_printf("%" G_GINT64_FORMAT, field->value.int64);
    case VANE_UINT64:
        return g_strdup_printf("%" G_GUINT64_FORMAT, field->value.uint64);
    case VANE_DOUBLE:
        return g_strdup_printf("%g", field->value.real);
    case VANE_BOOL:
        return g_strdup(field->value.boolean ? "yes" : "no");
    case VANE_JSON:
        return g_strndup(field->value.string, field->count);
    case VANE_STRINGS:
        return join(field->value.strings, field->count);
    }
    return NULL;
}

/* The journal takes names of [A-Z0-9_] that do not begin with '_' (systemd.journal-fields(7)). */
static char *journal_name(const char *name)
{
    if (strcmp(name, "interface_name") == 0)
        return g_strdup("IFACE");
    return g_strcanon(g_ascii_strup(name, -1), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '_');
}

static void add_item(GArray *items, char *text)
{
    struct iovec item = {text, strlen(text)};

    g_array_append_val(items, item);
}

static void add_field(GArray *items, struct vane_field field)
{
    g_autofree char *value = field_text(&field);
    g_autofree char *name = journal_name(field.name ? field.name : "_");

    if (value && name[0] != '_')
        add_item(items, g_strdup_printf("%s=%s", name, value));
}

static void to_journal(uint32_t level, const char *subject, const char *message,
                       const struct vane_fields *fields)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct iovec));

    add_item(items, g_strdup_printf("MESSAGE=%s: %s", subject, message));
    add_item(items, g_strdup_printf("PRIORITY=%u", level));
    add_item(items, g_strdup_printf("SYSLOG_IDENTIFIER=%s", state.ident));
    add_item(items, g_strdup_printf("PLUGIN=%s", subject));
    for (uint32_t i = 0; fields && i < fields->count; i++)
        add_field(items, vane_fields_at(fields, i));
    sd_journal_sendv((const struct iovec *)(void *)items->data, (int)items->len);
    for (guint i = 0; i < items->len; i++)
        g_free(g_array_index(items, struct iovec, i).iov_base);
}

static const char *level_word(uint32_t level)
{
    if (level <= VANE_LOG_ERROR)
        return "error: ";
    return level == VANE_LOG_WARNING ? "warning: " : "";
}

/* One write a line, so that lines of several threads do not mix. */
static void to_stderr(uint32_t level, const char *subject, const char *message)
{
    g_autofree char *safe = vane_text_printable(message, strlen(message));
    g_autofree char *line = g_strdup_printf("%s: %s%s\n", subject, level_word(level), safe);
    ssize_t written = write(STDERR_FILENO, line, strlen(line));

    (void)written;
}

void vane_log_record_always(uint32_t level, const char *subject, const char *message,
                            const struct vane_fields *fields)
{
    if (state.journal)
        to_journal(level, subject, message, fields);
    else
        to_stderr(level, subject, message);
    if (state.tap && pthread_equal(pthread_self(), state.thread))
        state.tap(state.tap_user, level, subject, message);
}

void vane_log_record(uint32_t level, const char *subject, const char *message,
                     const struct vane_fields *fields)
{
    if (vane_log_enabled(level))
        vane_log_record_always(level, subject, message, fields);
}

void vane_logf(uint32_t level, const char *subject, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    if (!vane_log_enabled(level))
        return;
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_log_record(level, subject, message, NULL);
}
