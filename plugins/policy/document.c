/*
 * Documents as files: the operator's, which is read, and those that are kept in the state
 * directory: document.json, the last good one of the operator's, and network-N.json. Each is
 * written to a new file that takes the old one's place.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text/number.h"
#include "lib/trust.h"
#include "plugins/policy/policy.h"

#define LINES_MAX 20u
#define TEXT_MAX  65536u /* of all mistakes in one answer */

void vane_policy_problems_log(struct vane_policy_plugin *plugin, const char *file,
                              const struct vane_policy_problems *problems)
{
    for (guint i = 0; i < MIN(problems->list->len, LINES_MAX); i++) {
        g_autofree char *line = vane_policy_problem_line(problems->list->pdata[i], file);

        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s", line);
    }
    if (problems->list->len > LINES_MAX)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "%s: %u more mistakes (see \"netvane policy check %s\")", file,
                                 problems->list->len - LINES_MAX, file);
}

char *vane_policy_problems_text(const char *file, int error,
                                const struct vane_policy_problems *problems)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; problems->list && i < problems->list->len && text->len < TEXT_MAX; i++) {
        g_autofree char *line = vane_policy_problem_line(problems->list->pdata[i], file);

        g_string_append_printf(text, "%s%s", i ? "; " : "", line);
    }
    if (text->len == 0)
        g_string_printf(text, "%s cannot be put in force: %s", file,
                        error == -EEXIST ? "another plugin keeps the gate, which the log names"
                                         : g_strerror(-error));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- reading ---- */

int vane_policy_file_read(const char *path, char **text, size_t *length, char **why)
{
    struct vane_refusal refusal = {0};
    int r = vane_trust_check(path, VANE_TRUST_SETTINGS, geteuid(), &refusal);

    *why = NULL;
    if (r == 0)
        r = vane_file_read(path, VANE_POLICY_SIZE_MAX, text, length);
    if (r < 0)
        *why = refusal.reason ? g_strdup_printf("%s; it is not read", refusal.reason)
                              : g_strdup_printf("%s cannot be read: %s", path, g_strerror(-r));
    vane_refusal_clear(&refusal);
    return r;
}

static bool is_in_force(const struct vane_policy_runner *runner, const char *path, const char *text,
                        size_t length)
{
    const struct vane_policy *policy = runner ? vane_policy_state_policy(runner->state) : NULL;

    return policy && text && g_strcmp0(runner->origin, path) == 0 && policy->length == length &&
           memcmp(policy->text, text, length) == 0;
}

int vane_policy_document_read(struct vane_policy_plugin *plugin, char **why)
{
    struct vane_policy_problems problems = {0};
    g_autofree char *text = NULL;
    size_t length = 0;
    int r;

    *why = NULL;
    if (!plugin->document)
        return -ENOENT;
    r = vane_policy_file_read(plugin->document, &text, &length, why);
    if (r < 0) {
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s", *why);
        return r;
    }
    if (is_in_force(vane_policy_runner_find(plugin, 0), plugin->document, text, length))
        return 0;
    r = vane_policy_runner_start(plugin, 0, text, length, plugin->document, &problems, NULL);
    if (problems.list)
        vane_policy_problems_log(plugin, plugin->document, &problems);
    if (r < 0) {
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s is refused whole: %s",
                                 plugin->document,
                                 r == -EINVAL ? "it has mistakes" : g_strerror(-r));
        *why = vane_policy_problems_text(plugin->document, r, &problems);
    }
    vane_policy_problems_clear(&problems);
    return r;
}

/* ---- keeping ---- */

#define OPERATORS "document.json"

static char *kept_path(struct vane_policy_plugin *plugin, uint16_t network_id, bool operators)
{
    const char *directory;

    if (plugin->host->config->state_directory(plugin->self, &directory) < 0)
        return NULL;
    if (operators)
        return g_build_filename(directory, OPERATORS, NULL);
    return g_strdup_printf("%s/network-%u.json", directory, network_id);
}

static bool is_kept(const char *path, const char *text, size_t length)
{
    g_autofree char *there = NULL;
    size_t there_length = 0;

    return vane_file_read(path, VANE_POLICY_SIZE_MAX, &there, &there_length) == 0 &&
           there_length == length && memcmp(there, text, length) == 0;
}

int vane_policy_document_keep(struct vane_policy_plugin *plugin, uint16_t network_id,
                              const char *text, size_t length, bool operators)
{
    g_autofree char *path = kept_path(plugin, network_id, operators);
    int r = -EIO;

    if (path)
        r = is_kept(path, text, length) ? 0 : vane_file_replace(path, text, length, 0600);
    if (r < 0)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "the policy of network %u cannot be kept as %s: %s", network_id,
                                 path ? path : "(no state directory)", g_strerror(-r));
    return r;
}

void vane_policy_document_forget(struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators)
{
    g_autofree char *path = kept_path(plugin, network_id, operators);

    if (path && unlink(path) < 0 && errno != ENOENT)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s cannot be removed: %s", path,
                                 g_strerror(errno));
}

static void load_one(struct vane_policy_plugin *plugin, const char *path, uint16_t network_id,
                     const char *origin)
{
    struct vane_policy_problems problems = {0};
    g_autofree char *text = NULL, *why = NULL;
    size_t length = 0;

    if (vane_policy_file_read(path, &text, &length, &why) < 0)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s", why);
    else
        (void)vane_policy_runner_start(plugin, network_id, text, length, origin, &problems, NULL);
    if (problems.list)
        vane_policy_problems_log(plugin, path, &problems);
    vane_policy_problems_clear(&problems);
}

/* "network-7.json" */
static bool is_kept_name(const char *name, uint64_t *network_id)
{
    g_autofree char *number = NULL;

    if (!g_str_has_prefix(name, "network-") || !g_str_has_suffix(name, ".json"))
        return false;
    number = g_strndup(name + 8, strlen(name) - 8 - 5);
    return vane_text_parse_uint64(number, 0, UINT16_MAX, network_id) == 0;
}

int vane_policy_documents_load(struct vane_policy_plugin *plugin)
{
    const char *directory, *name;
    uint64_t network_id;
    GDir *entries;

    if (plugin->host->config->state_directory(plugin->self, &directory) < 0)
        return 0;
    entries = g_dir_open(directory, 0, NULL);
    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (is_kept_name(name, &network_id) &&
            !vane_policy_runner_find(plugin, (uint16_t)network_id))
            load_one(plugin, path, (uint16_t)network_id, NULL);
    }
    if (entries)
        g_dir_close(entries);
    return (int)plugin->runners->len;
}

void vane_policy_document_restore(struct vane_policy_plugin *plugin)
{
    g_autofree char *path = kept_path(plugin, 0, true);

    if (path && g_file_test(path, G_FILE_TEST_EXISTS))
        load_one(plugin, path, 0, path);
}
