/*
 * Signals of the interactive programs: noted, and delivered only while one waits in
 * vane_signals_poll(), so that the terminal can always be set right before the process ends.
 */
#ifndef NETVANE_CLI_SIGNALS_H
#define NETVANE_CLI_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/* From now on SIGINT, SIGTERM, SIGHUP and SIGWINCH are noted. Without it they do what they always
 * do, and the functions here say no. */
void vane_signals_take(void);

/* In a child that is to be another program. */
void vane_signals_give_back(void);

/* ppoll(2); `timeout_ms` negative: none. -EINTR: look at what was noted. */
int vane_signals_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* These forget what they tell. */
bool vane_signals_interrupted(void);
bool vane_signals_resized(void);

/* The signal that asks the process to end; 0: none. */
int vane_signals_ending(void);

/* Ends the process as that signal would have. */
_Noreturn void vane_signals_end(void);

#endif
