/* What the parts of the command-line client share. */
#ifndef NETVANE_CLI_CLI_H
#define NETVANE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define VANE_DEFAULT_SOCKET "/run/netvane/control"
#define VANE_CLI_INTERFACE  "org.netvane1.Manager"

struct vane_pipeline;

/* Exit status. */
enum vane_exit {
    VANE_EXIT_DONE = 0,
    VANE_EXIT_FAILED = 1,
    VANE_EXIT_NOT_A_COMMAND = 2,
    VANE_EXIT_NO_DAEMON = 3,
    VANE_EXIT_SILENT = 4,        /* some machine of a cluster did not answer */
    VANE_EXIT_INTERRUPTED = 130, /* by Ctrl-C, as shells have it */
};

struct vane_cli {
    const char *socket;
    bool json;
    bool no_pager;
    bool interactive;                     /* a person types at the shell's prompt */
    bool leaving;                         /* "exit" was typed */
    char *const *remote;                  /* options of other machines and NATS; NULL: here */
    const char *place;                    /* "FILE:LINE: " before complaints about a script; NULL */
    const struct vane_pipeline *pipeline; /* of the command that runs; NULL: no filters */
    sd_bus *bus;                          /* NULL: not connected */
};

/* One sentence on standard error, made printable, after "netvane: ", or after "% " in the shell. */
void vane_cli_complain(const struct vane_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Connects to the daemon unless that is done; on failure says why. Returns an exit status. */
int vane_cli_connect(struct vane_cli *cli);
void vane_cli_disconnect(struct vane_cli *cli);

/* Notices that the daemon has gone since the last call; then disconnects. */
bool vane_cli_lost(struct vane_cli *cli);

/* "VERSION (COMMIT)" of the connected daemon, to be freed; NULL when it does not answer. */
char *vane_cli_daemon_version(struct vane_cli *cli);

/*
 * Calls a method of the manager with words, and `cursor` if that is not negative. On success the
 * text it returned, if it returns one, is the caller's. On failure says why. Returns an exit
 * status.
 */
int vane_cli_call(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                  char **text);

/* Without a word of complaint; `why`, if not NULL, then has the daemon's sentence, to be freed. */
int vane_cli_try(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                 char **text, char **why);

/* Waits for what the daemon sends, and for `fd` if that is not negative, and handles it. Returns
 * 0 when there was something, -EINTR for a signal, another negative errno: it has gone. */
int vane_cli_wait(struct vane_cli *cli, int fd, int timeout_ms);

/* One command line, with filters, to its end; returns an exit status. */
int vane_cli_run_line(struct vane_cli *cli, const char *line);
int vane_cli_run_words(struct vane_cli *cli, char *const *words);

/* What can stand in the place of the last word, with help. */
int vane_cli_help(struct vane_cli *cli, char *const *words);
/* The same, a line for each word that a shell may fill in. */
int vane_cli_complete(struct vane_cli *cli, char *const *words);

/* The interactive shell; and the lines of a file ("-": standard input). */
int vane_cli_shell(struct vane_cli *cli);
int vane_cli_run_file(struct vane_cli *cli, const char *path);

/* Full-screen. */
int vane_cli_top(struct vane_cli *cli);

#endif
