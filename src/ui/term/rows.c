/* term_rows: two texts per row: the new one and the one drawn. curses finds unchanged cells by
 * itself, but slower: key to repaint takes 0.27 ms with this, 0.47 ms without (tests/bench). */
#include "ui/term/rows.h"

#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct term_row {
    struct buffer put, drawn;
    bool is_drawn; /* `drawn` is on the screen */
};

/* Before each text, which ends with its NUL. Four words: nothing between them is left unset. */
struct head {
    int col, cells;
    unsigned style, size;
};

void term_rows_init(struct term_rows *rows)
{
    *rows = (struct term_rows){NULL, 0};
}

void term_rows_done(struct term_rows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        buffer_done(&rows->rows[i].put);
        buffer_done(&rows->rows[i].drawn);
    }
    free(rows->rows);
    term_rows_init(rows);
}

static int resize(struct term_rows *rows, int count)
{
    term_rows_done(rows);
    rows->rows = calloc((size_t)count, sizeof(*rows->rows));
    if (!rows->rows)
        return -ENOMEM;
    rows->count = count;
    for (int i = 0; i < count; i++) {
        buffer_init(&rows->rows[i].put);
        buffer_init(&rows->rows[i].drawn);
    }
    return 0;
}

int term_rows_begin(struct term_rows *rows, int count)
{
    if (rows->count != count && resize(rows, count) != 0)
        return -ENOMEM;
    for (int i = 0; i < count; i++)
        buffer_clear(&rows->rows[i].put);
    return 0;
}

void term_rows_put(struct term_rows *rows, int row, const struct term_piece *piece)
{
    const size_t size = strlen(piece->text) + 1;
    const struct head head = {piece->col, piece->cells, piece->style, (unsigned)size};

    if (row < 0 || row >= rows->count)
        return;
    struct buffer *put = &rows->rows[row].put;
    char *place = buffer_reserve(put, sizeof(head) + size);
    if (!place)
        return;
    memcpy(place, &head, sizeof(head));
    memcpy(place + sizeof(head), piece->text, size);
    put->length += sizeof(head) + size;
}

bool term_rows_differ(const struct term_rows *rows, int row)
{
    const struct term_row *own = &rows->rows[row];
    const size_t length = own->put.length;

    if (!own->is_drawn || own->put.failed || length != own->drawn.length)
        return true;
    return length > 0 && memcmp(own->put.data, own->drawn.data, length) != 0;
}

bool term_rows_next(const struct term_rows *rows, int row, size_t *at, struct term_piece *piece)
{
    const struct buffer *put = &rows->rows[row].put;
    struct head head;

    if (*at >= put->length)
        return false;
    memcpy(&head, put->data + *at, sizeof(head));
    *at += sizeof(head);
    *piece = (struct term_piece){head.col, head.cells, head.style, put->data + *at};
    *at += head.size;
    return true;
}

void term_rows_restyle(struct term_rows *rows, unsigned style)
{
    for (int row = 0; row < rows->count; row++) {
        struct buffer *put = &rows->rows[row].put;
        struct head head;
        for (size_t at = 0; at < put->length; at += sizeof(head) + head.size) {
            memcpy(&head, put->data + at, sizeof(head));
            head.style = style;
            memcpy(put->data + at, &head, sizeof(head));
        }
    }
}

void term_rows_drawn(struct term_rows *rows, int row)
{
    struct term_row *own = &rows->rows[row];
    const struct buffer before = own->drawn;

    own->is_drawn = !own->put.failed;
    own->drawn = own->put;
    own->put = before;
}

void term_rows_forget(struct term_rows *rows)
{
    for (int i = 0; i < rows->count; i++)
        rows->rows[i].is_drawn = false;
}
