/* What the files of the connection page share: following one connection (ui/pane/connection.c), the
 * states it went through (connection_states.c), and telling it (connection_text.c,
 * connection_info.c). */
#ifndef TCPLENS_UI_CONNECTION_PAGE_H
#define TCPLENS_UI_CONNECTION_PAGE_H

#include "ui/page.h"
#include "ui/page_series.h"
#include "ui/pane/pane.h"

#define CONNECTION_STATES 24

struct connection_state {
    int64_t wall_ns; /* when it was entered; 0 = before we looked */
    int64_t mono_ns; /* the same, for durations */
    uint8_t state;
    bool exact;
    bool jumped; /* there were states before it that were not seen */
};

struct connection_states {
    struct connection_state items[CONNECTION_STATES]; /* the last ones, oldest first */
    size_t count;
    uint64_t cursor; /* on the event ring */
};

struct connection_page {
    struct pane pane;
    uint64_t serial;
    struct frame *frame; /* the last one that has the row: kept for when it has ended */
    struct conn conn;
    bool ended;       /* it is in no frame any more, or as a ghost */
    int64_t ended_ns; /* 0 = not known */
    struct connection_states states;
    struct page_series series;
    struct page_scroll scroll;
};

/* Takes in the events of this connection that the picture covers. */
void connection_states_read(struct connection_states *states, const struct picture *picture,
                            const struct conn *conn);
void connection_states_draw(const struct connection_states *states, struct page *text,
                            int64_t now_mono_ns);

/* context: of the frame held. */
void connection_text_draw(const struct connection_page *page, const struct column_context *context,
                          struct page *text);
/* Every field of tcp_info that is not in the lines above, with what else sock_diag gave. */
void connection_info_draw(const struct column_context *context, const struct conn *conn,
                          struct page *text);
/* Values of tcp_info for a row, by kernel name. False where the kernel did not report it. */
bool connection_info_value(const struct column_context *context, const struct conn *conn,
                           const char *name, uint64_t *value);

#endif
