/* The configuration of one engine: its two phases. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <errno.h>
#include <string.h>

#include "engine/config/option-table.h"
#include "engine/config/paths.h"
#include "engine/config/settings-internal.h"
#include "engine/config/sources.h"

#define PROGRAM "netvaned"

/* Of vane_plugin_common_options(). */
#define ENABLED_INDEX 0

static void set_unref(void *data)
{
    vane_option_set_unref(data);
}

static void source_clear(gpointer data)
{
    g_free(((struct vane_configuration_source *)data)->path);
}

bool vane_is_plugin_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= 32 && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

struct vane_option_set *vane_configuration_plugin(const struct vane_configuration *configuration,
                                                  const char *name)
{
    for (guint i = 0; i < configuration->plugins->len; i++) {
        struct vane_option_set *set = configuration->plugins->pdata[i];

        if (strcmp(set->owner, name) == 0)
            return set;
    }
    return NULL;
}

static struct vane_option_set *new_set(const char *owner, const char *kind, const char *name,
                                       const struct vane_option *table, uint32_t count)
{
    struct vane_option_set *set = vane_option_set_new(owner, kind, name);
    struct vane_problems *none = vane_problems_new();

    if (vane_option_set_add(set, table, sizeof(table[0]), count, none) < 0)
        g_error("a table of the engine's own is unsound");
    vane_problems_free(none);
    return set;
}

static struct vane_option_set *new_plugin_set(const char *name)
{
    uint32_t count;
    const struct vane_option *table = vane_plugin_common_options(&count);

    return new_set(name, "Plugin", name, table, count);
}

static struct vane_option_set *plugin_for(struct vane_configuration *configuration,
                                          const char *name, struct vane_problems *problems)
{
    struct vane_option_set *set = vane_configuration_plugin(configuration, name);

    if (set)
        return set;
    set = new_plugin_set(name);
    vane_option_set_apply(set, configuration->ini, problems);
    g_ptr_array_add(configuration->plugins, set);
    return set;
}

static struct vane_configuration *new_configuration(int argc, char *const *argv)
{
    struct vane_configuration *configuration = g_new0(struct vane_configuration, 1);
    uint32_t engine_count, profile_count;
    const struct vane_option *engine_table = vane_engine_options(&engine_count);
    const struct vane_option *profile_table = vane_profile_options(&profile_count);

    configuration->refs = 1;
    configuration->argc = argc;
    configuration->argv = g_new0(char *, (size_t)argc + 1);
    for (int i = 0; i < argc; i++)
        configuration->argv[i] = g_strdup(argv[i]);
    configuration->program = PROGRAM;
    configuration->sources = g_array_new(FALSE, FALSE, sizeof(struct vane_configuration_source));
    g_array_set_clear_func(configuration->sources, source_clear);
    configuration->engine = new_set(NULL, "Engine", NULL, engine_table, engine_count);
    configuration->engine->complete = true;
    configuration->profile = new_set(NULL, "Profile", NULL, profile_table, profile_count);
    configuration->profile->complete = true;
    configuration->plugins = g_ptr_array_new_with_free_func(set_unref);
    vane_command_line_init(&configuration->line);
    return configuration;
}

struct vane_configuration *vane_configuration_ref(struct vane_configuration *configuration)
{
    configuration->refs++;
    return configuration;
}

void vane_configuration_unref(struct vane_configuration *configuration)
{
    if (--configuration->refs > 0)
        return;
    vane_command_line_clear(&configuration->line);
    g_ptr_array_unref(configuration->plugins);
    vane_option_set_unref(configuration->profile);
    vane_option_set_unref(configuration->engine);
    vane_ini_unref(configuration->ini);
    g_strfreev(configuration->argv);
    g_free(configuration->file);
    g_array_unref(configuration->sources);
    g_free(configuration);
}

