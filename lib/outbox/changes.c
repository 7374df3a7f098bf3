/* The arrays that go to and from the outbox. See outbox.h. */
#include "lib/outbox/outbox.h"

static GArray *array_of(size_t size, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, TRUE, (guint)size);

    if (clear)
        g_array_set_clear_func(array, clear);
    return array;
}

static void clear_endpoint(gpointer endpoint)
{
    vane_outbox_endpoint_clear(endpoint);
}

static void clear_dying(gpointer dying)
{
    g_free(((struct vane_outbox_dying *)dying)->reason);
}

GArray *vane_outbox_endpoints_new(void)
{
    return array_of(sizeof(struct vane_outbox_endpoint), clear_endpoint);
}

GArray *vane_outbox_dying_new(void)
{
    return array_of(sizeof(struct vane_outbox_dying), clear_dying);
}

GArray *vane_outbox_messages_new(void)
{
    return array_of(sizeof(struct vane_outbox_message), NULL);
}

void vane_outbox_changes_init(struct vane_outbox_changes *changes)
{
    *changes = (struct vane_outbox_changes){
        .endpoints = vane_outbox_endpoints_new(),
        .messages = vane_outbox_messages_new(),
        .dying = vane_outbox_dying_new(),
        .done = array_of(sizeof(struct vane_outbox_done), NULL),
        .uncut = array_of(sizeof(int64_t), NULL),
        .cuts = array_of(sizeof(struct vane_outbox_done), NULL),
        .moves = array_of(sizeof(struct vane_outbox_move), NULL),
    };
}

void vane_outbox_changes_release(struct vane_outbox_changes *changes)
{
    GArray **arrays[] = {&changes->endpoints, &changes->messages, &changes->dying, &changes->done,
                         &changes->uncut,     &changes->cuts,     &changes->moves};

    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_clear_pointer(arrays[i], g_array_unref);
}
