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

static void log_problems(const struct vane_policy_plugin *plugin, const char *file,
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

void vane_policy_loading_log(struct vane_policy_loading *loading)
{
    const struct vane_policy_plugin *plugin = loading->plugin;

    if (loading->result >= 0 || loading->result == -ECANCELED)
        return;
    if (loading->why) {
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s", loading->why);
        return;
    }
    if (loading->problems.list)
        log_problems(plugin, loading->path, &loading->problems);
    plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s is refused whole: %s", loading->path,
                             loading->result == -EINVAL ? "it has mistakes"
                                                        : g_strerror(-loading->result));
}

static const char *reason_of(int error)
{
    switch (error) {
    case -EEXIST:
        return "another plugin keeps the gate, which the log names";
    case -ECANCELED:
        return "the policy was stopped meanwhile";
    default:
        return g_strerror(-error);
    }
}

char *vane_policy_loading_text(const struct vane_policy_loading *loading)
{
    const GPtrArray *list = loading->problems.list;
    g_autoptr(GString) text = g_string_new(loading->why);

    for (guint i = 0; list && i < list->len && text->len < TEXT_MAX; i++) {
        g_autofree char *line = vane_policy_problem_line(list->pdata[i], loading->path);

        g_string_append_printf(text, "%s%s", i ? "\n" : "", line);
    }
    if (text->len == 0)
        g_string_printf(text, "%s cannot be put in force: %s", loading->path,
                        reason_of(loading->result));
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

void vane_policy_document_read(struct vane_policy_plugin *plugin, const char *path,
                               void (*ended)(struct vane_policy_loading *loading), void *user)
{
    struct vane_policy_loading *loading = vane_policy_loading_new(plugin, 0, path, ended, user);

    loading->operators = true;
    vane_policy_loading_begin(loading);
}

/* ---- keeping ---- */

#define OPERATORS "document.json"

char *vane_policy_document_place(const struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators)
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

int vane_policy_document_keep(const char *place, const char *text, size_t length)
{
    if (!place)
        return -EIO;
    return is_kept(place, text, length) ? 0 : vane_file_replace(place, text, length, 0600);
}

void vane_policy_document_forget(const struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators)
{
    g_autofree char *path = vane_policy_document_place(plugin, network_id, operators);

    if (path && unlink(path) < 0 && errno != ENOENT)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR, "%s cannot be removed: %s", path,
                                 g_strerror(errno));
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

static void load_kept(struct vane_policy_plugin *plugin, uint16_t network_id, const char *path,
                      bool at_once)
{
    struct vane_policy_loading *loading =
        vane_policy_loading_new(plugin, network_id, path, vane_policy_loading_log, NULL);

    if (!at_once) {
        vane_policy_loading_begin(loading);
        return;
    }
    (void)vane_policy_loading_do(loading);
    vane_policy_loading_log(loading);
    vane_policy_loading_free(loading);
}

static bool is_wanted(const struct vane_policy_plugin *plugin, uint64_t network_id)
{
    return !vane_policy_runner_find(plugin, (uint16_t)network_id) &&
           !vane_policy_is_loading(plugin, (uint16_t)network_id);
}

void vane_policy_documents_load(struct vane_policy_plugin *plugin, bool at_once)
{
    const char *directory, *name;
    uint64_t network_id;
    GDir *entries;

    if (plugin->host->config->state_directory(plugin->self, &directory) < 0)
        return;
    entries = g_dir_open(directory, 0, NULL);
    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (is_kept_name(name, &network_id) && is_wanted(plugin, network_id))
            load_kept(plugin, (uint16_t)network_id, path, at_once);
    }
    if (entries)
        g_dir_close(entries);
}

void vane_policy_document_restore(struct vane_policy_plugin *plugin)
{
    g_autofree char *path = vane_policy_document_place(plugin, 0, true);

    if (path && g_file_test(path, G_FILE_TEST_EXISTS))
        vane_policy_document_read(plugin, path, vane_policy_loading_log, NULL);
}
