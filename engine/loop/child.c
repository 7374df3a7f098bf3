/*
 * Child processes: each in its own process group, watched through a pidfd, its output read line
 * by line. See loop.h; the promises to plugins are in api/netvane/loop.h.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <glib.h>

#include "engine/loop/child-internal.h"
#include "lib/cleanup.h"

#define KILL_DELAY_MS 5000u

static void on_child_closed(uv_handle_t *handle)
{
    struct vane_child *child = handle->data;

    g_free(child->subject);
    g_free(child);
}

static void child_close(struct vane_child *child)
{
    vane_ledger_strike(&child->entry);
    vane_timer_stop(child->timer);
    for (unsigned i = 0; i < 2; i++)
        vane_child_stream_close(child->streams[i]);
    uv_close((uv_handle_t *)&child->exit_poll, on_child_closed);
    close(child->pidfd);
}

static void kill_group(const struct vane_child *child, int signal)
{
    if (kill(-child->pid, signal) < 0 && errno != ESRCH)
        vane_warning(child->subject, "cannot send signal %d to process group %d: %s", signal,
                     (int)child->pid, g_strerror(errno));
}

static void child_reap(struct vane_child *child)
{
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    child_close(child);
}

/* Nobody will look after it any more: its whole group ends now. */
static void child_revoke(struct vane_ledger_entry *entry)
{
    struct vane_child *child = (struct vane_child *)entry;

    kill_group(child, SIGKILL);
    child_reap(child);
}

static void on_deadline(void *user)
{
    struct vane_child *child = user;

    child->timer = NULL;
    switch (child->stage) {
    case VANE_CHILD_RUNNING:
        child->timed_out = true;
        child->stage = VANE_CHILD_TERMINATING;
        kill_group(child, SIGTERM);
        vane_timer_start(child->engine, NULL, child->spawn.kill_delay_ms, 0, on_deadline, child,
                         &child->timer);
        break;
    case VANE_CHILD_TERMINATING:
        kill_group(child, SIGKILL);
        break;
    case VANE_CHILD_LINGERING:
        kill_group(child, SIGKILL);
        child_reap(child);
        break;
    }
}

static struct vane_child_status status_of(const struct vane_child *child, const siginfo_t *info)
{
    bool exited = info->si_code == CLD_EXITED;

    return (struct vane_child_status){
        .size = sizeof(struct vane_child_status),
        .exit_status = exited ? info->si_status : -1,
        .signal = exited ? 0 : info->si_status,
        .timed_out = child->timed_out,
        .duration_ns = vane_monotonic_ns() - child->started_ns,
    };
}

/* After a timeout the pid stays taken until the group was killed too; else it is reaped now. */
static void child_end(struct vane_child *child)
{
    uv_poll_stop(&child->exit_poll);
    if (child->stage == VANE_CHILD_TERMINATING && child->timer)
        child->stage = VANE_CHILD_LINGERING;
    else
        child_reap(child);
}

static void on_exit_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_child *child = poll->data;
    struct vane_spawn spawn = child->spawn;
    struct vane_self *owner = child->owner;
    struct vane_child_status result;
    siginfo_t info = {0};
    struct vane_call call;

    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return;
    result = status_of(child, &info);
    vane_child_stream_detach(child->streams[0]);
    vane_child_stream_detach(child->streams[1]);
    child_end(child);
    if (!spawn.exited)
        return;
    vane_call_begin(&call, owner, "child exit");
    spawn.exited(spawn.user, &result);
    vane_call_end(&call);
}

static struct vane_child *child_new(struct vane_engine *engine, struct vane_self *owner,
                                    const struct vane_spawn *spawn, pid_t pid, int pidfd,
                                    uint64_t started_ns)
{
    g_autofree char *program = g_path_get_basename(spawn->path);
    struct vane_child *child = g_new0(struct vane_child, 1);

    child->engine = engine;
    child->owner = owner;
    child->spawn = *spawn;
    child->pid = pid;
    child->pidfd = pidfd;
    child->started_ns = started_ns;
    child->subject = g_strdup_printf("%s: %s", owner ? owner->name : "engine", program);
    uv_poll_init(&engine->loop, &child->exit_poll, pidfd);
    child->exit_poll.data = child;
    uv_poll_start(&child->exit_poll, UV_READABLE, on_exit_poll);
    vane_ledger_enter(owner ? &owner->ledger : NULL, &child->entry, "child process", child_revoke);
    return child;
}

static void start_timeout(struct vane_child *child)
{
    if (child->spawn.kill_delay_ms == 0)
        child->spawn.kill_delay_ms = KILL_DELAY_MS;
    if (child->spawn.timeout_ms > 0)
        vane_timer_start(child->engine, NULL, child->spawn.timeout_ms, 0, on_deadline, child,
                         &child->timer);
}

static int check_request(const struct vane_spawn *request, struct vane_spawn *spawn)
{
    if (!request || request->size < offsetof(struct vane_spawn, user))
        return -EINVAL;
    memset(spawn, 0, sizeof(*spawn));
    memcpy(spawn, request, MIN(request->size, sizeof(*spawn)));
    return spawn->path && spawn->path[0] == '/' ? 0 : -EINVAL;
}

int vane_child_spawn(struct vane_engine *engine, struct vane_self *owner,
                     const struct vane_spawn *request, struct vane_child **result)
{
    _cleanup_close_ int out_read = -1, out_write = -1, err_read = -1, err_write = -1;
    struct vane_spawn spawn;
    struct vane_child *child;
    int out[2] = {-1, -1}, err[2] = {-1, -1}, pidfd, r;
    uint64_t started_ns = vane_monotonic_ns();
    pid_t pid = -1;

    r = check_request(request, &spawn);
    if (r < 0)
        return r;
    r = vane_child_pipe(out);
    out_read = out[0], out_write = out[1];
    if (r == 0)
        r = vane_child_pipe(err);
    err_read = err[0], err_write = err[1];
    if (r == 0)
        r = vane_child_exec(&spawn, out_write, err_write, &pid);
    if (r < 0)
        return r;
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        r = -errno;
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return r;
    }
    child = child_new(engine, owner, &spawn, pid, pidfd, started_ns);
    child->streams[0] = vane_child_stream_open(child, steal_fd(&out_read), 0);
    child->streams[1] = vane_child_stream_open(child, steal_fd(&err_read), 1);
    start_timeout(child);
    if (result)
        *result = child;
    return 0;
}

int vane_child_kill(struct vane_child *child, int signal)
{
    return kill(-child->pid, signal) < 0 ? -errno : 0;
}

int64_t vane_child_pid(const struct vane_child *child)
{
    return child->pid;
}
