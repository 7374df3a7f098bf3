/* Looking at a configuration before it is applied. See configure.h. */
#include "engine/configure.h"

#include <errno.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/plugins/set.h"
#include "lib/cleanup.h"

static char *texts_of(const struct vane_problems *problems, bool warnings)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < problems->list->len; i++) {
        const struct vane_problem *problem = g_ptr_array_index(problems->list, i);

        if (problem->warning == warnings)
            g_string_append_printf(text, "%s%s", text->len ? "\n" : "", problem->text);
    }
    return g_string_free(text, FALSE);
}

/* Never NULL. A plugin that would be refused is an error here, as for "netvaned --check". */
static struct vane_configuration *read_files(struct vane_engine *engine, const char *candidate,
                                             struct vane_problems *problems)
{
    struct vane_configuration_sources sources = *engine->sources;
    struct vane_configuration *next;

    sources.candidate = candidate;
    next = vane_configuration_load(&sources, problems);
    vane_plugin_set_survey(engine->plugins, next, problems);
    (void)vane_configuration_finish(next, problems);
    return next;
}

int vane_configure_check(struct vane_engine *engine, const char *candidate, char **text)
{
    _cleanup_(vane_problems_cleanup) struct vane_problems *problems = vane_problems_new();

    vane_configuration_unref(read_files(engine, candidate, problems));
    *text = problems->errors > 0 ? vane_problems_text(problems) : texts_of(problems, true);
    return problems->errors > 0 ? -EINVAL : 0;
}

/* ---- what would change ---- */

struct difference {
    struct vane_json *json;
    const struct vane_plan *plan;
    GHashTable *told; /* the plugins with an option in the list */
};

static const char *action_of(const struct difference *difference,
                             const struct vane_option_change *change)
{
    const char *word;

    if (!change->plugin)
        return change->restart ? "at the next start" : "at once";
    word = vane_plan_word(vane_plan_action(difference->plan, change->plugin));
    return word ? word : "none";
}

static void write_place(struct vane_json *json, const struct vane_place *place)
{
    g_autofree char *text = NULL;

    if (!place)
        text = g_strdup("default");
    else if (place->line == 0)
        text = g_strdup(place->file);
    else
        text = g_strdup_printf("%s:%u", place->file, place->line);
    vane_json_member_string(json, "set_at", text);
}

static void write_change(void *user, const struct vane_option_change *change)
{
    struct difference *difference = user;
    struct vane_json *json = difference->json;

    vane_json_object_begin(json);
    vane_json_member_string(json, "of", change->plugin ? change->plugin : "engine");
    vane_json_member_string(json, "section", change->section);
    vane_json_member_string(json, "option", change->name);
    if (change->old)
        vane_json_member_string(json, "old", change->old);
    if (change->new)
        vane_json_member_string(json, "new", change->new);
    write_place(json, change->place);
    vane_json_member_string(json, "action", action_of(difference, change));
    vane_json_object_end(json);
    if (change->plugin)
        g_hash_table_add(difference->told, g_strdup(change->plugin));
}

static void write_bystanders(const struct difference *difference, GHashTable *names,
                             const struct vane_plugin_set *set)
{
    struct vane_json *json = difference->json;

    for (guint i = 0; i < set->entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

        if (!g_hash_table_contains(names, entry->name) ||
            g_hash_table_contains(difference->told, entry->name))
            continue;
        vane_json_object_begin(json);
        vane_json_member_string(json, "of", entry->name);
        vane_json_member_string(json, "action",
                                vane_plan_word(vane_plan_action(difference->plan, entry->name)));
        vane_json_object_end(json);
        g_hash_table_add(difference->told, g_strdup(entry->name));
    }
}

static void write_trial(const struct vane_engine *engine, struct vane_json *json)
{
    uint64_t seconds = vane_configure_seconds_left(engine);
    g_autofree char *text = NULL;

    if (seconds == UINT64_MAX)
        return;
    text = g_strdup_printf("rolled back in %" G_GUINT64_FORMAT " s unless confirmed", seconds);
    vane_json_object_begin(json);
    vane_json_member_string(json, "of", "what is in force");
    vane_json_member_string(json, "action", text);
    vane_json_object_end(json);
}

static void write_difference(struct vane_engine *engine, const struct vane_configuration *next,
                             struct vane_json *json)
{
    struct vane_plan *plan = vane_plan_new(engine, next);
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct difference difference = {json, plan, told};

    vane_json_array_begin(json);
    write_trial(engine, json);
    vane_configuration_each_change(engine->configuration, next, write_change, &difference);
    write_bystanders(&difference, plan->stops, engine->plugins);
    write_bystanders(&difference, plan->starts, engine->plugins);
    vane_json_array_end(json);
    vane_plan_free(plan);
}

int vane_configure_diff(struct vane_engine *engine, struct vane_json *json, char **text)
{
    _cleanup_(vane_problems_cleanup) struct vane_problems *problems = vane_problems_new();
    _cleanup_(vane_configuration_cleanup) struct vane_configuration *next =
        read_files(engine, NULL, problems);

    if (problems->errors > 0) {
        *text = vane_problems_text(problems);
        return -EINVAL;
    }
    *text = NULL;
    write_difference(engine, next, json);
    return 0;
}
