/* Signals of the interactive programs. See signals.h. */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "lib/array.h"

static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};

static struct {
    bool active;
    sigset_t before; /* as the process was started */
    volatile sig_atomic_t interrupted, resized, ending;
} state;

static void note(int number)
{
    if (number == SIGINT)
        state.interrupted = 1;
    else if (number == SIGWINCH)
        state.resized = 1;
    else
        state.ending = number;
}

void vane_signals_take(void)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t set;

    if (state.active)
        return;
    sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(taken); i++) {
        sigaddset(&set, taken[i]);
        sigaction(taken[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &set, &state.before);
    state.active = true;
}

void vane_signals_give_back(void)
{
    if (!state.active)
        return;
    for (size_t i = 0; i < ELEMENTS(taken); i++)
        signal(taken[i], SIG_DFL);
    sigprocmask(SIG_SETMASK, &state.before, NULL);
}

int vane_signals_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000};
    int r;

    if (state.interrupted || state.resized || state.ending)
        return -EINTR;
    r = ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, state.active ? &state.before : NULL);
    return r < 0 ? -errno : r;
}

bool vane_signals_interrupted(void)
{
    bool was = state.interrupted;

    state.interrupted = 0;
    return was;
}

bool vane_signals_resized(void)
{
    bool was = state.resized;

    state.resized = 0;
    return was;
}

int vane_signals_ending(void)
{
    return state.ending;
}

void vane_signals_end(void)
{
    int number = state.ending;

    vane_signals_give_back();
    raise(number);
    exit(128 + number);
}
