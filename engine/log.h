/*
 * The process's log: structured records to the journal when standard error is connected to it,
 * else one line each on standard error. The only state of the engine that is per process.
 */
#ifndef NETVANE_ENGINE_LOG_H
#define NETVANE_ENGINE_LOG_H

#include <netvane/log.h>

struct vane_log_settings {
    uint32_t level;    /* the highest level that is kept */
    const char *ident; /* program name; static */
};

void vane_log_setup(const struct vane_log_settings *settings);
void vane_log_set_level(uint32_t level);
int vane_log_enabled(uint32_t level);

/* `subject` is the plugin's name or the engine's room ("links"): the first word of the line. */
void vane_log_record(uint32_t level, const char *subject, const char *message,
                     const struct vane_fields *fields);
/* The same whatever the level in force is. */
void vane_log_record_always(uint32_t level, const char *subject, const char *message,
                            const struct vane_fields *fields);
void vane_logf(uint32_t level, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of each record for somebody, as the control socket; NULL ends it. */
void vane_log_tap(void (*tap)(void *user, uint32_t level, const char *subject, const char *message),
                  void *user);

#define vane_error(subject, ...)   vane_logf(VANE_LOG_ERROR, subject, __VA_ARGS__)
#define vane_warning(subject, ...) vane_logf(VANE_LOG_WARNING, subject, __VA_ARGS__)
#define vane_notice(subject, ...)  vane_logf(VANE_LOG_NOTICE, subject, __VA_ARGS__)
#define vane_info(subject, ...)    vane_logf(VANE_LOG_INFO, subject, __VA_ARGS__)
#define vane_debug(subject, ...)                                                                   \
    do {                                                                                           \
        if (vane_log_enabled(VANE_LOG_DEBUG))                                                      \
            vane_logf(VANE_LOG_DEBUG, subject, __VA_ARGS__);                                       \
    } while (0)

#endif
