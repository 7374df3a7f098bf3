/*
 * A hundred lives of the engine in one process, with plugins that use what there is: nothing
 * leaks. (Constructors of plugins run once a process, their init() in each life.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "engine/plugins/set.h"

#define WARM_UP 10u
#define LIVES   100u

extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static const char *const plugins[] = {"golden-1-0", "leak",     "later",   "links",
                                      "provider",   "consumer", "threads", "quit"};

/* Exact with a sanitizer. Without one the C library's caches hide what is free: then what is
 * resident. */
static size_t held_bytes(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) pages = NULL;

    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    pages = g_strsplit(text, " ", 3);
    return (size_t)g_ascii_strtoull(pages[1], NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t allowance(void)
{
    return __sanitizer_get_current_allocated_bytes ? 1024 : 512 * 1024;
}

static unsigned open_descriptors(void)
{
    GDir *directory = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(directory))
        count++;
    g_dir_close(directory);
    return count;
}

/* The plugins are copied, as a checkout may belong to somebody else. */
static void install_plugin(const char *directory, const char *name)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *here = g_path_get_dirname(self);
    g_autofree char *file = g_strdup_printf("%s.so", name);
    g_autofree char *from = g_build_filename(here, "..", "plugins", file, NULL);
    g_autofree char *to = g_build_filename(directory, "plugins", file, NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    assert_true(g_file_get_contents(from, &bytes, &length, NULL));
    assert_true(g_file_set_contents_full(to, bytes, (gssize)length, 0, 0755, NULL));
}

static void write_configuration(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "netvane.conf", NULL);
    g_autofree char *text =
        g_strdup_printf("[Engine]\nPluginDirectory=%s/plugins\nStateDirectory=%s/state\n"
                        "RuntimeDirectory=%s/run\nNetworkd=no\nSystemBus=no\nLogLevel=error\n"
                        "[Plugin links]\nEnabled=no\n",
                        directory, directory, directory);

    assert_true(g_file_set_contents_full(path, text, -1, 0, 0644, NULL));
}

static int setup(void **state)
{
    /* Everybody may write to /tmp: no plugin is opened below it. */
    char *directory = g_build_filename(geteuid() == 0 ? "/run" : g_get_user_runtime_dir(),
                                       "netvane-restarts-XXXXXX", NULL);
    g_autofree char *subdirectory = NULL;

    assert_non_null(g_mkdtemp(directory));
    subdirectory = g_build_filename(directory, "plugins", NULL);
    assert_int_equal(g_mkdir(subdirectory, 0755), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(plugins); i++)
        install_plugin(directory, plugins[i]);
    write_configuration(directory);
    *state = directory;
    return 0;
}

static int teardown(void **state)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", (char *)*state);

    g_free(*state);
    return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

static void live_once(const char *directory)
{
    g_autofree char *file = g_build_filename(directory, "netvane.conf", NULL);
    char *arguments[] = {(char *)"netvaned", NULL};
    struct vane_configuration_sources sources = {
        .argc = 1, .argv = arguments, .default_file = file};
    struct vane_problems *problems = vane_problems_new();
    struct vane_problems *plugin_problems = vane_problems_new();
    struct vane_engine *engine = vane_engine_new(&sources, problems, plugin_problems);

    vane_log_set_level(VANE_LOG_ERROR);
    vane_problems_log(problems, "config");
    vane_problems_log(plugin_problems, "plugins");
    assert_int_equal(problems->errors + plugin_problems->errors, 0);
    vane_problems_free(problems);
    vane_problems_free(plugin_problems);
    assert_int_equal(engine->plugins->order->len, G_N_ELEMENTS(plugins) - 1);
    assert_int_equal(vane_engine_run(engine), 0);
    vane_engine_free(engine);
}

static void test_a_hundred_lives_leak_nothing(void **state)
{
    unsigned descriptors = 0;
    size_t bytes = 0;

    for (unsigned life = 0; life < LIVES; life++) {
        live_once(*state);
        if (life + 1 == WARM_UP) {
            descriptors = open_descriptors();
            bytes = held_bytes();
        }
    }
    assert_int_equal(open_descriptors(), descriptors);
    assert_true(held_bytes() <= bytes + allowance());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_hundred_lives_leak_nothing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
