/* What the files of the screen share: loop (screen.c), views and pages (views.c), the lines
 * around them (chrome.c). */
#ifndef TCPLENS_UI_SCREEN_PRIVATE_H
#define TCPLENS_UI_SCREEN_PRIVATE_H

#include "ui/host_names.h"
#include "ui/pane/pane.h"
#include "ui/prompt.h"
#include "ui/screen/acts.h"
#include "ui/screen/screen.h"

#define PAGES_MAX 16
#define SPANS_MAX 32

struct span { /* cells that act when clicked */
    int row, from, to;
    const struct command *command;
};

struct screen_filter {
    struct filter *filter; /* in force; NULL = all rows */
    char text[PROMPT_MAX]; /* it, as typed */
    bool open, wrong;      /* the line is open; what stands in it is no filter, error says why */
    struct filter_error error;
    struct prompt prompt;
    char before[PROMPT_MAX];           /* in force when the line was opened */
    const struct frame *counted_frame; /* to be compared only: with generation, what was counted */
    uint64_t counted_number;           /* of it, as its memory may be another one's by now */
    uint32_t counted_generation, counted;
};

struct travel { /* in time */
    struct transport_state state;
    struct prompt prompt; /* for a time to go to */
    bool open;
};

struct screen {
    struct screen_settings settings;
    struct term *term;
    struct wish wish, told; /* told: what the feed was last given */
    struct picture picture;
    struct frame *coming;   /* the next one of the picture, being prepared; NULL = none */
    int64_t frame_taken_ns; /* monotonic: when the frame of the picture was taken up */
    struct pane *views[VIEW_COUNT];
    enum view_id view;
    struct pane *pages[PAGES_MAX];
    size_t page_count;
    struct lookup lookup;     /* what panes are given: services and hosts as switched on */
    struct host_names *names; /* NULL: off, nothing is asked */
    struct screen_filter filter;
    struct acting acting;
    struct travel travel;
    struct screen_recording recording;
    bool closing; /* the top page asked to be closed */
    bool quit, paint, void_panes;
    bool page_unseen;      /* the top page was never painted: it has no height and no columns yet */
    int64_t enter_from_ns; /* monotonic: a dialog that can do harm takes Enter from then on */
    enum theme theme;
    char said[256]; /* status line: what was said last */
    unsigned said_role;
    int64_t said_until_ns;
    char remark[128]; /* of the terminal */
    char trouble[192];
    int body_top; /* row of the screen at which the pane's canvas begins */
    struct span spans[SPANS_MAX];
    size_t span_count;
};

void screen_set_time(struct screen *screen);

/* keys.c */
void screen_read_keys(struct screen *screen);
void screen_page_comes(struct screen *screen); /* before each painting */
void screen_page_seen(struct screen *screen);  /* after it */

/* frame.c: the newest frame becomes the picture's, or a step is done towards that: to be
 * called again as long as screen.coming is there */
void screen_take_frame(struct screen *screen);

/* views.c */
struct pane *screen_top_pane(struct screen *screen); /* NULL before the first view */
bool screen_is_floating(const struct screen *screen);
int screen_open_view(struct screen *screen, enum view_id view);
void screen_close_panes(struct screen *screen);
void screen_finish_closing(struct screen *screen);
void screen_update_panes(struct screen *screen);
void screen_tell_wish(struct screen *screen);
bool screen_can(struct screen *screen, const struct command *command);
bool screen_own_command(struct screen *screen, const struct command *command); /* screen.c */

/* ui/pane/connections.c; pane: the first view */
void connections_keep(const struct pane *pane, struct screen_kept *kept);

/* names.c */
void screen_names_begin(struct screen *screen);
void screen_names_end(struct screen *screen);
void screen_switch_services(struct screen *screen);
void screen_switch_hosts(struct screen *screen);
size_t screen_names_wait(const struct screen *screen, struct pollfd *waits, int *timeout_ms);
void screen_names_pump(struct screen *screen, const struct pollfd *waits, size_t count);

/* filter.c */
void screen_filter_begin(struct screen *screen);
void screen_filter_end(struct screen *screen);
uint32_t screen_filter_needs(const struct screen *screen);
void screen_open_filter(struct screen *screen);
bool screen_filter_clear(struct screen *screen);                      /* false: there was none */
bool screen_filter_key(struct screen *screen, const struct key *key); /* true: taken */
void screen_filter_draw(struct screen *screen, const struct canvas *canvas);
void screen_filter_draw_below(struct screen *screen, const struct canvas *canvas);
/* On the tab line: cells it takes whole, 0 = not shown there; drawn between col and end. */
int screen_filter_width(const struct screen *screen);
void screen_filter_draw_tab(const struct screen *screen, const struct canvas *canvas, int col,
                            int end);
void screen_filter_count(struct screen *screen, char *out, size_t size); /* "901 of 1,284" */

/* time.c */
bool screen_travels(const struct screen *screen); /* a log, or the past: it has a line of its own */
void screen_time_look(struct screen *screen);     /* what the transport is at */
int64_t screen_time_passed(const struct screen *screen, int64_t real_ns);
/* False: not theirs, it is the present that is meant. */
bool screen_time_pause(struct screen *screen);
bool screen_time_speed(struct screen *screen, bool faster);
bool screen_time_cancel(struct screen *screen);
bool screen_time_command(struct screen *screen, const struct command *command);
bool screen_time_key(struct screen *screen, const struct key *key); /* true: taken */
void screen_time_draw(struct screen *screen, const struct canvas *canvas);
void screen_time_draw_prompt(struct screen *screen, const struct canvas *canvas);
/* For the status line; false: nothing to say. */
bool screen_time_status(const struct screen *screen, char *out, size_t size);
bool screen_time_reach(const struct screen *screen, char *out, size_t size);

/* record.c */
void screen_record(struct screen *screen);
void screen_record_look(struct screen *screen);
/* "● REC 12 MB" in two; false: nothing is recorded. */
bool screen_record_text(const struct screen *screen, char *label, size_t label_size, char *value,
                        size_t value_size);

/* status.c: the one thing worth knowing; "" if there is none. Returns its role. */
unsigned screen_status(const struct screen *screen, char *out, size_t size);

/* tabs.c */
void screen_draw_tabs(struct screen *screen, const struct canvas *canvas);

/* chrome.c */
/* Cells of this row, [from, to), run the command when clicked; NULL: nothing. */
void screen_add_span(struct screen *screen, int row, int from, int to,
                     const struct command *command);
void screen_paint(struct screen *screen);
size_t number_text(char *out, size_t size, uint64_t value); /* "1,284" */
/* "12 MB" and what follows it; with tenths where the number is smaller than tenths_below. */
void screen_bytes_text(char *out, size_t size, uint64_t bytes, double tenths_below,
                       const char *after);

#endif
