/* The ledger of a plugin. See ledger.h. */
#include "engine/ledger.h"

#include <glib.h>

#include "engine/log.h"

void vane_ledger_enter(struct vane_ledger *ledger, struct vane_ledger_entry *entry,
                       const char *kind, void (*revoke)(struct vane_ledger_entry *entry))
{
    *entry = (struct vane_ledger_entry){.ledger = ledger, .kind = kind, .revoke = revoke};
    if (!ledger)
        return;
    entry->older = ledger->newest;
    if (entry->older)
        entry->older->newer = entry;
    ledger->newest = entry;
}

void vane_ledger_strike(struct vane_ledger_entry *entry)
{
    if (!entry->ledger)
        return;
    if (entry->older)
        entry->older->newer = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        entry->ledger->newest = entry->older;
    entry->ledger = NULL;
}

unsigned vane_ledger_revoke(struct vane_ledger *ledger, const char *subject)
{
    g_autoptr(GString) kinds = g_string_new(NULL);
    unsigned count = 0;

    while (ledger->newest) {
        struct vane_ledger_entry *entry = ledger->newest;

        if (!entry->kept && count++ < 8)
            g_string_append_printf(kinds, "%s%s", kinds->len ? ", " : "", entry->kind);
        entry->revoke(entry);
        g_assert(ledger->newest != entry);
    }
    if (count > 0 && subject)
        vane_warning(subject, "left %u resource%s behind at shutdown (%s%s); revoked", count,
                     count == 1 ? "" : "s", kinds->str, count > 8 ? " ..." : "");
    return count;
}
