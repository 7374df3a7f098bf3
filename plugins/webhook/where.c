/* Which events an endpoint wants, beyond their topics. See webhook.h. */
#include "plugins/webhook/webhook.h"

bool vane_endpoint_wants(struct vane_webhook_endpoint *endpoint, const struct vane_event *event)
{
    return true;
}
