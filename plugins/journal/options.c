/* The plugin's options. See journal.h. */
#include <errno.h>
#include <string.h>

#include "plugins/journal/journal.h"

const struct vane_option vane_journal_option_table[VANE_JOURNAL_OPTION_COUNT] = {
    {
        .name = "Topics",
        .type = VANE_OPTION_LIST,
        .default_value = ">",
        .help = "Patterns of the topics that are kept; those after a ! are not kept",
    },
    {
        .name = "MaxAge",
        .type = VANE_OPTION_TIME,
        .default_value = "7d",
        .minimum = 1000000,
        .maximum = INT64_MAX,
        .help = "How long events are kept; infinity: no limit",
    },
    {
        .name = "MaxEvents",
        .type = VANE_OPTION_INTEGER,
        .default_value = "1000000",
        .minimum = 1,
        .maximum = 1000000000,
        .help = "How many events are kept",
    },
    {
        .name = "MaxSize",
        .type = VANE_OPTION_SIZE,
        .default_value = "256M",
        .minimum = 8 << 20,
        .maximum = INT64_C(1) << 40,
        .help = "How large the journal may become on the disk",
    },
    {
        .name = "CommitInterval",
        .type = VANE_OPTION_TIME,
        .default_value = "200ms",
        .minimum = 1000,
        .maximum = 60000000,
        .help = "How long an event may wait for others that are written along with it",
    },
};

static int64_t number_option(const struct vane_journal_plugin *journal, const char *name)
{
    int64_t value = 0;

    (void)journal->host->config->get_int64(journal->self, NULL, name, &value);
    return value;
}

/* So many years that sums cannot overflow are as good as infinity. */
static int64_t nanoseconds(int64_t microseconds)
{
    return microseconds > INT64_MAX / 4000 ? INT64_MAX : microseconds * 1000;
}

static int add_pattern(struct vane_journal_plugin *journal, const char *word, GString *include,
                       GString *exclude)
{
    GString *list = word[0] == '!' ? exclude : include;
    const char *pattern = word[0] == '!' ? word + 1 : word;

    if (journal->host->bus->match(pattern, "any") < 0) {
        journal->host->log->print(journal->self, VANE_LOG_ERROR,
                                  "Topics=%s is no topic pattern, which looks like \"link.*\" or "
                                  "\"!wifi.>\"",
                                  word);
        return -EINVAL;
    }
    g_string_append_printf(list, "%s%s", list->len > 0 ? " " : "", pattern);
    return 0;
}

static int read_topics(struct vane_journal_plugin *journal, struct vane_journal_options *options)
{
    g_autoptr(GString) include = g_string_new(NULL);
    g_autoptr(GString) exclude = g_string_new(NULL);
    const char *const *words;
    uint32_t count;
    int r = journal->host->config->get_list(journal->self, NULL, "Topics", &words, &count);

    if (r < 0)
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        r = add_pattern(journal, words[i], include, exclude);
        if (r < 0)
            return r;
    }
    if (include->len == 0)
        g_string_assign(include, ">");
    options->include = g_strdup(include->str);
    options->exclude = exclude->len > 0 ? g_strdup(exclude->str) : NULL;
    options->everything = strcmp(include->str, ">") == 0;
    return 0;
}

void vane_journal_options_clear(struct vane_journal_options *options)
{
    g_clear_pointer(&options->include, g_free);
    g_clear_pointer(&options->exclude, g_free);
}

int vane_journal_options_read(struct vane_journal_plugin *journal)
{
    struct vane_journal_options options = {
        .commit_ms = (uint64_t)(number_option(journal, "CommitInterval") + 999) / 1000,
        .limits = {.age_ns = nanoseconds(number_option(journal, "MaxAge")),
                   .events = (uint64_t)number_option(journal, "MaxEvents"),
                   .size = (uint64_t)number_option(journal, "MaxSize")},
    };
    int r = read_topics(journal, &options);

    if (r < 0) {
        vane_journal_options_clear(&options);
        return r;
    }
    vane_journal_options_clear(&journal->options);
    journal->options = options;
    return 0;
}

bool vane_journal_keeps(const struct vane_journal_plugin *journal, const char *topic)
{
    const struct vane_bus *bus = journal->host->bus;
    const struct vane_journal_options *options = &journal->options;

    return (options->everything || bus->match(options->include, topic) > 0) &&
           !(options->exclude && bus->match(options->exclude, topic) > 0);
}
