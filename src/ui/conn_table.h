/* The table of connections: columns, order, cursor by identity, marks. Used by the Connections view
 * and by every page that lists connections. */
#ifndef TCPLENS_UI_CONN_TABLE_H
#define TCPLENS_UI_CONN_TABLE_H

#include "core/view.h"
#include "ui/pane/pane.h"
#include "ui/table.h"

#define CONN_TABLE_COLUMNS 64

struct conn_table {
    struct view view;
    uint16_t columns[CONN_TABLE_COLUMNS]; /* indexes in columns[] */
    struct table_column cells[CONN_TABLE_COLUMNS];
    size_t count;
    bool chosen;        /* not the default set: what is listed last leaves first */
    view_accept accept; /* what is listed; NULL = all */
    const void *accept_data;
    bool stale;          /* the picture is another one since the view was made */
    bool resort;         /* another sort column or direction: wanted even while frozen */
    uint32_t height;     /* rows shown last */
    uint32_t generation; /* of the filter that the rows shown went through */
    /* The cursor before a filter is typed. What is typed on the way may hide its row: where the
     * cursor ends must not depend on how many of those filters were drawn. */
    struct {
        uint64_t serial;
        uint32_t rank;
    } home;
    int from_at; /* cell of the state a row came from, -1: no room of its own */
};

void conn_table_init(struct conn_table *table);
void conn_table_done(struct conn_table *table);
/* list as of --columns, sort as of --sort; NULL = default. 0 or -EINVAL. */
int conn_table_set_columns(struct conn_table *table, const char *list);
void conn_table_take_columns(struct conn_table *table, const uint16_t *list, size_t count);
/* Titles of the columns for which there was no room when it was drawn last, comma separated. */
void conn_table_left_out(const struct conn_table *table, char *out, size_t size);
int conn_table_set_sort(struct conn_table *table, const char *sort);
void conn_table_sort_by(struct conn_table *table, const struct column *column);
uint32_t conn_table_needs(const struct conn_table *table);

/* accept NULL = the filter of the picture. */
void conn_table_update(struct conn_table *table, const struct picture *picture, view_accept accept,
                       const void *accept_data);
/* A part of the work for a picture to come, which takes the screen's filter; true: it is done. */
bool conn_table_prepare(struct conn_table *table, const struct picture *picture);
void conn_table_draw(struct conn_table *table, const struct picture *picture,
                     const struct canvas *canvas);
void conn_table_select(struct conn_table *table, uint64_t serial); /* the cursor goes there */
void conn_table_open(struct conn_table *table,
                     struct screen *screen); /* page of the cursor's row */
bool conn_table_command(struct conn_table *table, const struct picture *picture,
                        const struct command *command);
bool conn_table_mouse(struct conn_table *table, const struct picture *picture,
                      const struct key *key, int row, int col);
const struct conn *conn_table_selection(const struct conn_table *table,
                                        const struct picture *picture);

#endif
