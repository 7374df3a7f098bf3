/* The outbox when its file is damaged within a row, which SQLite does not notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "lib/outbox/outbox.h"

static int start(void **state)
{
    *state = g_dir_make_tmp("netvane-outbox-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static int stop(void **state)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", (char *)*state);

    g_free(*state);
    return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

static void write_message(struct vane_outbox *outbox, const char *json)
{
    const struct vane_outbox_message message = {
        .endpoint = 1, .position = 1, .json = (char *)json, .length = strlen(json)};
    struct vane_outbox_changes changes;
    struct vane_outbox_facts facts;

    vane_outbox_changes_init(&changes);
    g_array_append_val(changes.messages, message);
    assert_int_equal(vane_outbox_write(outbox, &changes, &facts), 0);
    vane_outbox_changes_release(&changes);
}

/* One byte of its text becomes zero, where it is on the disk. */
static void damage(struct vane_outbox *outbox)
{
    assert_int_equal(sqlite3_exec(outbox->db,
                                  "UPDATE message SET json = CAST(substr(json, 1, 3) || x'00' ||"
                                  " substr(json, 5) AS TEXT)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static void test_a_zero_byte_in_a_text_makes_nobody_read_behind_it(void **state)
{
    g_autofree char *path = g_build_filename(*state, "outbox.sqlite", NULL);
    struct vane_outbox outbox = {.path = path};
    GArray *known = vane_outbox_endpoints_new(), *messages = vane_outbox_messages_new();
    g_autofree char *json = g_strnfill(4000, 'x');
    struct vane_outbox_message *message;

    assert_int_equal(vane_outbox_open(&outbox, known), 0);
    write_message(&outbox, json);
    damage(&outbox);
    assert_int_equal(vane_outbox_read(&outbox, 1, 0, 10, 1 << 20, messages), 0);
    assert_int_equal(messages->len, 1);
    message = &g_array_index(messages, struct vane_outbox_message, 0);
    assert_int_equal(message->length, strlen(json));
    assert_memory_equal(message->json, "xxx\0", 4);
    for (size_t i = 0; i < message->length; i++) /* a sanitizer tells where it ends */
        assert_true(message->json[i] == 'x' || message->json[i] == '\0');
    assert_int_equal(message->json[message->length], '\0');
    g_free(message->json);
    vane_outbox_close(&outbox);
    g_array_unref(known);
    g_array_unref(messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_zero_byte_in_a_text_makes_nobody_read_behind_it,
                                        start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
