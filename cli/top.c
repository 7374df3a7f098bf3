/* netvane top: a live picture of links, events and plugins. What it shows is top-model.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/top-model.h"
#include "cli/width.h"

/* Rates are measured over a second; what changed is shown within a tenth of one. */
#define ASK_EVERY_US  G_USEC_PER_SEC
#define DRAW_AFTER_US (G_USEC_PER_SEC / 10)

/* ---- the picture ---- */

struct picture {
    GString *text;
    unsigned rows, columns, used;
};

static void line(struct picture *picture, enum vane_screen_style style, const char *text)
{
    if (picture->used++ < picture->rows)
        vane_screen_line(picture->text, picture->columns, style, text);
}

static void cell(GString *out, const char *text, size_t width)
{
    g_string_append(out, text);
    vane_cli_pad(out, vane_cli_width(text), width);
    g_string_append_c(out, ' ');
}

/* "12.3 Mbit/s"; "-" when it is not known. */
static char *rate_text(double bytes)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
    double bits = bytes * 8;
    size_t unit = 0;

    if (bytes < 0)
        return g_strdup("-");
    while (bits >= 1000 && unit + 1 < G_N_ELEMENTS(units)) {
        bits /= 1000;
        unit++;
    }
    return g_strdup_printf(unit ? "%.1f %s" : "%.0f %s", bits, units[unit]);
}

static void draw_link(struct picture *picture, const struct vane_top_link *link)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *rx = rate_text(link->rx_rate), *tx = rate_text(link->tx_rate);

    cell(out, link->name, 16);
    cell(out, link->state, 16);
    cell(out, rx, 13);
    cell(out, tx, 13);
    g_string_append(out, link->addresses);
    line(picture, VANE_SCREEN_PLAIN, out->str);
}

static void draw_links(struct picture *picture, const struct vane_top *top, unsigned most)
{
    g_autoptr(GString) head = g_string_new(NULL);
    static const char *const titles[] = {"Link", "State", "In", "Out", "Addresses"};
    static const size_t widths[] = {16, 16, 13, 13, 0};

    for (size_t i = 0; i < G_N_ELEMENTS(titles); i++)
        cell(head, titles[i], widths[i]);
    line(picture, VANE_SCREEN_HEAD, head->str);
    for (guint i = 0; i < MIN(most, top->links->len); i++)
        draw_link(picture, &g_array_index(top->links, struct vane_top_link, i));
    if (top->links->len > most) {
        g_autofree char *more = g_strdup_printf("and %u more", top->links->len - most);

        line(picture, VANE_SCREEN_DIM, more);
    }
}

static void draw_plugin(struct picture *picture, const struct vane_top_plugin *plugin)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *queued = g_strdup_printf("%" G_GUINT64_FORMAT, plugin->queued);
    g_autofree char *calls =
        plugin->calls_rate < 0 ? g_strdup("-") : g_strdup_printf("%.1f", plugin->calls_rate);
    g_autofree char *busy =
        plugin->busy_rate < 0 ? g_strdup("-") : g_strdup_printf("%.2f %%", plugin->busy_rate);

    cell(out, plugin->name, 16);
    cell(out, queued, 16);
    cell(out, calls, 13);
    cell(out, busy, 13);
    g_string_append_printf(out, "%.1f ms", (double)plugin->slowest_us / 1000);
    line(picture, VANE_SCREEN_PLAIN, out->str);
}

static void draw_plugins(struct picture *picture, const struct vane_top *top, unsigned most)
{
    line(picture, VANE_SCREEN_HEAD,
         "Plugin           Queued           Calls/s       Time          Slowest call");
    for (guint i = 0; i < MIN(most, top->plugins->len); i++)
        draw_plugin(picture, &g_array_index(top->plugins, struct vane_top_plugin, i));
}

static void draw_cluster(struct picture *picture, const struct vane_top *top)
{
    if (!top->cluster)
        return;
    line(picture, VANE_SCREEN_HEAD, "Cluster");
    line(picture, VANE_SCREEN_PLAIN, top->cluster);
}

/* The newest first, to the last row. */
static void draw_events(struct picture *picture, const struct vane_top *top)
{
    line(picture, VANE_SCREEN_HEAD, "Events");
    for (const GList *at = top->events.head; at && picture->used < picture->rows; at = at->next)
        line(picture, VANE_SCREEN_PLAIN, at->data);
}

static void draw(struct vane_top *top)
{
    struct picture picture = {.text = g_string_new(NULL)};
    g_autofree char *head = NULL;
    unsigned third;

    vane_screen_size(&picture.rows, &picture.columns);
    third = MAX(picture.rows / 3, 4u) - 2;
    if (top->connected)
        head =
            g_strdup_printf("netvaned %s   %u links   %" G_GUINT64_FORMAT " events seen   q leaves",
                            top->version, top->links->len, top->event_count);
    else
        head = g_strdup("netvaned has gone; waiting   q leaves");
    line(&picture, VANE_SCREEN_DIM, head);
    draw_links(&picture, top, third);
    draw_plugins(&picture, top, third);
    draw_cluster(&picture, top);
    draw_events(&picture, top);
    vane_screen_show(picture.text);
    g_string_free(picture.text, TRUE);
    top->changed = false;
}

/* ---- the loop ---- */

/* False: it is to end. */
static bool read_keys(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char keys[32];
    ssize_t count;

    if (poll(&input, 1, 0) <= 0)
        return true;
    count = read(STDIN_FILENO, keys, sizeof(keys));
    for (ssize_t i = 0; i < count; i++) {
        if (keys[i] == 'q' || keys[i] == 'Q')
            return false;
    }
    return count > 0;
}

static int until(gint64 when)
{
    gint64 left = when - g_get_monotonic_time();

    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

/* Waits for a key, an event, a signal or the time; false: the daemon has gone. */
static bool pause_until(struct vane_top *top, gint64 when)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int r;

    if (!top->connected) {
        vane_signals_poll(&input, 1, until(when));
        return true;
    }
    r = vane_cli_wait(top->cli, STDIN_FILENO, until(when));
    return r >= 0 || r == -EINTR;
}

static void watch(struct vane_top *top)
{
    gint64 ask_at = 0, draw_at = 0;

    while (!vane_signals_interrupted() && !vane_signals_ending() && read_keys()) {
        gint64 now = g_get_monotonic_time();

        if (now >= ask_at) {
            if (vane_top_connect(top))
                vane_top_ask(top);
            ask_at = now + ASK_EVERY_US;
            top->changed = true;
        }
        if (vane_signals_resized() || (top->changed && now >= draw_at)) {
            draw(top);
            draw_at = now + DRAW_AFTER_US;
        }
        if (!pause_until(top, top->changed ? MIN(draw_at, ask_at) : ask_at)) {
            top->connected = false;
            top->changed = true;
        }
    }
}

int vane_cli_top(struct vane_cli *cli)
{
    struct vane_top top;
    int status = vane_cli_connect(cli);

    if (status != VANE_EXIT_DONE)
        return status;
    vane_signals_take();
    if (vane_screen_open() < 0) {
        vane_cli_complain(cli, "\"top\" needs a terminal");
        return VANE_EXIT_FAILED;
    }
    vane_top_init(&top, cli);
    watch(&top);
    vane_screen_close();
    vane_top_clear(&top);
    vane_cli_disconnect(cli);
    if (vane_signals_ending() && !cli->interactive)
        vane_signals_end();
    return VANE_EXIT_DONE;
}
