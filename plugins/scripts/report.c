/* Reports on scripts. See report.h. */
#include "plugins/scripts/report.h"

#include <errno.h>
#include <string.h>

#include "plugins/scripts/refusals.h"

#define NS_PER_MS 1000000u

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "routable.d/10-hello": tells scripts of one name apart. */
static const char *short_name(const char *path)
{
    const char *name = base_name(path);
    const char *at = name;

    if (at > path + 1)
        at--;
    while (at > path && at[-1] != '/')
        at--;
    return at;
}

static bool has_interface(const struct vane_job *job)
{
    return job->occurrence->interface_name[0] != '\0';
}

/* " on eth0", or nothing for an event that is about no interface. Valid until the next call. */
static const char *on_interface(const struct vane_job *job)
{
    static char text[64];

    if (!has_interface(job))
        return "";
    g_snprintf(text, sizeof(text), " on %s", job->occurrence->interface_name);
    return text;
}

/* The members that all events about a script have, at most this many. Returns how many; room for
 * more is left to the caller. */
#define COMMON 4

static uint32_t common(struct vane_field *fields, const struct vane_job *job, const char *path)
{
    uint32_t n = 0;

    fields[n++] = vane_string("script", path);
    fields[n++] = vane_string("state", job->trigger->state);
    if (has_interface(job)) {
        fields[n++] = vane_string("interface_name", job->occurrence->interface_name);
        fields[n++] = vane_uint64("interface_index", job->occurrence->ifindex);
    }
    return n;
}

static void publish(const struct vane_job *job, const char *topic, const struct vane_field *fields,
                    uint32_t count)
{
    const struct vane_fields payload = {sizeof(*fields), count, fields};
    const struct vane_scripts *scripts = job->scripts;

    (void)scripts->host->bus->publish(scripts->self, topic, &payload, job->occurrence->event, NULL);
}

static void say(const struct vane_job *job, uint32_t level, const char *message)
{
    const struct vane_scripts *scripts = job->scripts;
    const struct vane_event *event = job->occurrence->event;
    const struct vane_field fields[] = {
        vane_string("script", job->path),
        vane_string("interface_name", job->occurrence->interface_name),
        vane_string("event_id", event ? scripts->host->bus->event_id(event) : ""),
    };
    const struct vane_fields list = VANE_FIELDS(fields);

    (void)scripts->host->log->write(scripts->self, level, message, &list);
}

bool vane_report_permitted(const struct vane_job *job, const char *path)
{
    const struct vane_scripts *scripts = job->scripts;
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    struct vane_field fields[COMMON];
    const struct vane_fields facts = {sizeof(*fields), common(fields, job, path), fields};
    const struct vane_gate_request request = {
        .size = sizeof(request),
        .origin = VANE_ORIGIN_LOCAL,
        .access = VANE_ACCESS_CHANGE,
        .action = "script.run",
        .facts = &facts,
        .cause = job->occurrence->event,
    };

    if (scripts->host->gate->check(scripts->self, &request, &verdict) == 1)
        return true;
    scripts->host->log->print(scripts->self, VANE_LOG_NOTICE,
                              "%s is not run for %s%s: denied by %s: %s", path, job->trigger->state,
                              on_interface(job), verdict.rule, verdict.reason);
    return false;
}

void vane_report_started(const struct vane_job *job)
{
    const struct vane_scripts *scripts = job->scripts;
    struct vane_field fields[COMMON + 1];
    int64_t pid = -1;
    uint32_t n;

    (void)scripts->host->loop->child_pid(scripts->self, job->child, &pid);
    n = common(fields, job, job->path);
    fields[n++] = vane_int64("pid", pid);
    publish(job, "script.started", fields, n);
}

