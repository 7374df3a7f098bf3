/*
 * The ledger of a plugin: everything it acquired, newest first, so that it goes when the plugin
 * goes. A resource embeds an entry; giving the resource up strikes the entry out.
 */
#ifndef NETVANE_ENGINE_LEDGER_H
#define NETVANE_ENGINE_LEDGER_H

#include <stdbool.h>

struct vane_ledger_entry {
    struct vane_ledger_entry *newer, *older;
    struct vane_ledger *ledger;
    const char *kind; /* "timer", "port" ...: static */
    bool kept;        /* not left behind: the plugin took no handle, or has given it back already */
    /* Frees the resource; it must strike the entry. */
    void (*revoke)(struct vane_ledger_entry *entry);
};

struct vane_ledger {
    struct vane_ledger_entry *newest;
};

/* `ledger` may be NULL: the resource belongs to the engine itself. */
void vane_ledger_enter(struct vane_ledger *ledger, struct vane_ledger_entry *entry,
                       const char *kind, void (*revoke)(struct vane_ledger_entry *entry));

/* Idempotent. */
void vane_ledger_strike(struct vane_ledger_entry *entry);

/* Revokes what is left, newest first. The number of entries that should not have been left, and
 * their kinds, go to the log under `subject` when `subject` is not NULL. Returns that number. */
unsigned vane_ledger_revoke(struct vane_ledger *ledger, const char *subject);

#endif
