/* Commands from typed words to the answer: who may run them, and that everybody gets one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/commands/registry.h"
#include "engine/engine.h"
#include "lib/array.h"

struct fixture {
    struct vane_engine engine;
    struct vane_self plugin;
    struct vane_request *open;        /* the request of "acme wait" */
    struct vane_command_handle *once; /* of "acme once" */
    unsigned answers;
    int error;
    char *text;
    GString *suggested;
    char *gate_facts;
    int verdict;
};

static const struct vane_asker root = {0, true, NULL, false};
static const struct vane_asker nobody = {65534, false, NULL, false};

static int run_hello(void *user, struct vane_request *request)
{
    const char *name = vane_commands_table.argument(request, "NAME");
    g_autofree char *json = g_strdup_printf("{\"hello\":\"%s\"}", name ? name : "world");

    return vane_commands_table.reply(request, json, strlen(json));
}

static int run_wait(void *user, struct vane_request *request)
{
    struct fixture *fixture = user;

    fixture->open = request;
    return -EINPROGRESS;
}

/* Takes its command back while it runs, and would answer later. */
static int run_once(void *user, struct vane_request *request)
{
    struct fixture *fixture = user;

    fixture->open = request;
    assert_int_equal(vane_commands_table.remove(&fixture->plugin, fixture->once), 0);
    return -EINPROGRESS;
}

static int run_broken(void *user, struct vane_request *request)
{
    vane_commands_table.reply(request, "{\"a\":", 5);
    return 0;
}

static int run_silent(void *user, struct vane_request *request)
{
    return 0;
}

static int run_missing(void *user, struct vane_request *request)
{
    return -ENODEV;
}

static void complete_name(void *user, const char *parameter, struct vane_completion *completion)
{
    assert_string_equal(parameter, "NAME");
    vane_commands_table.offer(completion, "alice", "a friend");
    vane_commands_table.offer(completion, "bob", NULL);
}

static const struct vane_command_word words[] = {
    {"acme", "things of acme"}, {"hello", "says hello"}, {"NAME", "whom to greet"}};
static const struct vane_command_column columns[] = {{"Hello", "hello"}};

static const struct {
    const char *syntax;
    uint32_t flags;
    int (*run)(void *user, struct vane_request *request);
} declared[] = {
    {"acme hello [NAME]", 0, run_hello},
    {"acme help", 0, run_silent},
    {"acme wait", 0, run_wait},
    {"acme broken", 0, run_broken},
    {"acme missing", 0, run_missing},
    {"acme secret", VANE_COMMAND_PRIVILEGED, run_hello},
    {"acme change NAME", VANE_COMMAND_CHANGES, run_hello},
};

static int declare(struct fixture *fixture, const char *syntax, uint32_t flags,
                   int (*run)(void *user, struct vane_request *request))
{
    const struct vane_command command = {
        .size = sizeof(command),
        .flags = flags,
        .syntax = syntax,
        .help = "does it",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = ELEMENTS(words),
        .columns = columns,
        .column_size = sizeof(columns[0]),
        .column_count = ELEMENTS(columns),
        .run = run,
        .complete = complete_name,
        .user = fixture,
    };

    return vane_commands_table.add(&fixture->plugin, &command, NULL);
}

static int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    uv_loop_init(&fixture->engine.loop);
    fixture->engine.thread = uv_thread_self();
    fixture->plugin.name = (char *)"acme";
    fixture->plugin.engine = &fixture->engine;
    fixture->suggested = g_string_new(NULL);
    assert_int_equal(vane_command_registry_new(&fixture->engine, &fixture->engine.commands), 0);
    for (size_t i = 0; i < ELEMENTS(declared); i++)
        assert_int_equal(declare(fixture, declared[i].syntax, declared[i].flags, declared[i].run),
                         0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    vane_ledger_revoke(&fixture->plugin.ledger, NULL);
    vane_command_registry_free(fixture->engine.commands);
    uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
    g_string_free(fixture->suggested, TRUE);
    g_free(fixture->text);
    g_free(fixture->gate_facts);
    g_free(fixture);
    return 0;
}

static void on_done(void *user, int error, const char *text, size_t length)
{
    struct fixture *fixture = user;

    fixture->answers++;
    fixture->error = error;
    g_free(fixture->text);
    fixture->text = g_strndup(text, length);
}

