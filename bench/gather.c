/*
 * Asks all machines of a cluster for a property with nothing but libnats: what there is to be had.
 * The answers are signed, but no signature is looked at, and who does not answer is not found out.
 *
 *     bench-gather SUBJECT COUNT RUNS    ns from asking to the last of COUNT answers, RUNS times
 */
#include <stdio.h>
#include <stdlib.h>

#include <nats/nats.h>

#include "clock.h"

#define SERVER "nats://127.0.0.1:4222"

static int fail(const char *what)
{
    fprintf(stderr, "bench-gather: %s failed\n", what);
    return EXIT_FAILURE;
}

static natsStatus gather(natsConnection *connection, natsSubscription *answers, const char *subject,
                         const char *inbox, size_t count)
{
    natsMsg *request = NULL;
    natsStatus s = natsMsg_Create(&request, subject, inbox, "", 0);

    if (s == NATS_OK)
        s = natsMsgHeader_Set(request, "Netvane-Nonce", "0123456789abcdef0123456789abcdef");
    if (s == NATS_OK)
        s = natsConnection_PublishMsg(connection, request);
    natsMsg_Destroy(request);
    for (size_t come = 0; s == NATS_OK && come < count; come++) {
        natsMsg *answer = NULL;

        s = natsSubscription_NextMsg(&answer, answers, 5000);
        natsMsg_Destroy(answer);
    }
    return s;
}

int main(int argc, char **argv)
{
    natsConnection *connection = NULL;
    natsSubscription *answers = NULL;
    natsInbox *inbox = NULL;
    natsOptions *options = NULL;

    if (argc != 4 || natsOptions_Create(&options) != NATS_OK ||
        natsOptions_SetURL(options, SERVER) != NATS_OK ||
        natsOptions_SetSendAsap(options, true) != NATS_OK ||
        natsConnection_Connect(&connection, options) != NATS_OK ||
        natsInbox_Create(&inbox) != NATS_OK ||
        natsConnection_SubscribeSync(&answers, connection, inbox) != NATS_OK)
        return fail("connecting");
    for (unsigned long left = strtoul(argv[3], NULL, 10); left > 0; left--) {
        uint64_t begin = now_ns();

        if (gather(connection, answers, argv[1], inbox, strtoul(argv[2], NULL, 10)) != NATS_OK)
            return fail("asking");
        printf("%llu\n", (unsigned long long)(now_ns() - begin));
    }
    return EXIT_SUCCESS;
}
