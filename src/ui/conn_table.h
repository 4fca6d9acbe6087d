/* The table of connections. Used by the Connections view and by every page that lists connections.
 */
#ifndef TCPLENS_UI_CONN_TABLE_H
#define TCPLENS_UI_CONN_TABLE_H

#include "core/view.h"
#include "ui/list.h"
#include "ui/rate_history.h"

struct conn_table {
    struct list list; /* its columns: those of columns[] */
    struct view view;
    view_accept accept; /* what is listed; NULL = all */
    const void *accept_data;
    bool is_usual;             /* its columns are the default ones */
    const char *usual;         /* which of these */
    bool has_sparks;           /* it is wide enough for sparklines */
    struct rate_history rates; /* values of the sparklines */
    /* monotonic: when a row on the screen last had a non-empty receive, send queue */
    int64_t queued_ns[2];
    int64_t long_ns[2];         /* the same, for a queue too long to be normal */
    uint32_t queued_generation; /* of the filter then */
    int from_at;                /* column for the state that a row came from, -1: none reserved */
};

/* The layout of a column of columns[]. */
struct table_column conn_table_cell(const struct column *column);

/* Columns and sort order from the settings. 0; -EINVAL: a name is unknown. conn_table_done() must
 * follow in any case. */
int conn_table_init(struct conn_table *table, const struct screen_settings *settings);
void conn_table_done(struct conn_table *table);
void conn_table_take_columns(struct conn_table *table, const uint16_t *list, size_t count);
/* Titles of the columns for which there was no room in the last drawing, comma separated. */
void conn_table_left_out(const struct conn_table *table, char *out, size_t size);
uint32_t conn_table_needs(const struct conn_table *table);
/* Adds the rows that were last drawn to those that frames must read. */
void conn_table_seen(const struct conn_table *table, const struct picture *picture,
                     struct wish *wish);

/* accept NULL = the filter of the picture. */
void conn_table_update(struct conn_table *table, const struct picture *picture, view_accept accept,
                       const void *accept_data);
/* Does a part of the work for a coming picture, with the screen's filter; true: done. */
bool conn_table_prepare(struct conn_table *table, const struct picture *picture);
void conn_table_draw(struct conn_table *table, const struct picture *picture,
                     const struct canvas *canvas);
/* Enter opens the page of the cursor's row. */
bool conn_table_command(struct conn_table *table, struct screen *screen,
                        const struct command *command);
extern const struct pane_key CONN_TABLE_KEYS[]; /* for the help page */
bool conn_table_mouse(struct conn_table *table, struct screen *screen, const struct key *key,
                      int row, int col);
const struct conn *conn_table_selection(const struct conn_table *table,
                                        const struct picture *picture);

#endif
