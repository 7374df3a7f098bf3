/* A job, on the thread pool: all that may block. See webhook.h. */
#include <errno.h>

#include "plugins/webhook/webhook.h"

static int read_wanted(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_job *job = &plugin->job;
    int r = 0;

    for (guint i = 0; r == 0 && i < job->wanted->len; i++) {
        const struct vane_outbox_done *wanted =
            &g_array_index(job->wanted, struct vane_outbox_done, i);

        r = vane_outbox_read(&plugin->outbox, wanted->endpoint, wanted->position,
                             VANE_WINDOW_MESSAGES / 2, VANE_WINDOW_BYTES / 2, job->read);
    }
    return r;
}

static void answer(struct vane_webhook_plugin *plugin, struct vane_webhook_question *question)
{
    struct vane_outbox *outbox = &plugin->outbox;

    switch (question->kind) {
    case VANE_LETTERS_SHOW:
        question->result = vane_outbox_letters_show(outbox, &question->which, question->whole,
                                                    &question->json, &question->length);
        break;
    case VANE_LETTERS_REPLAY:
        question->result =
            vane_outbox_letters_read(outbox, &question->which, 256, 4u << 20, question->messages);
        break;
    case VANE_LETTERS_DELETE:
        question->result = vane_outbox_letters_delete(outbox, &question->which, &question->deleted);
        (void)vane_outbox_letters_count(outbox, &plugin->job.facts);
        break;
    }
}

void vane_webhook_job_body(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_job *job = &plugin->job;

    job->result =
        vane_outbox_commit(&plugin->outbox, &job->changes, job->known, &job->facts, &job->relieved);
    job->committed = job->result == 0;
    if (plugin->outbox.db && (job->result == 0 || job->relieved))
        job->result = MIN(job->result, read_wanted(plugin));
    if (job->question && plugin->outbox.db)
        answer(plugin, job->question);
    else if (job->question)
        job->question->result = MIN(job->result, -EIO);
    if (job->shrink && plugin->outbox.db)
        (void)vane_outbox_shrink(&plugin->outbox);
    if (job->last)
        vane_outbox_close(&plugin->outbox);
}