/* The profile file for the name the program was called by; NULL: none. */
static char *find_profile(const struct vane_configuration_sources *sources, const char **program)
{
    const char *directory = sources->profile_directory ? sources->profile_directory
                                                       : NETVANE_DATADIR "/netvane/profiles";
    const char *called = sources->argc > 0 ? sources->argv[0] : PROGRAM;
    const char *slash = strrchr(called, '/');
    const char *name = slash ? slash + 1 : called;
    g_autofree char *base = g_strconcat(name, ".conf", NULL);
    g_autofree char *path = g_build_filename(directory, base, NULL);

    if (!g_ascii_isalnum(name[0]) || strcmp(name, PROGRAM) == 0 ||
        !g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    *program = name;
    return g_steal_pointer(&path);
}

static void add_source(struct vane_configuration *configuration, const char *path, bool required)
{
    const struct vane_configuration_source source = {g_strdup(path), required};

    g_array_append_val(configuration->sources, source);
}

static void read_source(struct vane_configuration *configuration, const char *path, bool required,
                        struct vane_problems *problems)
{
    add_source(configuration, path, required);
    vane_sources_read(configuration->ini, path, required, problems);
}

/* What the administrator has added to a profile: PROGRAM.conf and PROGRAM.conf.d. */
static void load_local_profile(struct vane_configuration *configuration,
                               const struct vane_configuration_sources *sources,
                               struct vane_problems *problems)
{
    const char *directory = sources->local_profile_directory ? sources->local_profile_directory
                                                             : NETVANE_SYSCONFDIR
                                "/netvane/profiles";
    g_autofree char *base = g_path_get_basename(configuration->file);
    g_autofree char *path = g_build_filename(directory, base, NULL);

    read_source(configuration, path, false, problems);
}

static void load_profile(struct vane_configuration *configuration,
                         const struct vane_configuration_sources *sources,
                         struct vane_problems *problems)
{
    const char *program;
    g_autofree char *path = find_profile(sources, &program);

    if (!path)
        return;
    configuration->program = g_intern_string(program);
    read_source(configuration, path, true, problems);
    configuration->file = g_steal_pointer(&path);
    load_local_profile(configuration, sources, problems);
    vane_option_set_apply(configuration->profile, configuration->ini, problems);
    configuration->profile_statements = configuration->ini->statements->len;
}

static void load_files(struct vane_configuration *configuration,
                       const struct vane_configuration_sources *sources,
                       struct vane_problems *problems)
{
    const char *named = configuration->line.file;

    if (!named && configuration->file && !sources->candidate)
        return;
    if (named || !configuration->file) {
        g_free(configuration->file);
        configuration->file =
            g_strdup(named                   ? named
                     : sources->default_file ? sources->default_file
                                             : NETVANE_SYSCONFDIR "/netvane/netvane.conf");
    }
    if (sources->candidate)
        vane_sources_read_candidate(configuration->ini, configuration->file, sources->candidate,
                                    problems);
    else
        read_source(configuration, configuration->file, named, problems);
}

static void load_plugins(struct vane_configuration *configuration, struct vane_problems *problems)
{
    const GPtrArray *statements = configuration->ini->statements;

    for (guint i = 0; i < statements->len; i++) {
        const struct vane_ini_statement *statement = statements->pdata[i];

        if (!statement->key && strcmp(statement->kind, "Plugin") == 0 && statement->name &&
            vane_is_plugin_name(statement->name) && configuration->plugins->len < VANE_SECTIONS_MAX)
            plugin_for(configuration, statement->name, problems);
    }
}

/* What was said at run time goes above all else. */
static void load_enabled(struct vane_configuration *configuration, GHashTable *enabled,
                         struct vane_problems *problems)
{
    static const struct vane_place place = {.file = "at run time"};
    GHashTableIter iterator;
    gpointer name, text;

    if (!enabled)
        return;
    g_hash_table_iter_init(&iterator, enabled);
    while (g_hash_table_iter_next(&iterator, &name, &text))
        vane_option_set_override(plugin_for(configuration, name, problems), ENABLED_INDEX, text,
                                 "Enabled=", &place, problems);
}

/* What follows once all statements of the files are there. */
static void load_statements(struct vane_configuration *configuration, GHashTable *enabled,
                            struct vane_problems *problems)
{
    vane_option_set_apply(configuration->engine, configuration->ini, problems);
    vane_command_line_apply(&configuration->line, configuration->engine, problems);
    vane_engine_settings_fill(&configuration->settings, configuration->engine,
                              configuration->line.verbosity);
    load_plugins(configuration, problems);
    load_enabled(configuration, enabled, problems);
}

struct vane_configuration *vane_configuration_load(const struct vane_configuration_sources *sources,
                                                   struct vane_problems *problems)
{
    struct vane_configuration *configuration = new_configuration(sources->argc, sources->argv);

    configuration->ini = vane_ini_new();
    load_profile(configuration, sources, problems);
    vane_configuration_read_command_line(configuration, false, problems);
    load_files(configuration, sources, problems);
    load_statements(configuration, sources->enabled, problems);
    return configuration;
}

struct vane_configuration *vane_configuration_load_again(
    const struct vane_configuration *like, const struct vane_configuration_sources *sources,
    struct vane_problems *problems)
{
    struct vane_configuration *configuration = new_configuration(like->argc, like->argv);

    configuration->program = like->program;
    configuration->ini = vane_ini_ref(like->ini);
    configuration->file = g_strdup(like->file);
    for (guint i = 0; i < like->sources->len; i++) {
        const struct vane_configuration_source *source =
            &g_array_index(like->sources, struct vane_configuration_source, i);

        add_source(configuration, source->path, source->required);
    }
    configuration->profile_statements = like->profile_statements;
    if (like->profile_statements > 0)
        vane_option_set_apply(configuration->profile, configuration->ini, problems);
    vane_configuration_read_command_line(configuration, false, problems);
    load_statements(configuration, sources->enabled, problems);
    return configuration;
}

/* Tries the table on a set that is thrown away, as a refused plugin must leave no trace. */
static int check_table(const char *name, const struct vane_plugin *descriptor,
                       struct vane_problems *problems)
{
    struct vane_option_set *trial = new_plugin_set(name);
    int r = vane_option_set_add(trial, descriptor->options, descriptor->option_size,
                                descriptor->option_count, problems);

    vane_option_set_unref(trial);
    return r;
}

/* A kind of section belongs to one plugin. */
static int check_kinds(const struct vane_configuration *configuration,
                       const struct vane_plugin *descriptor, const char *name,
                       struct vane_problems *problems)
{
    for (guint i = 0; i < configuration->plugins->len; i++) {
        const struct vane_option_set *other = configuration->plugins->pdata[i];

        for (uint32_t n = 0; other->complete && n < descriptor->option_count; n++) {
            struct vane_option option;

            (void)vane_option_at(descriptor->options, descriptor->option_size, n, &option);
            if (!option.section || !vane_option_set_has_kind(other, option.section))
                continue;
            vane_problems_error(
                problems, NULL,
                "the plugin %s declares sections [%s NAME], which the plugin %s has", name,
                option.section, other->owner);
            return -EINVAL;
        }
    }
    return 0;
}

int vane_configuration_add_plugin(struct vane_configuration *configuration, const char *name,
                                  const struct vane_plugin *descriptor,
                                  struct vane_problems *problems)
{
    struct vane_option_set *set = plugin_for(configuration, name, problems);

    if (set->complete)
        return -EEXIST;
    set->installed = true;
    if (!descriptor)
        return 0;
    if (check_table(name, descriptor, problems) < 0 ||
        check_kinds(configuration, descriptor, name, problems) < 0)
        return -EINVAL;
    if (vane_option_set_add(set, descriptor->options, descriptor->option_size,
                            descriptor->option_count, problems) < 0)
        return -EINVAL;
    set->complete = true;
    return 0;
}

int vane_configuration_finish(struct vane_configuration *configuration,
                              struct vane_problems *problems)
{
    for (guint i = 0; i < configuration->plugins->len; i++)
        vane_option_set_apply(configuration->plugins->pdata[i], configuration->ini, problems);
    vane_configuration_check_sections(configuration, problems);
    vane_configuration_read_command_line(configuration, true, problems);
    for (guint i = 0; i < configuration->plugins->len; i++)
        vane_command_line_apply(&configuration->line, configuration->plugins->pdata[i], problems);
    vane_engine_settings_fill(&configuration->settings, configuration->engine,
                              configuration->line.verbosity);
    return problems->errors > 0 ? -EINVAL : 0;
}
