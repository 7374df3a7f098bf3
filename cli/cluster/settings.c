/* How the operator connects to NATS. See settings.h. */
#include "cli/cluster/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "cli/value.h"

#define TEXT(member) offsetof(struct vane_settings, member)

/* What a context calls them; a file's path may begin with "~/". */
static const struct member {
    const char *name;
    size_t offset;
    bool file, account; /* says who one is */
} members[] = {
    {"url", TEXT(servers), false, false},  {"creds", TEXT(credentials_file), true, true},
    {"nkey", TEXT(nkey_file), true, true}, {"token", TEXT(token), false, true},
    {"user", TEXT(user), false, true},     {"password", TEXT(password), false, true},
    {"ca", TEXT(ca_file), true, false},    {"cert", TEXT(certificate_file), true, false},
    {"key", TEXT(key_file), true, false},  {"inbox_prefix", TEXT(inbox_prefix), false, false},
};

static char **text_of(struct vane_settings *settings, const struct member *member)
{
    return (char **)(void *)((char *)settings + member->offset);
}

void vane_settings_clear(struct vane_settings *settings)
{
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        g_free(*text_of(settings, &members[i]));
    g_free(settings->context);
    *settings = (struct vane_settings){0};
}

static char *at_home(char *path, const char *home)
{
    char *full;

    if (!g_str_has_prefix(path, "~/"))
        return path;
    full = g_build_filename(home, path + 2, NULL);
    g_free(path);
    return full;
}

static void take_member(struct vane_settings *settings, const struct member *member,
                        struct vane_json_view value, const char *home)
{
    g_autofree char *text = NULL;

    if (vane_json_get_string(value, &text) < 0 || !*text)
        return;
    *text_of(settings, member) =
        member->file ? at_home(g_steal_pointer(&text), home) : g_steal_pointer(&text);
}

/* Without them there is no telling who one is. */
static const char *const not_ours[] = {"nsc", "user_jwt"};

int vane_settings_parse_context(const char *path, const char *text, const char *home,
                                struct vane_settings *settings, char **why)
{
    struct vane_json_view object = vane_json_root(text, strlen(text)), value;

    if (!vane_cli_scan(text, strlen(text)) || vane_json_type_of(object) != VANE_JSON_OBJECT) {
        *why = g_strdup_printf("%s is not a context of NATS: it is no JSON object", path);
        return -EINVAL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(not_ours); i++) {
        if (vane_json_find(object, not_ours[i], &value) && !vane_json_equals(value, "")) {
            *why =
                g_strdup_printf("%s has \"%s\", which netvane does not know what to do with; give "
                                "--server and --creds",
                                path, not_ours[i]);
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (vane_json_find(object, members[i].name, &value))
            take_member(settings, &members[i], value, home);
    return 0;
}

static bool has_account(struct vane_settings *settings)
{
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (members[i].account && *text_of(settings, &members[i]))
            return true;
    return false;
}

void vane_settings_complete(struct vane_settings *settings, struct vane_settings *more)
{
    bool known = has_account(settings);

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        char **text = text_of(settings, &members[i]);

        if (!*text && !(members[i].account && known))
            *text = g_steal_pointer(text_of(more, &members[i]));
    }
}

/* ---- files and environment ---- */

static char *read_text(const char *path, char **why)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &error)) {
        *why = g_strdup_printf("cannot read the context of NATS: %s", error->message);
        return NULL;
    }
    return text;
}

/* The one that `nats context select` noted; NULL: none. */
static char *selected(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "context.txt", NULL);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_strstrip(text);
    if (*text)
        return text;
    g_free(text);
    return NULL;
}

static int load_context(const char *directory, const char *name, struct vane_settings *settings,
                        char **why)
{
    g_autofree char *file = g_strconcat(name, ".json", NULL);
    g_autofree char *path = g_build_filename(directory, "context", file, NULL), *text = NULL;
    struct vane_settings context = {0};
    int r;

    if (strchr(name, '/')) {
        *why = g_strdup_printf("\"%s\" is no name of a context of NATS: it has a slash", name);
        return -EINVAL;
    }
    text = read_text(path, why);
    if (!text)
        return -ENOENT;
    r = vane_settings_parse_context(path, text, g_get_home_dir(), &context, why);
    if (r == 0)
        vane_settings_complete(settings, &context);
    vane_settings_clear(&context);
    return r;
}

int vane_settings_load(struct vane_settings *settings, char **why)
{
    g_autofree char *directory = g_build_filename(g_get_user_config_dir(), "nats", NULL);
    g_autofree char *name = g_strdup(settings->context);
    const char *url = getenv("NATS_URL");
    bool in_environment = url && *url;
    int r = 0;

    /* Whoever names a server means that one, and nobody's secrets from elsewhere go to it. */
    if (!name && !settings->servers && !in_environment)
        name = selected(directory);
    if (name)
        r = load_context(directory, name, settings, why);
    if (r == 0 && !settings->servers && in_environment)
        settings->servers = g_strdup(url);
    if (r == 0 && !settings->servers)
        settings->servers = g_strdup(VANE_NATS_URL_DEFAULT);
    return r;
}
