/* What the files about child processes share: child.c (life), child-output.c, child-exec.c. */
#ifndef NETVANE_ENGINE_LOOP_CHILD_INTERNAL_H
#define NETVANE_ENGINE_LOOP_CHILD_INTERNAL_H

#include "engine/loop/loop.h"
#include "lib/throttle.h"

enum vane_child_stage {
    VANE_CHILD_RUNNING,
    VANE_CHILD_TERMINATING, /* SIGTERM was sent after the timeout; SIGKILL will follow */
    VANE_CHILD_LINGERING, /* it ended after its timeout, but its group may not have: kept unreaped,
                           * so that nobody else can get the group's number, until SIGKILL is due */
};

struct vane_child_stream {
    struct vane_child *child; /* NULL: the child is gone, somebody else still writes */
    struct vane_ledger_entry entry;
    uv_poll_t poll;
    struct vane_line_splitter lines;
    struct vane_throttle throttle; /* of what goes to the log */
    char *subject;
    int fd;
    uint32_t error;
};

struct vane_child {
    struct vane_ledger_entry entry;
    struct vane_engine *engine;
    struct vane_self *owner;
    struct vane_spawn spawn; /* copied; its pointers to strings are not kept */
    char *subject;           /* for lines in the log: plugin, program */
    pid_t pid;
    int pidfd;
    enum vane_child_stage stage;
    bool timed_out;
    uint64_t started_ns;
    uv_poll_t exit_poll;
    struct vane_timer *timer;
    struct vane_child_stream *streams[2];
};

/* child-output.c: reads what the child writes to `fd`, which it takes over, line by line. */
struct vane_child_stream *vane_child_stream_open(struct vane_child *child, int fd, uint32_t error);
void vane_child_stream_close(struct vane_child_stream *stream);
/* The child has ended: what is written already is its, what comes later goes to the log. */
void vane_child_stream_detach(struct vane_child_stream *stream);

/* child-exec.c: starts the process, with `out` and `err` as its output. */
int vane_child_exec(const struct vane_spawn *spawn, int out, int err, pid_t *pid);
int vane_child_pipe(int ends[2]);

#endif
