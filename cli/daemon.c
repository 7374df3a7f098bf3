/* The connection to the daemon: one socket, one object, calls that wait for their answer. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "cli/cli.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/text/printable.h"

#define OBJECT "/org/netvane1"
#define NAME   "org.netvane1"
#define ERRORS "org.netvane1.Error."

/* The daemon answers for a command after 30 s itself. */
#define CALL_TIMEOUT_US (45u * G_USEC_PER_SEC)

/* Each line is made safe by itself: several errors are several lines. */
void vane_cli_complain(const struct vane_cli *cli, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *safe = vane_text_printable(*line, strlen(*line));

        /* A name stays as it is. */
        if (cli->interactive && line == lines && !g_str_has_prefix(safe, "netvaned"))
            *safe = g_ascii_toupper(*safe);
        if (cli->interactive)
            fprintf(stderr, "%s%s\n", line == lines ? "% " : "", safe);
        else
            fprintf(stderr, "%s%s%s\n", line == lines ? "netvane: " : "",
                    line == lines && cli->place ? cli->place : "", safe);
    }
}

static int open_socket(const char *path)
{
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (fd < 0)
        return -errno;
    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return steal_fd(&fd);
}

static void explain(const struct vane_cli *cli, int error)
{
    const char *path = cli->socket;

    if (error == -ENOENT || error == -ECONNREFUSED)
        vane_cli_complain(cli,
                          "netvaned is not running: nothing listens on %s (start it, or name its "
                          "socket with --socket)",
                          path);
    else if (error == -EACCES || error == -EPERM)
        vane_cli_complain(cli, "cannot reach netvaned: no permission to open %s (try as root)",
                          path);
    else
        vane_cli_complain(cli, "cannot reach netvaned on %s: %s", path, g_strerror(-error));
}

static int start_bus(struct vane_cli *cli, int fd)
{
    int r = sd_bus_new(&cli->bus);

    if (r >= 0)
        r = sd_bus_set_fd(cli->bus, fd, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    return sd_bus_start(cli->bus);
}

static int open_bus(struct vane_cli *cli)
{
    int r = cli->bus ? 0 : open_socket(cli->socket);

    if (r >= 0 && !cli->bus)
        r = start_bus(cli, r);
    if (r < 0)
        vane_cli_disconnect(cli);
    return r;
}

int vane_cli_connect(struct vane_cli *cli)
{
    int r = open_bus(cli);

    if (r >= 0)
        return VANE_EXIT_DONE;
    explain(cli, r);
    return VANE_EXIT_NO_DAEMON;
}

void vane_cli_disconnect(struct vane_cli *cli)
{
    cli->bus = sd_bus_close_unref(cli->bus);
}

bool vane_cli_lost(struct vane_cli *cli)
{
    int r;

    if (!cli->bus)
        return true;
    do
        r = sd_bus_process(cli->bus, NULL);
    while (r > 0);
    if (r < 0)
        vane_cli_disconnect(cli);
    return r < 0;
}

/* Milliseconds until the library wants its turn, or `limit`, whichever comes first. */
static int patience(sd_bus *bus, int limit)
{
    uint64_t until = UINT64_MAX, now = (uint64_t)g_get_monotonic_time();
    int most = limit < 0 ? INT_MAX : limit;

    if (sd_bus_get_timeout(bus, &until) < 0 || until == UINT64_MAX)
        return limit;
    if (until <= now)
        return 0;
    return (int)MIN((until - now) / 1000 + 1, (uint64_t)most);
}

int vane_cli_wait(struct vane_cli *cli, int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = sd_bus_get_fd(cli->bus)}, {.fd = fd, .events = POLLIN}};
    int r = sd_bus_process(cli->bus, NULL);

    if (r != 0)
        return r < 0 ? r : 0;
    fds[0].events = (short)sd_bus_get_events(cli->bus);
    r = vane_signals_poll(fds, ELEMENTS(fds), patience(cli->bus, timeout_ms));
    return r < 0 ? r : 0;
}

static int make_call(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                     sd_bus_message **message)
{
    int r =
        sd_bus_message_new_method_call(cli->bus, message, NAME, OBJECT, VANE_CLI_INTERFACE, method);

    if (r >= 0)
        r = sd_bus_message_append_strv(*message, (char **)words);
    if (r >= 0 && cursor >= 0)
        r = sd_bus_message_append(*message, "u", (uint32_t)cursor);
    return r;
}

static int read_text(sd_bus_message *reply, char **text)
{
    const char *borrowed;
    int r = sd_bus_message_is_empty(reply);

    if (r != 0)
        return r;
    r = sd_bus_message_read(reply, "s", &borrowed);
    if (r >= 0)
        *text = g_strdup(borrowed);
    return r;
}

