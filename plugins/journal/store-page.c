/* Records as they come out of the file. See store-read.h. */
#include <stdio.h>
#include <string.h>

#include "plugins/journal/store-read.h"

void vane_store_page_init(struct vane_store_page *page)
{
    page->records = g_array_new(FALSE, FALSE, sizeof(struct vane_journal_record));
    page->texts = g_string_chunk_new(4096);
    page->bytes = 0;
}

void vane_store_page_clear(struct vane_store_page *page)
{
    g_clear_pointer(&page->records, g_array_unref);
    g_clear_pointer(&page->texts, g_string_chunk_free);
}

static const char *copy(struct vane_store_page *page, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? g_string_chunk_insert_len(page->texts, text,
                                            sqlite3_column_bytes(statement, column))
                : NULL;
}

static const char *make_id(struct vane_store_page *page, const char *epoch, uint64_t seq)
{
    char id[64];

    if (!epoch || seq == 0)
        return NULL;
    g_snprintf(id, sizeof(id), "%s-%" G_GUINT64_FORMAT, epoch, seq);
    return g_string_chunk_insert(page->texts, id);
}

static bool intact(sqlite3_stmt *statement)
{
    const char *json = (const char *)sqlite3_column_text(statement, 9);

    return json && sqlite3_column_type(statement, 8) == SQLITE_INTEGER &&
           vane_store_checksum(json, (size_t)sqlite3_column_bytes(statement, 9)) ==
               sqlite3_column_int64(statement, 8);
}

void vane_store_add_record(struct vane_store *store, struct vane_store_page *page,
                           sqlite3_stmt *statement, int32_t depth)
{
    struct vane_journal_record record = {.depth = depth};

    if (!intact(statement)) {
        store->damaged++;
        return;
    }
    record.row = (uint64_t)sqlite3_column_int64(statement, 0);
    record.seq = (uint64_t)sqlite3_column_int64(statement, 1);
    record.time_ns = sqlite3_column_int64(statement, 2);
    record.epoch = copy(page, statement, 3);
    record.id = make_id(page, record.epoch, record.seq);
    record.topic = copy(page, statement, 4);
    record.interface_name = copy(page, statement, 5);
    record.cause = make_id(page, (const char *)sqlite3_column_text(statement, 6),
                           (uint64_t)sqlite3_column_int64(statement, 7));
    record.json = copy(page, statement, 9);
    record.json_length = (uint64_t)sqlite3_column_bytes(statement, 9);
    page->bytes += record.json_length + sizeof(record);
    g_array_append_val(page->records, record);
}