static struct vane_request *execute(struct fixture *fixture, const struct vane_asker *asker,
                                    const char *line)
{
    g_auto(GStrv) typed = g_strsplit(line, " ", -1);
    struct vane_request *request;

    assert_int_equal(vane_command_execute(fixture->engine.commands, (const char *const *)typed,
                                          g_strv_length(typed), asker, on_done, fixture, &request),
                     0);
    return request;
}

static void test_answer_comes_in_an_envelope_with_the_keywords_written_out(void **state)
{
    struct fixture *fixture = *state;

    assert_null(execute(fixture, &nobody, "ac hell bob"));
    assert_int_equal(fixture->error, 0);
    assert_string_equal(fixture->text,
                        "{\"command\":\"acme hello bob\",\"columns\":[{\"title\":\"Hello\","
                        "\"member\":\"hello\"}],\"result\":{\"hello\":\"bob\"}}");
}

static void test_words_that_are_no_command_are_told_apart(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture, &nobody, "acme hallo");
    assert_int_equal(fixture->error, VANE_COMMAND_UNKNOWN);
    assert_non_null(strstr(fixture->text, "hello"));
    execute(fixture, &nobody, "acme");
    assert_int_equal(fixture->error, VANE_COMMAND_INCOMPLETE);
    execute(fixture, &nobody, "acme hel");
    assert_int_equal(fixture->error, VANE_COMMAND_AMBIGUOUS);
}

static void test_handler_errors_are_worded_by_the_host(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture, &nobody, "acme missing");
    assert_int_equal(fixture->error, -ENODEV);
    assert_string_equal(fixture->text, "acme missing failed: No such device");
    execute(fixture, &nobody, "acme help");
    assert_int_equal(fixture->error, -EIO);
    assert_string_equal(fixture->text, "acme gave no answer to \"acme help\"");
}

static void test_answer_that_is_not_json_becomes_an_error(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture, &nobody, "acme broken");
    assert_int_equal(fixture->error, -EBADMSG);
    assert_int_equal(fixture->answers, 1);
}

static void test_privileged_command_is_denied_to_others(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture, &nobody, "acme secret");
    assert_int_equal(fixture->error, -EACCES);
    execute(fixture, &nobody, "acme change x");
    assert_int_equal(fixture->error, -EACCES);
    execute(fixture, &root, "acme secret");
    assert_int_equal(fixture->error, 0);
}

static int gate(void *user, const struct vane_self *asker, const struct vane_gate_request *request,
                struct vane_verdict *verdict)
{
    struct fixture *fixture = user;

    assert_string_equal(request->action, "command.execute");
    assert_int_equal(request->facts->count, 3);
    g_free(fixture->gate_facts);
    fixture->gate_facts =
        g_strdup_printf("%s %s %d %s %s", asker->name, request->facts->at[0].value.string,
                        (int)request->facts->at[1].value.int64, request->facts->at[2].value.string,
                        request->access == VANE_ACCESS_CHANGE ? "change" : "read");
    g_strlcpy(verdict->reason, "not on Fridays", sizeof(verdict->reason));
    return fixture->verdict;
}

static void test_gate_is_asked_before_a_change_and_only_then(void **state)
{
    struct fixture *fixture = *state;

    vane_command_registry_set_gate(fixture->engine.commands, gate, fixture);
    execute(fixture, &root, "acme hello");
    assert_null(fixture->gate_facts);
    execute(fixture, &root, "acme change x");
    assert_string_equal(fixture->gate_facts, "acme acme change x 0 local change");
    assert_int_equal(fixture->error, -EACCES);
    assert_string_equal(fixture->text, "\"acme change x\" is denied: not on Fridays");
    fixture->verdict = 1;
    execute(fixture, &root, "acme change x");
    assert_int_equal(fixture->error, 0);
}

static void test_another_machine_may_read_but_not_change(void **state)
{
    struct fixture *fixture = *state;
    const struct vane_asker remote = {-1, true, NULL, false};

    execute(fixture, &remote, "acme hello");
    assert_int_equal(fixture->error, 0);
    execute(fixture, &remote, "acme change x");
    assert_int_equal(fixture->error, -EACCES);
}

/* Not by privilege, which is of this machine, but by the gate, which knows whom the configuration
 * allows it. */
