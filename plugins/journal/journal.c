/*
 * The event journal: remembers events across restarts of the daemon, and answers questions about
 * them. This file is the plugin's life; journal.h says how the parts hang together.
 */
#include "plugins/journal/journal.h"

#include <errno.h>

static struct vane_journal_plugin plugin_state;

static void release(struct vane_journal_plugin *journal)
{
    vane_pending_clear(&journal->pending);
    vane_journal_write_release(journal);
    vane_store_close(&journal->store, false);
    vane_store_clear(&journal->store);
    vane_journal_options_clear(&journal->options);
}

static int begin(struct vane_journal_plugin *journal)
{
    int r = vane_journal_options_read(journal);

    if (r == 0)
        r = vane_journal_commands_add(journal);
    if (r == 0)
        r = vane_journal_query_commands_add(journal);
    if (r == 0)
        r = vane_journal_intake_start(journal);
    if (r == 0)
        r = journal->host->services->offer(journal->self, VANE_JOURNAL_SERVICE,
                                           VANE_JOURNAL_VERSION, &vane_journal_table, journal,
                                           &journal->service);
    return r;
}

/* The file is opened in the background: a large one that was not closed is checked first. */
static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_journal_plugin *journal = &plugin_state;
    int r;

    *journal = (struct vane_journal_plugin){.self = self, .host = host};
    journal->pending.release = (void (*)(const void *))host->bus->event_unref;
    journal->write.batch = g_array_new(FALSE, FALSE, sizeof(struct vane_pending_event));
    journal->write.entries = g_array_new(FALSE, FALSE, sizeof(struct vane_store_entry));
    r = begin(journal);
    if (r < 0)
        release(journal);
    else
        vane_journal_kick(journal);
    return r;
}

static int reload(struct vane_self *self)
{
    struct vane_journal_plugin *journal = &plugin_state;
    int r = vane_journal_options_read(journal);

    if (r < 0)
        return r;
    journal->more = true;
    if (journal->expiry_timer)
        (void)journal->host->loop->timer_stop(self, g_steal_pointer(&journal->expiry_timer));
    vane_journal_kick(journal);
    return 0;
}

void vane_journal_closed(void *user)
{
    struct vane_journal_plugin *journal = user;

    vane_journal_commands_remove(journal);
    release(journal);
    (void)journal->host->loop->done(journal->self, 0);
}

static int shutdown(struct vane_self *self)
{
    vane_journal_close(&plugin_state);
    return -EINPROGRESS;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("journal", "1.0"),
    .description = "Remembers events across restarts",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(vane_journal_option_table),
    .init = init,
    .reload = reload,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
