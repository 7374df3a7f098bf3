/* The interactive shell, and files of commands. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/editor.h"
#include "cli/signals.h"
#include "lib/cleanup.h"
#include "lib/text/printable.h"

static int greet(struct vane_cli *cli)
{
    g_autofree char *version = NULL;
    int status = vane_cli_connect(cli);

    if (status != VANE_EXIT_DONE)
        return status;
    version = vane_cli_daemon_version(cli);
    if (!version) {
        vane_cli_complain(cli, "netvaned on %s does not answer (its log says why)", cli->socket);
        return VANE_EXIT_NO_DAEMON;
    }
    printf("connected to netvaned %s\n", version);
    fflush(stdout);
    return VANE_EXIT_DONE;
}

/* "host# " for root, "host> " for everybody else. */
static char *make_prompt(void)
{
    char host[256] = "netvane";
    g_autofree char *safe = NULL;

    gethostname(host, sizeof(host) - 1);
    host[strcspn(host, ".")] = '\0';
    safe = vane_text_printable(host, strlen(host));
    return g_strdup_printf("%s%c ", safe, geteuid() == 0 ? '#' : '>');
}

/* libedit reads what is typed by the locale, and everything here is UTF-8. */
static void use_utf8(void)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static void converse(struct vane_cli *cli, struct vane_editor *editor)
{
    char *line;

    while (!cli->leaving && (line = vane_editor_read(editor))) {
        vane_cli_run_line(cli, line);
        g_free(line);
        vane_signals_interrupted(); /* it meant the command */
        if (vane_signals_ending())
            return;
    }
    if (!cli->leaving)
        putchar('\n');
}

static int talk(struct vane_cli *cli)
{
    g_autofree char *prompt = make_prompt();
    struct vane_editor *editor = NULL;
    int status = greet(cli);

    if (status != VANE_EXIT_DONE)
        return status;
    use_utf8();
    vane_signals_take();
    cli->interactive = true;
    editor = vane_editor_new(cli, prompt);
    if (!editor) {
        vane_cli_complain(cli, "this terminal cannot be used");
        return VANE_EXIT_FAILED;
    }
    converse(cli, editor);
    vane_editor_free(editor);
    fflush(stdout);
    if (vane_signals_ending())
        vane_signals_end();
    return VANE_EXIT_DONE;
}

int vane_cli_shell(struct vane_cli *cli)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return talk(cli);
    return vane_cli_run_file(cli, "-");
}

/* A line whose first letter is '#' or '!' is a comment. */
static bool is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '#' || *line == '!';
}

static int run_stream(struct vane_cli *cli, FILE *stream, const char *name)
{
    int status = VANE_EXIT_DONE;
    unsigned number = 0;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while (status == VANE_EXIT_DONE && (length = getline(&line, &size, stream)) >= 0) {
        g_autofree char *place = g_strdup_printf("%s:%u: ", name, ++number);

        if (strlen(line) < (size_t)length) {
            vane_cli_complain(cli, "%sthere is a NUL byte in this line", place);
            status = VANE_EXIT_NOT_A_COMMAND;
            break;
        }
        cli->place = place;
        if (!is_comment(line))
            status = vane_cli_run_line(cli, g_strchomp(line));
        cli->place = NULL;
    }
    free(line);
    return status;
}

int vane_cli_run_file(struct vane_cli *cli, const char *path)
{
    _cleanup_fclose_ FILE *file = NULL;

    if (strcmp(path, "-") == 0)
        return run_stream(cli, stdin, "standard input");
    file = fopen(path, "re");
    if (!file) {
        vane_cli_complain(cli, "cannot read %s: %s", path, g_strerror(errno));
        return VANE_EXIT_FAILED;
    }
    return run_stream(cli, file, path);
}