static void test_another_machine_may_what_the_gate_lets_it(void **state)
{
    struct fixture *fixture = *state;
    const struct vane_asker stranger = {-1, false, NULL, false};
    const struct vane_asker granted = {-1, true, NULL, true};

    execute(fixture, &stranger, "acme secret");
    assert_int_equal(fixture->error, -EACCES);
    execute(fixture, &granted, "acme secret");
    assert_int_equal(fixture->error, 0);
    execute(fixture, &granted, "acme change x");
    assert_int_equal(fixture->error, 0);
    vane_command_registry_set_gate(fixture->engine.commands, gate, fixture);
    fixture->verdict = 1; /* of a policy */
    execute(fixture, &stranger, "acme change x");
    assert_int_equal(fixture->error, 0);
    assert_string_equal(fixture->gate_facts, "acme acme change x -1 remote change");
    execute(fixture, &stranger, "acme secret");
    assert_string_equal(fixture->gate_facts, "acme acme secret -1 remote change");
}

static void pump(struct fixture *fixture)
{
    for (int i = 0; i < 500 && fixture->answers == 0; i++)
        uv_run(&fixture->engine.loop, UV_RUN_ONCE);
}

static void test_late_handler_is_answered_for_and_answers_in_vain(void **state)
{
    struct fixture *fixture = *state;

    vane_command_registry_set_deadline(fixture->engine.commands, 1);
    assert_non_null(execute(fixture, &nobody, "acme wait"));
    assert_int_equal(fixture->answers, 0);
    pump(fixture);
    assert_int_equal(fixture->error, -ETIMEDOUT);
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), -ETIMEDOUT);
    assert_int_equal(fixture->answers, 1);
}

static void test_open_request_of_a_stopped_plugin_is_answered(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture, &nobody, "acme wait");
    vane_ledger_revoke(&fixture->plugin.ledger, NULL);
    assert_int_equal(fixture->answers, 1);
    assert_int_equal(fixture->error, -ECANCELED);
    execute(fixture, &nobody, "acme wait");
    assert_int_equal(fixture->error, VANE_COMMAND_UNKNOWN);
}

static void test_open_request_of_a_command_taken_back_is_answered(void **state)
{
    struct fixture *fixture = *state;
    struct vane_command_handle *handle;
    const struct vane_command command = {
        .size = sizeof(command), .syntax = "acme later", .run = run_wait, .user = fixture};

    assert_int_equal(vane_commands_table.add(&fixture->plugin, &command, &handle), 0);
    execute(fixture, &nobody, "acme later");
    assert_int_equal(vane_commands_table.remove(&fixture->plugin, handle), 0);
    assert_int_equal(vane_commands_table.remove(&fixture->plugin, NULL), 0);
    assert_int_equal(fixture->error, -ECANCELED);
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), -ETIMEDOUT);
    assert_int_equal(fixture->answers, 1);
}

static void add_once(struct fixture *fixture)
{
    const struct vane_command command = {
        .size = sizeof(command), .syntax = "acme once", .run = run_once, .user = fixture};

    assert_int_equal(vane_commands_table.add(&fixture->plugin, &command, &fixture->once), 0);
}

static void test_command_that_takes_itself_back_leaves_no_request_to_hold(void **state)
{
    const char *const typed[] = {"acme", "once"};
    struct fixture *fixture = *state;

    add_once(fixture);
    assert_null(execute(fixture, &nobody, "acme once"));
    assert_int_equal(fixture->error, -ECANCELED);
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), -ETIMEDOUT);
    add_once(fixture);
    assert_int_equal(vane_commands_table.execute(&fixture->plugin, typed, ELEMENTS(typed), 0, 1,
                                                 NULL, on_done, fixture),
                     0);
    assert_int_equal(fixture->answers, 2);
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), -ETIMEDOUT);
    assert_int_equal(fixture->answers, 2);
}

static void answer_the_other(void *user, int error, const char *text, size_t length)
{
    struct fixture *fixture = user;

    assert_int_equal(error, -ETIMEDOUT);
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), 0);
}

static void test_asker_of_a_late_request_may_answer_the_next(void **state)
{
    const char *const typed[] = {"acme", "wait"};
    struct fixture *fixture = *state;
    struct vane_request *first;

    vane_command_registry_set_deadline(fixture->engine.commands, 1);
    assert_int_equal(vane_command_execute(fixture->engine.commands, typed, ELEMENTS(typed), &nobody,
                                          answer_the_other, fixture, &first),
                     0);
    vane_command_registry_set_deadline(fixture->engine.commands, 20000);
    assert_non_null(execute(fixture, &nobody, "acme wait"));
    pump(fixture);
    assert_int_equal(fixture->error, 0);
    assert_int_equal(vane_commands_table.reply(first, "{}", 2), -ETIMEDOUT);
    assert_int_equal(fixture->answers, 1);
}

