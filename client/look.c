/* What only looks: one interface, and all of them. */
#include <stdlib.h>

#include "client/can.h"

int vane_can_get(struct vane_can *can, const char *name, struct vane_can_info *info)
{
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r = vane_canlib_check_name("look at", name);

    if (r < 0)
        return r;
    vane_canlib_begin(&request, VANE_WIRE_GET, "look at", name);
    r = vane_canlib_ask(can, &request, &answer);
    return r < 0 ? r : vane_canlib_copy_out(info, &answer.info, sizeof(answer.info));
}

int vane_can_list(struct vane_can *can, int (*each)(void *user, const struct vane_can_info *info),
                  void *user)
{
    struct vane_canlib_infos infos = {0};
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r;

    vane_canlib_begin(&request, VANE_WIRE_LIST, "list the interfaces", NULL);
    request.infos = &infos;
    r = vane_canlib_ask(can, &request, &answer);
    for (size_t i = 0; r == 0 && i < infos.count; i++)
        r = each(user, &infos.items[i]);
    free(infos.items);
    return r;
}
