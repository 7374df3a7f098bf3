/* Opening and writing in one step, also over a file that turns out to be damaged. See outbox.h. */
#include <errno.h>

#include "lib/outbox/outbox.h"

static bool is_empty(const struct vane_outbox_changes *changes)
{
    return changes->endpoints->len + changes->messages->len + changes->dying->len +
               changes->done->len + changes->uncut->len + changes->cuts->len +
               changes->moves->len ==
           0;
}

static int write_or_open(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                         GArray *known, struct vane_outbox_facts *facts)
{
    bool was_open = outbox->db != NULL;
    int r = vane_outbox_open(outbox, known);

    return r == 0 && !(was_open && is_empty(changes)) ? vane_outbox_write(outbox, changes, facts)
                                                      : r;
}

int vane_outbox_commit(struct vane_outbox *outbox, const struct vane_outbox_changes *changes,
                       GArray *known, struct vane_outbox_facts *facts, bool *relieved)
{
    int r = write_or_open(outbox, changes, known, facts);

    *relieved = false;
    if (r == -EBADMSG) {
        vane_outbox_close(outbox);
        r = vane_sql_set_aside(outbox->path, "corrupt", outbox->set_aside,
                               sizeof(outbox->set_aside));
        if (r == 0)
            r = write_or_open(outbox, changes, known, facts);
    }
    if (r == -ENOSPC && outbox->db)
        *relieved = vane_outbox_relieve(outbox, changes) == 0;
    return r;
}