static void test_abandoned_request_tells_nobody(void **state)
{
    struct fixture *fixture = *state;

    vane_request_abandon(execute(fixture, &nobody, "acme wait"));
    assert_int_equal(vane_commands_table.reply(fixture->open, "{}", 2), 0);
    assert_int_equal(fixture->answers, 0);
}

static void test_command_that_is_there_already_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(declare(fixture, "acme wait", 0, run_wait), -EEXIST);
    assert_int_equal(declare(fixture, "acme [wait", 0, run_wait), -EINVAL);
}

static void test_plugin_executes_for_others_until_it_is_gone(void **state)
{
    struct fixture *fixture = *state;
    struct vane_self caller = {.name = (char *)"caller", .engine = &fixture->engine};
    const char *const hello[] = {"acme", "hello"}, *const waits[] = {"acme", "wait"};

    assert_int_equal(vane_commands_table.execute(&caller, hello, 2, 7, 0, NULL, on_done, fixture),
                     0);
    assert_int_equal(fixture->answers, 1);
    assert_int_equal(vane_commands_table.execute(&caller, waits, 2, 7, 0, NULL, on_done, fixture),
                     0);
    assert_int_equal(vane_commands_table.uid(fixture->open), 7);
    vane_ledger_revoke(&caller.ledger, NULL);
    vane_commands_table.reply(fixture->open, "{}", 2);
    assert_int_equal(fixture->answers, 1);
}

static void each(void *user, enum vane_suggestion_kind kind, const char *word, const char *help)
{
    struct fixture *fixture = user;

    g_string_append_printf(fixture->suggested, "%s=%s;", word, help);
}

static const char *suggest(struct fixture *fixture, const char *line, bool privileged)
{
    g_auto(GStrv) typed = g_strsplit(line, " ", -1);

    g_string_truncate(fixture->suggested, 0);
    assert_int_equal(vane_command_suggest(fixture->engine.commands, (const char *const *)typed,
                                          g_strv_length(typed), privileged, each, fixture),
                     0);
    return fixture->suggested->str;
}

static void test_suggestions_have_help_values_and_the_end(void **state)
{
    struct fixture *fixture = *state;

    assert_string_equal(suggest(fixture, "acme he", false), "hello=says hello;help=;");
    assert_string_equal(suggest(fixture, "acme hello ", false),
                        "NAME=whom to greet;alice=a friend;bob=;<cr>=does it;");
    assert_string_equal(suggest(fixture, "acme hello b", false), "NAME=whom to greet;bob=;");
}

static void test_suggestions_leave_out_what_the_asker_may_not(void **state)
{
    struct fixture *fixture = *state;

    assert_string_equal(suggest(fixture, "acme s", false), "");
    assert_string_equal(suggest(fixture, "acme s", true), "secret=;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answer_comes_in_an_envelope_with_the_keywords_written_out),
        TEST(test_words_that_are_no_command_are_told_apart),
        TEST(test_handler_errors_are_worded_by_the_host),
        TEST(test_answer_that_is_not_json_becomes_an_error),
        TEST(test_privileged_command_is_denied_to_others),
        TEST(test_gate_is_asked_before_a_change_and_only_then),
        TEST(test_another_machine_may_read_but_not_change),
        TEST(test_another_machine_may_what_the_gate_lets_it),
        TEST(test_late_handler_is_answered_for_and_answers_in_vain),
        TEST(test_open_request_of_a_stopped_plugin_is_answered),
        TEST(test_open_request_of_a_command_taken_back_is_answered),
        TEST(test_command_that_takes_itself_back_leaves_no_request_to_hold),
        TEST(test_asker_of_a_late_request_may_answer_the_next),
        TEST(test_abandoned_request_tells_nobody),
        TEST(test_command_that_is_there_already_is_refused),
        TEST(test_plugin_executes_for_others_until_it_is_gone),
        TEST(test_suggestions_have_help_values_and_the_end),
        TEST(test_suggestions_leave_out_what_the_asker_may_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
