/* Options of every type, and repeatable sections; reload() takes changes up, or refuses them. */
#include <inttypes.h>
#include <string.h>

#include "plugin.h"

static const struct vane_host *host;

static const struct vane_option table[] = {
    {.name = "Text", .type = VANE_OPTION_STRING, .default_value = "none", .help = "Any text"},
    {.name = "Count",
     .type = VANE_OPTION_INTEGER,
     .default_value = "3",
     .minimum = 1,
     .maximum = 9,
     .help = "A number"},
    {.name = "Wait", .type = VANE_OPTION_TIME, .default_value = "2s", .help = "A time"},
    {.name = "Words", .type = VANE_OPTION_LIST, .help = "A list"},
    {.name = "Fast",
     .type = VANE_OPTION_BOOL,
     .default_value = "no",
     .help = "A switch",
     .letter = 'F'},
    {.name = "Fixed",
     .type = VANE_OPTION_STRING,
     .default_value = "x",
     .help = "Restarts",
     .flags = VANE_OPTION_RESTART},
    {.section = "Part",
     .name = "Size",
     .type = VANE_OPTION_SIZE,
     .default_value = "1K",
     .help = "A size"},
};

static void say_parts(struct vane_self *self)
{
    const char *const *parts;
    uint32_t count = 0;

    host->config->sections(self, "Part", &parts, &count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t size = -1;

        host->config->get_int64(self, parts[i], "Size", &size);
        SAY("section %s has %" PRId64, parts[i], size);
    }
}

static int say_all(struct vane_self *self, const char *when)
{
    int64_t count = -1, usec = -1;
    uint32_t fast = 2, words = 99;
    const char *const *list;
    const char *text = "?";
    int unset = host->config->get_list(self, NULL, "Words", &list, &words);

    host->config->get_string(self, NULL, "Text", &text);
    host->config->get_int64(self, NULL, "Count", &count);
    host->config->get_int64(self, NULL, "Wait", &usec);
    host->config->get_bool(self, NULL, "Fast", &fast);
    SAY("%s: %s %" PRId64 " %" PRId64 " %d words fast %u", when, text, count, usec,
        unset == -ENODATA ? -1 : (int)words, fast);
    say_parts(self);
    if (host->config->get_string(self, NULL, "Nothing", &text) == -ENOENT &&
        host->config->get_bool(self, NULL, "Count", &fast) == -EINVAL)
        SAY("wrong questions are refused");
    return strcmp(text, "refuse me") == 0 ? -EINVAL : 0;
}

static int init(struct vane_self *self, const struct vane_host *given)
{
    host = given;
    return say_all(self, "init");
}

static int reload(struct vane_self *self)
{
    return say_all(self, "reload");
}

static int shutdown(struct vane_self *self)
{
    return SAY("shutdown");
}

TEST_PLUGIN(VANE_PLUGIN_OPTIONS(table), .init = init, .reload = reload, .shutdown = shutdown)
