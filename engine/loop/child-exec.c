/* Starting a child process: its descriptors, signals, group and environment. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <glib.h>

#include "engine/descriptors.h"
#include "engine/loop/child-internal.h"

static int spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setpgroup(attributes, 0);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETPGROUP);
}

static int spawn_actions(posix_spawn_file_actions_t *actions, const struct vane_spawn *spawn,
                         int out, int err)
{
    if (spawn->directory)
        posix_spawn_file_actions_addchdir_np(actions, spawn->directory);
    posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions, out, 1);
    posix_spawn_file_actions_adddup2(actions, err, 2);
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

int vane_child_exec(const struct vane_spawn *spawn, int out, int err, pid_t *pid)
{
    const char *const only_path[] = {spawn->path, NULL};
    const char *const *arguments = spawn->arguments ? spawn->arguments : only_path;
    bool clean = spawn->flags & VANE_SPAWN_CLEAN_ENVIRONMENT;
    g_auto(GStrv) environment = vane_child_environment(clean ? NULL : environ, spawn->environment);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    r = spawn_attributes(&attributes);
    if (r == 0)
        r = spawn_actions(&actions, spawn, out, err);
    vane_descriptors_for_child(true);
    if (r == 0)
        r = posix_spawn(pid, spawn->path, &actions, &attributes,
                        (char *const *)(uintptr_t)arguments, environment);
    vane_descriptors_for_child(false);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -r;
}

/* A pipe whose writing end the child gets; both ends are above 2, so that the child's dup2() of
 * one does not overwrite the other. */
int vane_child_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    for (unsigned i = 0; i < 2; i++) {
        int fd = ends[i] > 2 ? ends[i] : fcntl(ends[i], F_DUPFD_CLOEXEC, 3);

        if (fd != ends[i])
            close(ends[i]);
        ends[i] = fd;
    }
    if (ends[0] < 0 || ends[1] < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    return 0;
}
