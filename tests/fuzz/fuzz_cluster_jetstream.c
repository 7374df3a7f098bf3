/* Answers of JetStream, or of whoever listens where it should. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "plugins/cluster/jetstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It is an error or about a stream; and any subjects can be compared. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_jetstream_answer answer;

    if (vane_jetstream_parse((const char *)data, size, &answer) < 0)
        return 0;
    if (!answer.why && !answer.stream)
        abort();
    for (char **at = answer.subjects; at && *at; at++)
        (void)vane_jetstream_covers(answer.subjects, *at);
    vane_jetstream_clear(&answer);
    return 0;
}
