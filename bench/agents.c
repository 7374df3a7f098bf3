/*
 * Machines of a cluster that are only simulated: each has a key and a connection to NATS of its own
 * and answers as the plugin does, signed, without a D-Bus behind it.
 *
 *     bench-agents COUNT    prints "ready" when all listen, and ends with its input
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>
#include <nats/nats.h>
#include <sodium.h>

#include "lib/keys/signed.h"

#define SERVER "nats://127.0.0.1:4222"

struct agent {
    natsConnection *connection;
    uint8_t seed[32];
    char nkey[VANE_NKEY_LENGTH + 1];
    char *name;
};

static struct agent *agents;
static size_t count;
static char *roster; /* what each answers to "show cluster nodes" */

static void must(natsStatus status, const char *what)
{
    if (status == NATS_OK)
        return;
    fprintf(stderr, "bench-agents: %s: %s\n", what, natsStatus_GetText(status));
    exit(EXIT_FAILURE);
}

static void format_now(char time[24])
{
    g_snprintf(time, 24, "%" PRId64, g_get_real_time() / 1000);
}

/* ---- answers ---- */

static void prove(const struct agent *agent, natsMsg *answer, struct vane_signed_parts *parts,
                  enum vane_signed_purpose purpose)
{
    char signature[VANE_SIGNATURE_TEXT_LENGTH + 1];

    vane_signed_sign(purpose, parts, agent->seed, signature);
    natsMsgHeader_Set(answer, VANE_SIGNED_KEY, agent->nkey);
    natsMsgHeader_Set(answer, VANE_SIGNED_TIME, parts->time);
    natsMsgHeader_Set(answer, VANE_SIGNED_NONCE, parts->nonce);
    natsMsgHeader_Set(answer, VANE_SIGNED_SIGNATURE, signature);
}

static void answer(const struct agent *agent, natsMsg *request, const char *type, const char *body)
{
    const char *inbox = natsMsg_GetReply(request), *nonce = NULL;
    natsMsg *message = NULL;
    char now[24];

    if (!inbox)
        return;
    must(natsMsg_Create(&message, inbox, NULL, body, (int)strlen(body)), "an answer");
    natsMsgHeader_Set(message, "NKey", agent->nkey);
    if (type)
        natsMsgHeader_Set(message, "Signature", type);
    format_now(now);
    if (natsMsgHeader_Get(request, VANE_SIGNED_NONCE, &nonce) == NATS_OK) {
        struct vane_signed_parts parts = {
            .subject = inbox,
            .time = now,
            .nonce = nonce,
            .headers = {agent->nkey, type},
            .body = body,
            .body_length = strlen(body),
        };

        prove(agent, message, &parts, VANE_SIGNED_REPLY);
    }
    must(natsConnection_PublishMsg(agent->connection, message), "answering");
    natsMsg_Destroy(message);
}

static void on_property(natsConnection *connection, natsSubscription *subscription,
                        natsMsg *request, void *agent)
{
    answer(agent, request, "s", "\"active\"");
    natsMsg_Destroy(request);
}

static void on_command(natsConnection *connection, natsSubscription *subscription, natsMsg *request,
                       void *agent)
{
    answer(agent, request, NULL, roster);
    natsMsg_Destroy(request);
}

static void on_ping(natsConnection *connection, natsSubscription *subscription, natsMsg *request,
                    void *user)
{
    const struct agent *agent = user;
    g_autofree char *pong = g_strdup_printf(
        "{\"type\":\"io.nats.micro.v1.ping_response\",\"name\":\"netvane\",\"id\":\"%s\","
        "\"version\":\"1.0.0\",\"metadata\":{\"node\":\"%s\",\"cluster\":\"default\","
        "\"tags\":\"role=edge\"}}",
        agent->nkey, agent->name);

    natsConnection_PublishString(connection, natsMsg_GetReply(request), pong);
    natsMsg_Destroy(request);
}

