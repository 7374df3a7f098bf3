/*
 * The command "keyscan". ssh-keyscan(1) asks the hosts for their public keys; nobody logs in. What
 * it says is not proven: whoever answers in a host's place has his own key believed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cli/nkey.h"
#include "cli/words.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"
#include "lib/keys/nkey.h"
#include "lib/keys/sshpublic.h"
#include "lib/text/number.h"

#define HOSTS_MAX 65536

const struct vane_local_option vane_keyscan_options[] = {
    {"--port", "the port of the SSH servers; default 22"},
    {"--stdin", "read more hosts from standard input, one a line"},
    {"--json", "a list of Hostname, NKey and Err"},
    {"HOST", "a name or an address"},
    {NULL, NULL},
};

struct scanned {
    char *name;
    char nkey[VANE_NKEY_LENGTH + 1]; /* empty: no answer */
    const char *problem;
};

struct scan {
    struct vane_cli *cli;
    GPtrArray *hosts; /* struct scanned */
    int64_t port;
    bool from_input;
};

static void free_host(gpointer data)
{
    struct scanned *host = data;

    g_free(host->name);
    g_free(host);
}

/* Each is a line for ssh-keyscan, where blanks and commas would make more of it. */
static bool add_host(struct scan *scan, const char *name)
{
    struct scanned *host;

    if (!*name || strpbrk(name, " \t\r\n,#")) {
        vane_cli_complain(scan->cli, "\"%s\" is no name or address of a host", name);
        return false;
    }
    if (scan->hosts->len >= HOSTS_MAX) {
        vane_cli_complain(scan->cli, "more than %d hosts at once", HOSTS_MAX);
        return false;
    }
    host = g_new0(struct scanned, 1);
    host->name = g_strdup(name);
    host->problem = "no answer, or no Ed25519 host key";
    g_ptr_array_add(scan->hosts, host);
    return true;
}

static bool read_input(struct scan *scan)
{
    char line[512];

    while (scan->from_input && fgets(line, sizeof(line), stdin)) {
        g_strstrip(line);
        if (*line && !add_host(scan, line))
            return false;
    }
    return true;
}

static bool read_words(struct scan *scan, char *const *words)
{
    const char *value;

    for (; *words; words++) {
        if (g_str_equal(*words, "--stdin")) {
            scan->from_input = true;
        } else if (g_str_equal(*words, "--json") || g_str_equal(*words, "-J")) {
            scan->cli->json = true;
        } else if ((value = vane_cli_value_of("--port", &words))) {
            if (vane_text_parse_int64(value, 1, 65535, &scan->port) < 0) {
                vane_cli_complain(scan->cli, "\"%s\" is no port (1 to 65535)", value);
                return false;
            }
        } else if (**words == '-') {
            vane_cli_complain(scan->cli,
                              "unknown command: \"%s\" after \"keyscan\" is no option, or its "
                              "value is missing",
                              *words);
            return false;
        } else if (!add_host(scan, *words)) {
            return false;
        }
    }
    if (!read_input(scan))
        return false;
    if (scan->hosts->len == 0)
        vane_cli_complain(scan->cli, "incomplete command: \"keyscan\" wants hosts");
    return scan->hosts->len > 0;
}

/* ---- ssh-keyscan ---- */

/* The hosts as a file, so that none of them can be taken for an option. */
static int make_list(const struct scan *scan)
{
    int fd = memfd_create("hosts", MFD_CLOEXEC);

    for (guint i = 0; fd >= 0 && i < scan->hosts->len; i++) {
        const struct scanned *host = g_ptr_array_index(scan->hosts, i);

        dprintf(fd, "%s\n", host->name);
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

/* "[host]:port" unless the port is the usual one. */
static bool is_of(const struct scan *scan, const struct scanned *host, const char *line)
{
    size_t length = strlen(host->name);

    if (scan->port == 22)
        return strncmp(line, host->name, length) == 0 && line[length] == ' ';
    return line[0] == '[' && strncmp(line + 1, host->name, length) == 0 && line[length + 1] == ']';
}

static void take_line(struct scan *scan, const char *line)
{
    const char *problem;
    uint8_t key[32];

    if (*line == '#' || vane_sshpublic_parse(line, key, &problem) < 0)
        return;
    for (guint i = 0; i < scan->hosts->len; i++) {
        struct scanned *host = g_ptr_array_index(scan->hosts, i);

        if (is_of(scan, host, line))
            vane_nkey_format(key, host->nkey);
    }
}

static bool run(struct scan *scan)
{
    g_autofree char *port = g_strdup_printf("%d", (int)scan->port), *line = NULL;
    const char *const argv[] = {"ssh-keyscan", "-t", "ed25519", "-p", port, "-f", "-", NULL};
    _cleanup_close_ int list = make_list(scan);
    _cleanup_fclose_ FILE *answers = NULL;
    g_autoptr(GError) error = NULL;
    size_t size = 0;
    GPid child;
    int out;

    if (list < 0 ||
        !g_spawn_async_with_pipes_and_fds(
            NULL, argv, NULL,
            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
            NULL, list, -1, -1, NULL, NULL, 0, &child, NULL, &out, NULL, &error)) {
        vane_cli_complain(scan->cli, "cannot run ssh-keyscan, which is in openssh-client: %s",
                          error ? error->message : g_strerror(errno));
        return false;
    }
    answers = fdopen(out, "re");
    while (answers && getline(&line, &size, answers) >= 0)
        take_line(scan, line);
    (void)waitpid(child, NULL, 0);
    return answers != NULL;
}

/* ---- what is told ---- */

static void print_json(const struct scan *scan)
{
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (guint i = 0; i < scan->hosts->len; i++) {
        const struct scanned *host = g_ptr_array_index(scan->hosts, i);

        vane_json_object_begin(&json);
        vane_json_member_string(&json, "Hostname", host->name);
        vane_json_member_string(&json, "NKey", host->nkey);
        vane_json_member_string(&json, "Err", *host->nkey ? NULL : host->problem);
        vane_json_object_end(&json);
    }
    vane_json_array_end(&json);
    puts(vane_json_text(&json, NULL));
    vane_json_clear(&json);
}

static void print_lines(const struct scan *scan)
{
    for (guint i = 0; i < scan->hosts->len; i++) {
        const struct scanned *host = g_ptr_array_index(scan->hosts, i);

        if (!*host->nkey)
            vane_cli_complain(scan->cli, "%s: %s", host->name, host->problem);
        else if (scan->hosts->len == 1)
            puts(host->nkey);
        else
            printf("%s %s\n", host->name, host->nkey);
    }
}

static int tell(const struct scan *scan)
{
    int status = VANE_EXIT_DONE;

    if (scan->cli->json)
        print_json(scan);
    else
        print_lines(scan);
    for (guint i = 0; i < scan->hosts->len; i++)
        if (!*((const struct scanned *)g_ptr_array_index(scan->hosts, i))->nkey)
            status = VANE_EXIT_FAILED;
    return status;
}

int vane_cli_keyscan(struct vane_cli *cli, char *const *words)
{
    struct scan scan = {.cli = cli, .port = 22};
    int status = VANE_EXIT_NOT_A_COMMAND;

    scan.hosts = g_ptr_array_new_with_free_func(free_host);
    if (read_words(&scan, words))
        status = run(&scan) ? tell(&scan) : VANE_EXIT_FAILED;
    g_ptr_array_unref(scan.hosts);
    return status;
}
