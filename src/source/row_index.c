#include "source/row_index.h"

#include "base/hash.h"

void row_index_done(struct row_index *index)
{
    hash_index_done(&index->cookies);
}

int row_index_begin(struct row_index *index, uint32_t rows)
{
    return hash_index_begin(&index->cookies, rows);
}

uint32_t row_index_find(const struct row_index *index, const struct conn *conns, uint64_t cookie)
{
    struct hash_cursor cursor;

    if (cookie == 0)
        return CONN_NO_INDEX;
    for (uint32_t i = hash_index_first(&index->cookies, hash_number(cookie), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&index->cookies, &cursor)) {
        if (conns[i].cookie == cookie)
            return i;
    }
    return CONN_NO_INDEX;
}

uint32_t row_index_add(struct row_index *index, const struct conn *conns, uint64_t cookie,
                       uint32_t row)
{
    const uint32_t found = row_index_find(index, conns, cookie);

    if (found == CONN_NO_INDEX && cookie != 0)
        (void)hash_index_add(&index->cookies, hash_number(cookie), row);
    return found;
}

int row_index_fill(struct row_index *index, const struct conn *conns, uint32_t count)
{
    const int error = row_index_begin(index, count);

    for (uint32_t i = 0; i < count && !error; i++)
        row_index_add(index, conns, conns[i].cookie, i);
    return error;
}
