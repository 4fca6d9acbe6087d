/* One connection as pages show it: followed by its serial through its states (model.c, states.c),
 * and its parts, drawn as lines of a page: endpoints and owner (text.c), the states it went through
 * (states.c), plots over time and what limits it (plots.c), all of tcp_info (info.c). */
#ifndef TCPLENS_UI_CONNECTION_CONNECTION_H
#define TCPLENS_UI_CONNECTION_CONNECTION_H

#include "core/finding/finding.h"
#include "ui/page.h"
#include "ui/page_series.h"
#include "ui/pane/pane.h"

#define CONNECTION_STATES 24

struct connection_state {
    int64_t wall_ns; /* when it was entered; 0 = before its first available event */
    int64_t mono_ns; /* the same, for durations */
    uint8_t state;
    bool exact;
    bool jumped; /* states before it were not seen */
};

struct connection_states {
    struct connection_state items[CONNECTION_STATES]; /* the last ones, oldest first */
    size_t count;
    uint64_t cursor; /* on the event ring, 0 = nothing read yet */
    int64_t read_ns; /* monotonic: the frame up to which events were read */
};

struct connection_model {
    uint64_t serial;
    struct frame *frame; /* the last one that has the row: kept for when it has ended */
    struct conn conn;
    bool ended;       /* missing from the frame shown, or a ghost in it */
    bool not_yet;     /* missing, because the frame shown is earlier than `frame` */
    int64_t ended_ns; /* 0 = unknown */
    struct connection_states states;
    struct page_series series;
};

void connection_begin(struct connection_model *model, const struct picture *picture,
                      const struct conn *conn);
/* To be called for a new picture, or when more of the history has been read. */
void connection_follow(struct connection_model *model, const struct picture *picture);
void connection_end(struct connection_model *model);
/* The context of the frame that has the row. */
struct column_context connection_context(const struct connection_model *model,
                                         const struct picture *picture);
/* The row in the picture; NULL if it has ended. */
const struct conn *connection_row(const struct connection_model *model,
                                  const struct picture *picture);
/* Why facts of tcp_info are absent: "not recorded". */
const char *connection_lack(const struct connection_model *model);

/* Reads the events of this connection up to the picture. */
void connection_states_read(struct connection_states *states, const struct picture *picture,
                            const struct conn *conn);
/* Adds the state of the row, if it is older than all events. */
void connection_states_complete(struct connection_states *states, const struct frame *frame,
                                const struct conn *conn);

/* Lines of a page. `context` is that of connection_context(). */
void connection_draw_ends(const struct connection_model *model,
                          const struct column_context *context, struct page *text);
void connection_draw_finding(const struct finding *finding, struct page *text);
/* Findings about the row, worst first, at most `most` lines. */
void connection_draw_findings(const struct connection_model *model, const struct picture *picture,
                              int most, struct page *text);
void connection_draw_owner(const struct column_context *context, const struct conn *conn,
                           struct page *text);
/* Draws nothing if the other end is not in the frame. */
void connection_draw_other_end(const struct connection_model *model, struct page *text);
void connection_draw_age(const struct connection_model *model, const struct column_context *context,
                         struct page *text);
void connection_draw_settings(const struct column_context *context, const struct conn *conn,
                              struct page *text);
/* The time spent in each state, as one line in proportion. */
void connection_draw_lifeline(const struct connection_model *model, const struct picture *picture,
                              struct page *text);
/* When it entered each state. */
void connection_draw_history(const struct connection_model *model, const struct picture *picture,
                             struct page *text);
/* Rate, round trip time, windows by time: plots, `rows` high each. */
void connection_draw_plots(const struct connection_model *model,
                           const struct column_context *context, const struct picture *picture,
                           int rows, struct page *text);
/* The plot of the rates alone, of any series. */
void connection_draw_rates(const struct series *series, const struct picture *picture, int rows,
                           struct page *text);
void connection_draw_held(const struct connection_model *model, struct page *text);
/* True for a state in which data moves. */
bool connection_carries(const struct conn *conn);

/* All fields of tcp_info that are not in the lines above, and other facts of sock_diag. Groups of
 * zeros are one line, but if `unfolded`. True: there are some. */
bool connection_draw_info(const struct column_context *context, const struct conn *conn,
                          bool unfolded, struct page *text);
/* Values of tcp_info for a row, by place in TCP_INFO. False where they are unknown. */
bool connection_info_value(const struct column_context *context, const struct conn *conn,
                           unsigned field, uint64_t *value);

#endif
