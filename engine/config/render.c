/* A plugin's options as people see them: JSON rows. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <errno.h>
#include <string.h>

static const char *type_word(uint32_t type)
{
    static const char *const words[] = {
        [VANE_OPTION_STRING] = "text",     [VANE_OPTION_BOOL] = "yes or no",
        [VANE_OPTION_INTEGER] = "number",  [VANE_OPTION_TIME] = "time",
        [VANE_OPTION_SIZE] = "size",       [VANE_OPTION_PATH] = "path",
        [VANE_OPTION_PATH_LIST] = "paths", [VANE_OPTION_LIST] = "list",
        [VANE_OPTION_CHOICE] = "choice",   [VANE_OPTION_MODE] = "mode",
    };

    return words[type];
}

/* A secret without a value is not hidden: that it is unset is no secret. */
static void render_text(struct vane_json *json, const char *key, const struct vane_option *option,
                        const char *text)
{
    bool hidden = text && *text && (option->flags & VANE_OPTION_SECRET);

    if (text)
        vane_json_member_string(json, key, hidden ? "(hidden)" : text);
}

static void render_bounds(struct vane_json *json, const struct vane_option *option)
{
    g_autofree char *low = NULL, *high = NULL;

    if (option->minimum == 0 && option->maximum == 0)
        return;
    low = vane_option_format(option, option->minimum);
    high = vane_option_format(option, option->maximum);
    vane_json_member_string(json, "minimum", low);
    vane_json_member_string(json, "maximum", high);
}

static void render_origin(struct vane_json *json, const struct vane_value *value)
{
    g_autofree char *text = NULL;

    if (!value->place.file)
        text = g_strdup("default");
    else if (value->place.line == 0)
        text = g_strdup(value->place.file);
    else
        text = g_strdup_printf("%s:%u", value->place.file, value->place.line);
    vane_json_member_string(json, "set_at", text);
}

/* `value` NULL: an option of a kind of section of which there is none. */
static void render_row(struct vane_json *json, const struct vane_option *option,
                       const char *section, const struct vane_value *value)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "name", option->name);
    vane_json_member_string(json, "section", section);
    vane_json_member_string(json, "type", type_word(option->type));
    render_text(json, "default", option, option->default_value);
    if (value) {
        render_text(json, "value", option, value->text);
        render_origin(json, value);
    }
    render_bounds(json, option);
    if (option->type == VANE_OPTION_CHOICE)
        vane_json_member_string(json, "choices", option->choices);
    if (option->help)
        vane_json_member_string(json, "help", option->help);
    vane_json_member_bool(json, "restart", option->flags & VANE_OPTION_RESTART);
    vane_json_object_end(json);
}

static void render_section(struct vane_json *json, const struct vane_option_set *set,
                           const struct vane_option_section *section)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);

        if (vane_option_fits(set, section, option))
            render_row(json, option, section->label, &section->values[i]);
    }
}

static bool has_instance(const struct vane_option_set *set, const char *kind)
{
    for (guint i = 1; i < set->sections->len; i++) {
        const struct vane_option_section *section = set->sections->pdata[i];

        if (strcmp(section->kind, kind) == 0)
            return true;
    }
    return false;
}

static void render_kinds_without_instance(struct vane_json *json, const struct vane_option_set *set)
{
    for (uint32_t i = 0; i < set->options->len; i++) {
        const struct vane_option *option = vane_option_set_option(set, i);
        g_autofree char *label = NULL;

        if (!option->section || has_instance(set, option->section))
            continue;
        label = g_strconcat(option->section, " NAME", NULL);
        render_row(json, option, label, NULL);
    }
}

int vane_configuration_render_options(const struct vane_configuration *configuration,
                                      const char *plugin, struct vane_json *json)
{
    const struct vane_option_set *set =
        plugin ? vane_configuration_plugin(configuration, plugin) : configuration->engine;

    if (!set || (plugin && !set->installed))
        return -ENOENT;
    vane_json_array_begin(json);
    for (guint i = 0; i < set->sections->len; i++)
        render_section(json, set, set->sections->pdata[i]);
    render_kinds_without_instance(json, set);
    vane_json_array_end(json);
    return 0;
}
