/* How long a client may take to send its first request before it gets the stream of HaloX. */
#ifndef NETVANE_SOCKETBUS_SILENCE_H
#define NETVANE_SOCKETBUS_SILENCE_H

#include "plugins/socketbus/client.h"

#define VANE_SILENCE_MS 200u

void vane_silence_begin(struct vane_client *client);
/* It has sent something, or is gone. */
void vane_silence_end(struct vane_client *client);

#endif