/* ---- being there ---- */

static void announce(const struct agent *agent)
{
    g_autofree char *subject = g_strconcat("netvane.default.presence.", agent->nkey, NULL);
    g_autofree char *body =
        g_strdup_printf("{\"name\":\"%s\",\"version\":\"1.0.0\",\"tags\":[\"role=edge\"],"
                        "\"networks\":[{\"id\":1,\"tags\":[]}],\"interval_ms\":3600000,"
                        "\"leaving\":false}",
                        agent->name);
    char nonce[VANE_NONCE_LENGTH + 1] = "", now[24];
    struct vane_signed_parts parts = {
        .subject = subject,
        .time = now,
        .nonce = nonce,
        .body = body,
        .body_length = strlen(body),
    };
    natsMsg *message = NULL;

    format_now(now);
    for (size_t i = 0; i < VANE_NONCE_LENGTH; i++)
        nonce[i] = "0123456789abcdef"[randombytes_uniform(16)];
    must(natsMsg_Create(&message, subject, NULL, body, (int)strlen(body)), "an announcement");
    prove(agent, message, &parts, VANE_SIGNED_PRESENCE);
    must(natsConnection_PublishMsg(agent->connection, message), "announcing");
    natsMsg_Destroy(message);
}

static void listen_to(struct agent *agent, const char *subject, natsMsgHandler handler)
{
    g_autofree char *full = g_strdup_printf(subject, agent->nkey);
    natsSubscription *subscription = NULL;

    must(natsConnection_Subscribe(&subscription, agent->connection, full, handler, agent), full);
}

static void make(struct agent *agent, size_t number)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

    randombytes_buf(agent->seed, sizeof(agent->seed));
    crypto_sign_seed_keypair(public_key, secret, agent->seed);
    vane_nkey_format(public_key, agent->nkey);
    agent->name = g_strdup_printf("m%zu", number);
}

static void start(struct agent *agent, natsOptions *options)
{
    must(natsConnection_Connect(&agent->connection, options), "connecting");
    listen_to(agent, "dbus.broadcast.>", on_property);
    listen_to(agent, "dbus.agent.%s.>", on_property);
    listen_to(agent, "netvane.command.%s", on_command);
    listen_to(agent, "$SRV.PING.netvane", on_ping);
    announce(agent);
    must(natsConnection_Flush(agent->connection), "subscribing");
}

static char *make_roster(void)
{
    GString *text = g_string_new("{\"command\":\"show cluster nodes\",\"columns\":[],\"result\":[");

    for (size_t i = 0; i < count; i++)
        g_string_append_printf(text,
                               "%s{\"name\":\"%s\",\"nkey\":\"%s\",\"state\":\"here\","
                               "\"version\":\"1.0.0\",\"tags\":[\"role=edge\"],\"networks\":[1],"
                               "\"last_seen\":\"2026-01-01T00:00:00Z\",\"since\":null}",
                               i > 0 ? "," : "", agents[i].name, agents[i].nkey);
    g_string_append(text, "]}");
    return g_string_free(text, FALSE);
}

int main(int argc, char **argv)
{
    natsOptions *options = NULL;
    char byte;

    if (argc != 2 || sodium_init() < 0)
        return EXIT_FAILURE;
    count = strtoul(argv[1], NULL, 10);
    agents = g_new0(struct agent, count);
    must(natsOptions_Create(&options), "options");
    must(natsOptions_SetURL(options, SERVER), "the address");
    must(natsOptions_SetSendAsap(options, true), "options");
    must(natsOptions_UseGlobalMessageDelivery(options, true), "options");
    for (size_t i = 0; i < count; i++)
        make(&agents[i], i);
    roster = make_roster();
    for (size_t i = 0; i < count; i++)
        start(&agents[i], options);
    puts("ready");
    fflush(stdout);
    return read(STDIN_FILENO, &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
