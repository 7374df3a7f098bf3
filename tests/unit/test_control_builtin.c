/* The built-in commands, asked directly. */
#include "tests/unit/control_fixture.h"

struct answer {
    int error;
    char *text;
};

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct answer *answer = user;

    answer->error = error;
    answer->text = g_strndup(text, length);
}

static char *ask(struct fixture *fixture, bool privileged, int error, const char *line)
{
    const struct vane_asker asker = {.uid = 65534, .privileged = privileged};
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    struct answer answer = {0};

    assert_int_equal(vane_command_execute(fixture->engine.commands, (const char *const *)words,
                                          g_strv_length(words), &asker, on_done, &answer, NULL),
                     0);
    assert_non_null(answer.text);
    assert_int_equal(answer.error, error);
    return answer.text;
}

/* Publishes an event and returns its id, to be freed. */
static char *publish_because(struct fixture *fixture, const char *topic, const char *cause)
{
    struct vane_payload *payload;
    const struct vane_event *event;
    char *id;

    assert_int_equal(vane_payload_new(NULL, &payload), 0);
    assert_int_equal(vane_event_bus_publish(fixture->engine.bus, topic, payload, cause, &event), 0);
    id = g_strdup(event->id);
    vane_event_unref(event);
    return id;
}

static void assert_topics(const char *text, const char *expected)
{
    g_autoptr(GString) topics = g_string_new(NULL);

    for (const char *at = text; (at = strstr(at, "\"topic\":\""));) {
        at += strlen("\"topic\":\"");
        g_string_append_printf(topics, "%.*s ", (int)strcspn(at, "\""), at);
    }
    assert_string_equal(topics->str, expected);
}

static void test_show_event_tells_the_whole_story(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *state_id = publish_because(fixture, "link.state", NULL);
    g_autofree char *other = publish_because(fixture, "link.mtu", NULL);
    g_autofree char *started = publish_because(fixture, "script.started", state_id);
    g_autofree char *aside = publish_because(fixture, "webhook.delivered", other);
    g_autofree char *finished = publish_because(fixture, "script.finished", started);
    g_autofree char *line = g_strdup_printf("show event %s", state_id);
    g_autofree char *all = ask(fixture, true, 0, line);
    g_autofree char *seen = ask(fixture, false, 0, line);

    assert_topics(all, "link.state script.started script.finished ");
    assert_topics(seen, "link.state ");
}

static void test_private_event_is_as_if_it_were_not_there(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *id = publish_because(fixture, "script.started", NULL);
    g_autofree char *line = g_strdup_printf("show event %s", id);
    g_autofree char *refusal = ask(fixture, false, -ENOENT, line);

    assert_non_null(strstr(refusal, "is not kept"));
}

static void test_show_events_counts_what_may_be_seen(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *seen = NULL, *all = NULL;

    for (int i = 0; i < 3; i++) {
        publish(fixture, i == 0 ? "route.added" : "link.added");
        publish(fixture, "policy.denied");
    }
    seen = ask(fixture, false, 0, "show events last 2");
    all = ask(fixture, true, 0, "show events last 2");
    assert_topics(seen, "link.added link.added ");
    assert_topics(all, "link.added policy.denied ");
}

static void test_events_since_a_time_are_those_from_then_on(void **state)
{
    struct fixture *fixture = *state;
    static const char *const never[] = {"9999-12-31T00:00:00Z", "2263-01-01T00:00:00Z"};
    static const char *const always[] = {"0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2h"};

    publish(fixture, "link.added");
    for (size_t i = 0; i < ELEMENTS(always); i++) {
        g_autofree char *line = g_strdup_printf("show events since %s", always[i]);
        g_autofree char *text = ask(fixture, false, 0, line);

        assert_topics(text, "link.added ");
    }
    for (size_t i = 0; i < ELEMENTS(never); i++) {
        g_autofree char *line = g_strdup_printf("show events since %s", never[i]);
        g_autofree char *text = ask(fixture, false, 0, line);

        assert_topics(text, "");
    }
}

static void test_status_says_why_it_is_degraded(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *text = ask(fixture, false, 0, "show status");

    assert_non_null(strstr(text, "\"degraded\":true,\"degraded_reasons\":[\"plugin a is refused\","
                                 "\"plugin b is failed\"]"));
}

static void test_plugins_are_listed_and_unknown_ones_are_named(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *text = ask(fixture, false, 0, "show plugins");
    g_autofree char *missing = ask(fixture, true, -EOPNOTSUPP, "plugin enable acme");

    assert_non_null(strstr(text, "{\"name\":\"acme\",\"state\":\"running\",\"version\":\"1.5\""));
    assert_non_null(strstr(missing, "this engine has no part"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_show_event_tells_the_whole_story),
        TEST(test_private_event_is_as_if_it_were_not_there),
        TEST(test_show_events_counts_what_may_be_seen),
        TEST(test_events_since_a_time_are_those_from_then_on),
        TEST(test_status_says_why_it_is_degraded),
        TEST(test_plugins_are_listed_and_unknown_ones_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
