/* Output. See output.h. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/signals.h"
#include "lib/json/copy.h"

bool vane_cli_colour(void)
{
    const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb") != 0;
}

char *vane_cli_json_line(struct vane_json_view value)
{
    struct vane_json json;

    vane_json_init(&json, isatty(STDOUT_FILENO) ? VANE_JSON_ASCII : 0);
    vane_json_copy(&json, value);
    return vane_json_steal(&json, NULL);
}

static bool fits_the_screen(const GString *text)
{
    struct winsize size;
    unsigned lines = 0;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
        return true;
    for (gsize i = 0; i < text->len; i++)
        lines += text->str[i] == '\n';
    return lines < size.ws_row;
}

static const char *pager(void)
{
    static const char *const names[] = {"NETVANE_PAGER", "PAGER"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *command = getenv(names[i]);

        if (command)
            return *command && strcmp(command, "cat") != 0 ? command : NULL;
    }
    return "less";
}

/* The pager gets the terminal as it is, and signals as a program of its own. */
static pid_t start_pager(const char *command, int input)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    vane_signals_give_back();
    signal(SIGPIPE, SIG_DFL);
    setenv("LESS", "FRSXM", 0);
    setenv("LESSSECURE", "1", 0);
    dup2(input, STDIN_FILENO);
    execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

/* What the reader does not want to see any more is not written. */
static void feed(int fd, const GString *text)
{
    gsize done = 0;

    while (done < text->len) {
        ssize_t n = write(fd, text->str + done, text->len - done);

        if (n > 0)
            done += (gsize)n;
        else if (n < 0 && errno != EINTR)
            return;
    }
}

static bool page(const GString *text)
{
    const char *command = pager();
    int ends[2], status = 0;
    pid_t child;

    if (!command || pipe2(ends, O_CLOEXEC) < 0)
        return false;
    signal(SIGPIPE, SIG_IGN);
    child = start_pager(command, ends[0]);
    close(ends[0]);
    if (child > 0)
        feed(ends[1], text);
    close(ends[1]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WEXITSTATUS(status) != 127;
}

void vane_cli_print(const GString *text, bool no_pager)
{
    if (!no_pager && !fits_the_screen(text) && page(text))
        return;
    fwrite(text->str, 1, text->len, stdout);
    fflush(stdout);
}
