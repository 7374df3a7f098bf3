/* The story of an event: what led to it and what it led to. See store-read.h. */
#include <errno.h>

#include "lib/sql/sql.h"
#include "plugins/journal/store-read.h"

/* An event on the way through the tree. */
struct node {
    int64_t row, epoch, seq;
    int64_t cause_epoch, cause_seq; /* 0: none */
    int32_t depth;
};

#define NODE_COLUMNS "SELECT row, epoch, seq, cause_epoch, cause_seq FROM event "

struct search {
    sqlite3_stmt *by_id, *by_cause;
    GHashTable *seen; /* rows: a forged or damaged cause must not lead in a circle */
    GArray *nodes;    /* struct node */
};

static void search_clear(struct search *search)
{
    sqlite3_finalize(search->by_id);
    sqlite3_finalize(search->by_cause);
    g_hash_table_unref(search->seen);
    g_array_unref(search->nodes);
}

static struct node read_node(sqlite3_stmt *statement, int32_t depth)
{
    return (struct node){
        .row = sqlite3_column_int64(statement, 0),
        .epoch = sqlite3_column_int64(statement, 1),
        .seq = sqlite3_column_int64(statement, 2),
        .cause_epoch = sqlite3_column_int64(statement, 3),
        .cause_seq = sqlite3_column_int64(statement, 4),
        .depth = depth,
    };
}

/* Adds the rows of a statement; a negative errno, or how many were new. */
static int add_nodes(struct search *search, sqlite3_stmt *statement, int64_t epoch, int64_t seq,
                     int32_t depth)
{
    int added = 0, result;

    sqlite3_bind_int64(statement, 1, epoch);
    sqlite3_bind_int64(statement, 2, seq);
    while (search->nodes->len < VANE_STORY_EVENTS_MAX &&
           (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct node node = read_node(statement, depth);

        if (!g_hash_table_add(search->seen, g_memdup2(&node.row, sizeof(node.row))))
            continue;
        g_array_append_val(search->nodes, node);
        added++;
    }
    if (search->nodes->len < VANE_STORY_EVENTS_MAX && result != SQLITE_DONE)
        added = vane_sql_errno(sqlite3_db_handle(statement), result);
    sqlite3_reset(statement);
    return added;
}

static int find_event(struct vane_store *store, struct search *search,
                      const struct vane_store_story *story)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(store->db,
                             NODE_COLUMNS "WHERE epoch = (SELECT number FROM epoch WHERE name = ?3)"
                                          " AND seq = ?2",
                             &statement);

    if (r < 0)
        return r;
    sqlite3_bind_text(statement, 3, story->epoch, -1, SQLITE_STATIC);
    r = add_nodes(search, statement, 0, (int64_t)story->seq, 0);
    return r == 0 ? -ENOENT : MIN(r, 0);
}

static int find_causes(struct search *search)
{
    struct node at = g_array_index(search->nodes, struct node, 0);
    int r = 1;

    while (r > 0 && at.cause_seq > 0) {
        r = add_nodes(search, search->by_id, at.cause_epoch, at.cause_seq, at.depth - 1);
        at = g_array_index(search->nodes, struct node, search->nodes->len - 1);
    }
    return MIN(r, 0);
}

/* Level by level, behind the causes that stand in the list already. */
static int find_effects(struct search *search)
{
    guint next = search->nodes->len;
    struct node at = g_array_index(search->nodes, struct node, 0);
    int r = add_nodes(search, search->by_cause, at.epoch, at.seq, 1);

    for (; r >= 0 && next < search->nodes->len; next++) {
        at = g_array_index(search->nodes, struct node, next);
        r = add_nodes(search, search->by_cause, at.epoch, at.seq, at.depth + 1);
    }
    return MIN(r, 0);
}

static int by_row(const void *a, const void *b)
{
    const struct vane_story_member *first = a, *second = b;

    return first->row < second->row ? -1 : first->row > second->row;
}

static void keep_found(struct vane_store_story *story, const GArray *nodes)
{
    story->found = g_array_new(FALSE, FALSE, sizeof(struct vane_story_member));
    for (guint i = 0; i < nodes->len; i++) {
        const struct node *node = &g_array_index(nodes, struct node, i);
        struct vane_story_member member = {(uint64_t)node->row, node->depth};

        g_array_append_val(story->found, member);
    }
    g_array_sort(story->found, by_row);
}

static int find_all(struct vane_store *store, struct vane_store_story *story)
{
    struct search search = {
        .seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
        .nodes = g_array_new(FALSE, FALSE, sizeof(struct node)),
    };
    int r =
        vane_sql_prepare(store->db, NODE_COLUMNS "WHERE epoch = ?1 AND seq = ?2", &search.by_id);

    if (r == 0)
        r = vane_sql_prepare(store->db, NODE_COLUMNS "WHERE cause_epoch = ?1 AND cause_seq = ?2",
                             &search.by_cause);
    if (r == 0)
        r = find_event(store, &search, story);
    if (r == 0)
        r = find_causes(&search);
    if (r == 0)
        r = find_effects(&search);
    if (r == 0)
        keep_found(story, search.nodes);
    search_clear(&search);
    return r;
}

static int read_members(struct vane_store *store, struct vane_store_story *story,
                        struct vane_store_page *page)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = vane_sql_prepare(
        store->db, VANE_STORE_COLUMNS "event" VANE_STORE_JOINS "WHERE event.row = ?1", &statement);

    while (r == 0 && story->next < story->found->len && !vane_store_page_full(page, story->page)) {
        const struct vane_story_member *member =
            &g_array_index(story->found, struct vane_story_member, story->next++);
        int result;

        sqlite3_bind_int64(statement, 1, (int64_t)member->row);
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            vane_store_add_record(store, page, statement, member->depth);
        r = vane_sql_errno(store->db, result);
        sqlite3_reset(statement);
    }
    return r;
}

void vane_store_story_clear(struct vane_store_story *story)
{
    g_clear_pointer(&story->found, g_array_unref);
}

int vane_store_story_step(struct vane_store *store, struct vane_store_story *story,
                          struct vane_store_page *page, bool *finished)
{
    int r = story->found ? 0 : find_all(store, story);

    if (r == 0)
        r = read_members(store, story, page);
    if (r == -EBADMSG)
        store->suspect = true;
    *finished = r == 0 && story->next == story->found->len;
    return r == -ENOENT ? r : vane_store_fail(store, r);
}