static void unref_message(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

struct answer {
    sd_bus_message *message;
};

static int on_answer(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct answer *answer = user;

    answer->message = sd_bus_message_ref(message);
    return 1;
}

static void unref_slot(sd_bus_slot **slot)
{
    sd_bus_slot_unref(*slot);
}

/* Sends a call and handles what comes until it is answered, or a signal asks for an end. */
static int converse(struct vane_cli *cli, sd_bus_message *message, struct answer *answer)
{
    _cleanup_(unref_slot) sd_bus_slot *slot = NULL;
    int r = sd_bus_call_async(cli->bus, &slot, message, on_answer, answer, CALL_TIMEOUT_US);

    while (r >= 0 && !answer->message) {
        r = vane_cli_wait(cli, -1, -1);
        if (r == -EINTR) {
            vane_signals_resized(); /* whoever draws next asks for the size anyway */
            r = vane_signals_interrupted() || vane_signals_ending() ? -ECANCELED : 0;
        }
    }
    return r;
}

static int call(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                char **text, sd_bus_error *error)
{
    _cleanup_(unref_message) sd_bus_message *message = NULL;
    struct answer answer = {0};
    int r = make_call(cli, method, words, cursor, &message);

    if (r >= 0)
        r = converse(cli, message, &answer);
    if (r >= 0 && sd_bus_message_is_method_error(answer.message, NULL)) {
        sd_bus_error_copy(error, sd_bus_message_get_error(answer.message));
        r = -sd_bus_message_get_errno(answer.message);
    } else if (r >= 0) {
        r = read_text(answer.message, text);
    }
    sd_bus_message_unref(answer.message);
    return r;
}

static int status_of(const sd_bus_error *error, int r)
{
    if (r >= 0)
        return VANE_EXIT_DONE;
    if (r == -ECANCELED && !error->name)
        return VANE_EXIT_INTERRUPTED;
    if (sd_bus_error_has_name(error, ERRORS "UnknownCommand") ||
        sd_bus_error_has_name(error, ERRORS "Incomplete") ||
        sd_bus_error_has_name(error, ERRORS "Ambiguous"))
        return VANE_EXIT_NOT_A_COMMAND;
    if (error->name && g_str_has_prefix(error->name, ERRORS))
        return VANE_EXIT_FAILED;
    return r == -ETIMEDOUT ? VANE_EXIT_FAILED : VANE_EXIT_NO_DAEMON;
}

/* D-Bus carries nothing else. */
static bool is_text(char *const *words, char **why)
{
    for (; *words; words++) {
        if (g_utf8_validate(*words, -1, NULL))
            continue;
        if (why)
            *why = g_strdup_printf("\"%s\" is not UTF-8", *words);
        return false;
    }
    return true;
}

/* A command that was given up may still be answered: its connection goes with it. */
static int finish(struct vane_cli *cli, const sd_bus_error *error, int r)
{
    int status = status_of(error, r);

    if (status == VANE_EXIT_INTERRUPTED || status == VANE_EXIT_NO_DAEMON)
        vane_cli_disconnect(cli);
    return status;
}

int vane_cli_call(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                  char **text)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    g_autofree char *why = NULL;
    int r, status;

    if (!is_text(words, &why)) {
        vane_cli_complain(cli, "%s", why);
        return VANE_EXIT_NOT_A_COMMAND;
    }
    r = call(cli, method, words, cursor, text, &error);
    status = finish(cli, &error, r);
    if (status == VANE_EXIT_NO_DAEMON)
        vane_cli_complain(cli, "netvaned on %s ended the conversation: %s (its log says why)",
                          cli->socket, error.message ? error.message : g_strerror(-r));
    else if (status != VANE_EXIT_DONE && status != VANE_EXIT_INTERRUPTED)
        vane_cli_complain(cli, "%s", error.message ? error.message : g_strerror(-r));
    return status;
}

int vane_cli_try(struct vane_cli *cli, const char *method, char *const *words, int cursor,
                 char **text, char **why)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    int r;

    if (!is_text(words, why))
        return VANE_EXIT_NOT_A_COMMAND;
    r = open_bus(cli);
    if (r < 0)
        return VANE_EXIT_NO_DAEMON;
    r = call(cli, method, words, cursor, text, &error);
    if (r < 0 && why)
        *why = g_strdup(error.message ? error.message : g_strerror(-r));
    return finish(cli, &error, r);
}

char *vane_cli_daemon_version(struct vane_cli *cli)
{
    char *const words[] = {(char *)"show", (char *)"version", NULL};
    g_autofree char *text = NULL, *version = NULL, *commit = NULL;
    struct vane_json_view result;

    if (vane_cli_try(cli, "Execute", words, -1, &text, NULL) != VANE_EXIT_DONE || !text ||
        !vane_cli_scan(text, strlen(text)))
        return NULL;
    result = vane_cli_member(vane_json_root(text, strlen(text)), "result");
    version = vane_cli_text(vane_cli_member(result, "version"));
    commit = vane_cli_text(vane_cli_member(result, "commit"));
    return *commit ? g_strdup_printf("%s (%s)", version, commit) : g_steal_pointer(&version);
}
