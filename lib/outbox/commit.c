/* Opening and writing in one step, also over a file that turns out to be damaged. See outbox.h. */
#include <errno.h>

#include "lib/outbox/outbox.h"

static bool is_empty(const struct vane_outbox_batch *batch)
{
    return batch->endpoints->len + batch->messages->len + batch->dying->len + batch->done->len == 0;
}

static int write_or_open(struct vane_outbox *outbox, const struct vane_outbox_batch *batch,
                         GArray *known, struct vane_outbox_facts *facts)
{
    bool was_open = outbox->db != NULL;
    int r = vane_outbox_open(outbox, known);

    return r == 0 && !(was_open && is_empty(batch)) ? vane_outbox_write(outbox, batch, facts) : r;
}

int vane_outbox_commit(struct vane_outbox *outbox, const struct vane_outbox_batch *batch,
                       GArray *known, struct vane_outbox_facts *facts, bool *relieved)
{
    int r = write_or_open(outbox, batch, known, facts);

    *relieved = false;
    if (r == -EBADMSG) {
        vane_outbox_close(outbox);
        r = vane_sql_set_aside(outbox->path, outbox->set_aside, sizeof(outbox->set_aside));
        if (r == 0)
            r = write_or_open(outbox, batch, known, facts);
    }
    if (r == -ENOSPC && outbox->db)
        *relieved = vane_outbox_relieve(outbox, batch) == 0;
    return r;
}
