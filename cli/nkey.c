/* The command "nkey". See nkey.h. */
#include "cli/nkey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/words.h"
#include "lib/json/writer.h"
#include "lib/keys/nkey.h"
#include "lib/keys/sshpublic.h"

#define HOST_KEY "/etc/ssh/ssh_host_ed25519_key.pub"

const struct vane_local_option vane_nkey_options[] = {
    {"--public-key", "a public key as \"ssh-ed25519 AAAA...\""},
    {"--public-key-file", "a file with a public key; without both: " HOST_KEY},
    {NULL, NULL},
};

static int print_nkey(const struct vane_cli *cli, const uint8_t key[32])
{
    char nkey[VANE_NKEY_LENGTH + 1];
    struct vane_json json = {0};

    vane_nkey_format(key, nkey);
    if (!cli->json) {
        puts(nkey);
        return VANE_EXIT_DONE;
    }
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "NKey", nkey);
    vane_json_object_end(&json);
    puts(vane_json_text(&json, NULL));
    vane_json_clear(&json);
    return VANE_EXIT_DONE;
}

/* Keys are a line; what is longer than any key is not read on. */
static bool read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, (int)size, file);

    if (file)
        fclose(file);
    return got;
}

static int of_file(struct vane_cli *cli, const char *path)
{
    const char *problem = NULL;
    uint8_t key[32];
    char line[4096];

    if (!read_line(path, line, sizeof(line))) {
        vane_cli_complain(cli, "cannot read %s: %s", path, g_strerror(errno ? errno : ENODATA));
        return VANE_EXIT_FAILED;
    }
    if (vane_sshpublic_parse(line, key, &problem) < 0) {
        vane_cli_complain(cli, "%s %s", path, problem);
        return VANE_EXIT_FAILED;
    }
    return print_nkey(cli, key);
}

static int of_text(struct vane_cli *cli, const char *text)
{
    const char *problem = NULL;
    uint8_t key[32];

    if (vane_sshpublic_parse(text, key, &problem) < 0) {
        vane_cli_complain(cli, "the text of --public-key %s", problem);
        return VANE_EXIT_FAILED;
    }
    return print_nkey(cli, key);
}

int vane_cli_nkey(struct vane_cli *cli, char *const *words)
{
    const char *text = NULL, *file = NULL, *value;

    for (; *words; words++) {
        if (g_str_equal(*words, "--json") || g_str_equal(*words, "-J")) {
            cli->json = true;
        } else if ((value = vane_cli_value_of("--public-key", &words))) {
            text = value;
        } else if ((value = vane_cli_value_of("--public-key-file", &words))) {
            file = value;
        } else {
            vane_cli_complain(cli,
                              "unknown command: \"%s\" after \"nkey\" is no option, or its value "
                              "is missing",
                              *words);
            return VANE_EXIT_NOT_A_COMMAND;
        }
    }
    if (text && file) {
        vane_cli_complain(cli, "--public-key and --public-key-file: give one of them");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    errno = 0;
    return text ? of_text(cli, text) : of_file(cli, file ? file : HOST_KEY);
}
