/*
 * Logging: to the journal with fields (PLUGIN=, IFACE=, EVENT_ID=) or to standard error as lines.
 * A message is one sentence that names what failed, on what, why and what to do, without the
 * plugin's name (the host adds it) and without a full stop or newline at its end.
 */
#ifndef NETVANE_LOG_H
#define NETVANE_LOG_H

#include <netvane/abi.h>
#include <netvane/fields.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Levels, those of syslog(3). Since 1.0. */
#define VANE_LOG_ERROR   3u
#define VANE_LOG_WARNING 4u
#define VANE_LOG_NOTICE  5u
#define VANE_LOG_INFO    6u
#define VANE_LOG_DEBUG   7u

struct vane_log {
    uint32_t size, version;

    /* Logs a message in the manner of printf(3). -EINVAL for an unknown level. Since 1.0. */
    int (*print)(struct vane_self *self, uint32_t level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

    /*
     * Logs a message with structured fields. `interface_name` and `event_id` become IFACE= and
     * EVENT_ID= in the journal, other names are upper-cased. `fields` may be NULL. Since 1.0.
     */
    int (*write)(struct vane_self *self, uint32_t level, const char *message,
                 const struct vane_fields *fields);

    /* 1 when messages of this level are kept, else 0, to spare making one. Since 1.0. */
    int (*enabled)(struct vane_self *self, uint32_t level);

    /*
     * Says in one line at info level why the plugin is of no use on this system; `netvane show
     * plugins` shows it. For use before init() returns -EOPNOTSUPP. Since 1.0.
     */
    int (*unavailable)(struct vane_self *self, const char *reason);
};

#ifdef __cplusplus
}
#endif

#endif
