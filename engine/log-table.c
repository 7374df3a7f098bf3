/* The log as plugins see it. See log-table.h. */
#include "engine/log-table.h"

#include <errno.h>
#include <stdarg.h>

#include <glib.h>

#include "engine/engine.h"

static int check(const struct vane_self *self, uint32_t level)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    return level >= VANE_LOG_ERROR && level <= VANE_LOG_DEBUG ? 0 : -EINVAL;
}

/* "debug PLUGIN on" keeps what the daemon's level would drop. */
static int wanted(const struct vane_self *self, uint32_t level)
{
    return vane_log_enabled(level) || __atomic_load_n(&self->debug, __ATOMIC_RELAXED);
}

__attribute__((format(printf, 3, 4))) static int print(struct vane_self *self, uint32_t level,
                                                       const char *format, ...)
{
    g_autofree char *message = NULL;
    int r = check(self, level);
    va_list arguments;

    if (r < 0 || !wanted(self, level))
        return r;
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_log_record_always(level, self->name, message, NULL);
    return 0;
}

static int write_record(struct vane_self *self, uint32_t level, const char *message,
                        const struct vane_fields *fields)
{
    int r = message ? check(self, level) : -EINVAL;

    if (r == 0 && wanted(self, level))
        vane_log_record_always(level, self->name, message, fields);
    return r;
}

static int enabled(struct vane_self *self, uint32_t level)
{
    return self ? wanted(self, level) : vane_log_enabled(level);
}

static int unavailable(struct vane_self *self, const char *reason)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    g_free(self->unavailable);
    self->unavailable = g_strdup(reason);
    return 0;
}

const struct vane_log vane_log_table = {
    .size = sizeof(struct vane_log),
    .version = VANE_ABI_MINOR,
    .print = print,
    .write = write_record,
    .enabled = enabled,
    .unavailable = unavailable,
};