static void report_suppressed(const struct vane_job *job, uint64_t lines)
{
    g_autofree char *text = NULL;

    if (lines == 0)
        return;
    text = g_strdup_printf("%s: %" G_GUINT64_FORMAT
                           " lines of its output were suppressed: it prints more than %u lines or "
                           "%u KiB in 10 s",
                           short_name(job->path), lines, VANE_THROTTLE_LINES,
                           VANE_THROTTLE_BYTES >> 10);
    say(job, VANE_LOG_WARNING, text);
}

void vane_report_output(struct vane_job *job, const char *line, size_t length, bool error)
{
    g_autofree char *text = NULL;
    uint64_t suppressed;
    bool passes = vane_throttle_admit(&job->throttle, g_get_monotonic_time(), length, &suppressed);

    report_suppressed(job, suppressed);
    if (!passes)
        return;
    text = g_strdup_printf("%s: %.*s", short_name(job->path), (int)length, line);
    say(job, error ? VANE_LOG_WARNING : VANE_LOG_NOTICE, text);
}

static void report_timeout(const struct vane_job *job)
{
    uint64_t timeout_ms = job->scripts->options.timeout_ms;
    struct vane_field fields[COMMON + 1];
    uint32_t n;
    g_autofree char *text = g_strdup_printf("%s was ended after its timeout of %" G_GUINT64_FORMAT
                                            ".%03u s%s (Timeout= gives it longer)",
                                            job->path, timeout_ms / 1000,
                                            (unsigned)(timeout_ms % 1000), on_interface(job));

    n = common(fields, job, job->path);
    fields[n++] = vane_uint64("timeout_ms", timeout_ms);
    publish(job, "script.timeout", fields, n);
    say(job, VANE_LOG_WARNING, text);
}

static void report_failure(const struct vane_job *job, const struct vane_child_status *status)
{
    g_autofree char *text =
        status->signal
            ? g_strdup_printf("%s was ended by signal %d (%s) for %s%s", job->path, status->signal,
                              strsignal(status->signal), job->trigger->state, on_interface(job))
            : g_strdup_printf("%s failed with exit status %d for %s%s", job->path,
                              status->exit_status, job->trigger->state, on_interface(job));

    say(job, VANE_LOG_WARNING, text);
}

/* To the hundredth: more would be noise. */
static double milliseconds(uint64_t ns)
{
    return (double)((ns + NS_PER_MS / 200) / (NS_PER_MS / 100)) / 100;
}

void vane_report_ended(struct vane_job *job, const struct vane_child_status *status)
{
    struct vane_field fields[COMMON + 3];
    uint32_t n;

    report_suppressed(job, vane_throttle_end(&job->throttle));
    if (status->timed_out)
        report_timeout(job);
    else if (status->signal || status->exit_status)
        report_failure(job, status);
    n = common(fields, job, job->path);
    fields[n++] = vane_int64("exit_status", status->exit_status);
    fields[n++] = vane_int64("signal", status->signal);
    fields[n++] = vane_double("duration_ms", milliseconds(status->duration_ns));
    publish(job, "script.finished", fields, n);
}

/* The kernel's word for a missing interpreter is the one for a missing script. */
static const char *start_advice(int error)
{
    if (error == -ENOEXEC)
        return " (does it begin with #!?)";
    return error == -ENOENT ? " (is there the program that its first line names?)" : "";
}

void vane_report_failed(const struct vane_job *job, const char *path, int error)
{
    const struct vane_scripts *scripts = job->scripts;

    scripts->host->log->print(scripts->self, VANE_LOG_ERROR, "cannot start %s for %s%s: %s%s", path,
                              job->trigger->state, on_interface(job), g_strerror(-error),
                              start_advice(error));
}

void vane_report_refused(const struct vane_scripts *scripts, const char *path, const char *reason,
                         uint64_t change)
{
    size_t length = strlen(path);
    bool named = strncmp(reason, path, length) == 0 && reason[length] == ' ';

    if (vane_refusals_note(scripts->refusals, path, reason, change))
        scripts->host->log->print(scripts->self, VANE_LOG_ERROR, "%s; refusing to run %s", reason,
                                  named ? "it" : path);
}
