/* netvane: options, and what is to be done with the words. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "cli/cli.h"
#include "cli/policy-document.h"
#include "cli/policy.h"

enum {
    OPTION_SOCKET = 256,
    OPTION_JSON,
    OPTION_NO_PAGER,
    OPTION_VERSION,
    OPTION_COMPLETE,
    OPTION_REMOTE, /* of other machines and NATS: cli/cluster/query.h reads it */
};

static const struct option options[] = {
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"no-pager", no_argument, NULL, OPTION_NO_PAGER},
    {"command", required_argument, NULL, 'c'},
    {"file", required_argument, NULL, 'f'},
    {"node", required_argument, NULL, OPTION_REMOTE},
    {"nodes", required_argument, NULL, OPTION_REMOTE},
    {"nkeys", required_argument, NULL, OPTION_REMOTE},
    {"timeout", required_argument, NULL, OPTION_REMOTE},
    {"server", required_argument, NULL, OPTION_REMOTE},
    {"creds", required_argument, NULL, OPTION_REMOTE},
    {"nkey-file", required_argument, NULL, OPTION_REMOTE},
    {"context", required_argument, NULL, OPTION_REMOTE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"complete", no_argument, NULL, OPTION_COMPLETE},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "Usage: netvane [OPTION...] [COMMAND...]\n"
    "\n"
    "Asks netvaned, the network-event engine; without a command, as a shell.\n"
    "Words may be abbreviated.\n"
    "\n"
    "  netvane                    the interactive shell\n"
    "  netvane show interfaces    a table of interfaces\n"
    "  netvane events 'link.*'    follow events live\n"
    "  netvane top                watch it all on the whole screen\n"
    "  netvane show ?             what can follow \"show\"\n"
    "  netvane ?                  all commands\n"
    "\n"
    "  -c LINE         run a command line, with filters; may be given several times\n"
    "  -f FILE         run the lines of a file (-: standard input)\n"
    "  --socket PATH   the daemon's control socket (default: $NETVANE_SOCKET,\n"
    "                  else " VANE_DEFAULT_SOCKET ")\n"
    "  --json          print the result as JSON\n"
    "  --no-pager      do not page long output\n"
    "  --nodes NODE,...  run the command on other machines of the cluster: names, NKeys,\n"
    "                  tags, or \"all\"; --nkeys, --timeout, --server, --creds,\n"
    "                  --nkey-file, --context: see netvane(1)\n"
    "  --help          this text; after words, what can follow them\n"
    "  --version       the version of this program\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 not a command, 3 no daemon, 4 a machine was silent.\n";

struct invocation {
    struct vane_cli cli;
    bool help, version, complete;
    const char *file;
    GPtrArray *remote; /* options for other machines: char *, owned */
    GPtrArray *lines;  /* of -c: const char * */
    GPtrArray *words;  /* char *, ends with NULL */
};

/* What is written like an option, but is a word of a command: "configure apply --confirm 60s". */
static void take_words(int argc, char **argv)
{
    static const char *const words[] = {"--confirm", "--persist"};

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        for (size_t n = 0; n < G_N_ELEMENTS(words); n++)
            if (strcmp(argv[i], words[n]) == 0)
                argv[i] += 2;
}

static int take_option(struct invocation *invocation, int option, int index)
{
    switch (option) {
    case OPTION_SOCKET:
        invocation->cli.socket = optarg;
        break;
    case OPTION_JSON:
        invocation->cli.json = true;
        break;
    case OPTION_NO_PAGER:
        invocation->cli.no_pager = true;
        break;
    case OPTION_VERSION:
        invocation->version = true;
        break;
    case OPTION_COMPLETE:
        invocation->complete = true;
        break;
    case OPTION_REMOTE:
        g_ptr_array_add(invocation->remote,
                        g_strdup_printf("--%s=%s", options[index].name, optarg));
        break;
    case 'c':
        g_ptr_array_add(invocation->lines, optarg);
        break;
    case 'f':
        invocation->file = optarg;
        break;
    case 'h':
        invocation->help = true;
        break;
    default:
        return VANE_EXIT_NOT_A_COMMAND;
    }
    return VANE_EXIT_DONE;
}

/* A command of the client itself has options of its own, which follow it. */
static bool has_own_options(char *const *words)
{
    const char *word = words[0];

    for (const struct vane_local *local = vane_locals; strlen(word) >= 2 && local->word; local++)
        if (local->options && g_str_has_prefix(local->word, word))
            return true;
    return vane_cli_is_policy_eval(words) || vane_cli_is_policy_document(words);
}

static int parse(struct invocation *invocation, int argc, char **argv)
{
    const char *socket = getenv("NETVANE_SOCKET");
    int status = VANE_EXIT_DONE, option, index = 0;
    bool rest = false;

    take_words(argc, argv);
    invocation->cli.socket = socket && *socket ? socket : VANE_DEFAULT_SOCKET;
    while (status == VANE_EXIT_DONE && optind < argc) {
        if (!rest && (option = getopt_long(argc, argv, "+hc:f:", options, &index)) >= 0) {
            status = take_option(invocation, option, index);
            continue;
        }
        rest |= optind > 1 && strcmp(argv[optind - 1], "--") == 0;
        if (optind >= argc)
            break;
        rest |= invocation->words->len == 0 && has_own_options(&argv[optind]);
        g_ptr_array_add(invocation->words, argv[optind++]);
    }
    g_ptr_array_add(invocation->words, NULL);
    if (invocation->remote->len > 0) {
        g_ptr_array_add(invocation->remote, NULL);
        invocation->cli.remote = (char *const *)invocation->remote->pdata;
    }
    return status;
}

static int help(struct vane_cli *cli, GPtrArray *words)
{
    g_ptr_array_insert(words, (gint)words->len - 1, (gpointer) "");
    return vane_cli_help(cli, (char **)words->pdata);
}

/* One after the other, until one fails. */
static int run_lines(struct vane_cli *cli, const GPtrArray *lines)
{
    int status = VANE_EXIT_DONE;

    for (guint i = 0; status == VANE_EXIT_DONE && i < lines->len; i++)
        status = vane_cli_run_line(cli, g_ptr_array_index(lines, i));
    return status;
}

static int run(struct invocation *invocation)
{
    struct vane_cli *cli = &invocation->cli;
    char **words = (char **)invocation->words->pdata;

    if (invocation->complete)
        return vane_cli_complete(cli, words);
    if (invocation->version) {
        puts("netvane " NETVANE_VERSION);
        return VANE_EXIT_DONE;
    }
    if (invocation->help && !words[0]) {
        fputs(usage, stdout);
        return VANE_EXIT_DONE;
    }
    if (invocation->help)
        return help(cli, invocation->words);
    if ((invocation->lines->len > 0 || invocation->file) && words[0]) {
        vane_cli_complain(cli, "a command beside -c or -f: give it with another -c");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (invocation->lines->len > 0 && invocation->file) {
        vane_cli_complain(cli, "-c and -f: give one of them");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    if (invocation->lines->len > 0)
        return run_lines(cli, invocation->lines);
    if (invocation->file)
        return vane_cli_run_file(cli, invocation->file);
    if (!words[0] && cli->remote) {
        vane_cli_complain(cli, "the shell is for this machine; for others give a command, or -f -");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    return words[0] ? vane_cli_run_words(cli, words) : vane_cli_shell(cli);
}

int main(int argc, char **argv)
{
    struct invocation invocation = {.lines = g_ptr_array_new(),
                                    .words = g_ptr_array_new(),
                                    .remote = g_ptr_array_new_with_free_func(g_free)};
    int status;

    setlocale(LC_CTYPE, "");
    status = parse(&invocation, argc, argv);
    if (status == VANE_EXIT_DONE)
        status = run(&invocation);
    vane_cli_disconnect(&invocation.cli);
    g_ptr_array_unref(invocation.remote);
    g_ptr_array_unref(invocation.lines);
    g_ptr_array_unref(invocation.words);
    return status;
}
