/* Panes: views (tabs), pages (on a stack: Enter opens, Esc goes back to the view as it was) and
 * floating ones (menus, dialogs). A pane uses the picture, a canvas and commands; independent of
 * curses, the collector and the clock. */
#ifndef TCPLENS_UI_PANE_PANE_H
#define TCPLENS_UI_PANE_PANE_H

#include "core/column/column.h"
#include "core/event.h"
#include "core/view.h"
#include "core/wish.h"
#include "ui/canvas.h"
#include "ui/command.h"
#include "ui/hit.h"
#include "ui/key/key.h"
#include "ui/views.h"

struct screen;
struct screen_settings;
struct screen_transport;
struct finding;
struct grouping_member;
struct tags;

/* What is shown now. Owned by the screen; the frame is the same for everything drawn, until
 * update. */
struct picture {
    struct frame *frame;           /* NULL before the first; the screen holds the reference */
    struct column_context context; /* frame, look-ups, time of the picture, ascii */
    int64_t now_ns;                /* wall clock, advancing since the frame: for highlights */
    int64_t now_mono_ns; /* the same by the monotonic clock: for what is counted from events */
    int64_t highlight_ns;
    view_accept accept; /* the active filter; NULL = all */
    const void *accept_data;
    uint32_t filter_generation;               /* raised with each change of the filter */
    bool filter_typed;                        /* its line is open: each key may change it */
    const struct tags *tags;                  /* of connections; never NULL */
    const struct finding_marks *marks;        /* rows that findings name; NULL = none */
    struct event_ring *events;                /* NULL = none */
    const struct screen_transport *transport; /* for moving in time; NULL = none */
    bool live;                                /* acts are possible: neither a log nor the history */
    bool paused;
    bool frozen; /* no reordering (key o) */
};

/* A row's mark while its highlight lasts, MARK_NONE after. */
uint8_t picture_mark(const struct picture *picture, const struct conn *conn);

/* The cost of tcplens itself; false: not meaningful for this picture (a log, the demo). */
bool picture_cost_text(const struct picture *picture, char *out, size_t size);

/* For partial frames: the age of the rows that were not read, and whether events missed changes;
 * false: the frame read all rows. */
bool picture_readings_text(const struct picture *picture, char *out, size_t size);

struct pane { /* first member of each pane's own struct, which may need this alignment */
    _Alignas(int64_t) const struct pane_ops *ops;
    struct screen *screen;
};

struct pane_key {
    const char *keys, *help; /* "Enter", "open the connection's page" */
};

struct pane_ops {
    const char *title;      /* of a page; a tab's is in VIEW_LIST */
    const void *descriptor; /* what the pane shows, if its functions serve several panes */
    bool harmful;           /* Enter does harm: an accidental one is ignored */
    bool floating;          /* drawn over the pane below; nothing moves below while it is open */

    /* argument: that of screen_open_page, or the settings of the screen. 0 or -errno. */
    int (*open)(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                const void *argument);
    void (*close)(struct pane *pane);
    /* To be called for a new frame, filter, freeze or theme: everything derived from the last
     * picture is invalid. */
    void (*update)(struct pane *pane, const struct picture *picture);
    void (*draw)(struct pane *pane, const struct picture *picture, const struct canvas *canvas);

    /* The rest may be NULL. */
    /* Does a part, of at most a millisecond, of the work for drawing the coming picture; the
     * present one stays. True: done. */
    bool (*prepare)(struct pane *pane, const struct picture *coming);
    /* Called before any command: for prompts and menus. False: not handled; with a floating pane,
     * the key is then ignored. */
    bool (*key)(struct pane *pane, const struct key *key);
    /* it is taking text now, so that pasted text goes to it */
    bool (*types)(const struct pane *pane);
    /* false: not handled */
    bool (*command)(struct pane *pane, const struct command *command);
    bool (*mouse)(struct pane *pane, const struct key *key, int row, int col); /* of its canvas */
    uint32_t (*needs)(const struct pane *pane);               /* NEED_* of what it shows */
    void (*wish)(const struct pane *pane, struct wish *wish); /* more than needs: an open page */
    /* Adds the connections of the picture that it shows, which frames must read. */
    void (*seen)(const struct pane *pane, const struct picture *picture, struct wish *wish);
    /* True if a view has something to show; NULL: always. Else it has no tab, and not_offered says
     * why. */
    bool (*is_offered)(const struct picture *picture);
    const char *not_offered;
    uint32_t (*tab_count)(const struct picture *picture); /* in the tab, after the title; 0: none */
    bool counts_rows; /* its summary says how many rows the filter accepts: "901 of 1,284" */
    /* Right end of the tab line. */
    void (*summary)(struct pane *pane, const struct picture *picture, char *out, size_t size);
    const struct conn *(*selection)(const struct pane *pane, const struct picture *picture);
    /* The process under the cursor, where rows are processes or the page is about one. */
    const struct proc *(*process)(const struct pane *pane, const struct picture *picture);
    /* The group under the cursor, if rows are groups, and its title. False: none. */
    bool (*group)(const struct pane *pane, const struct picture *picture,
                  struct grouping_member *member, char *title, size_t size);
    /* The finding under the cursor, if rows are findings: acts apply to its rows. */
    const struct finding *(*finding)(const struct pane *pane, const struct picture *picture);
    /* For the help page: keys with a special meaning here, NULL-terminated by `keys`; the nth
     * column, false after the last. */
    const struct pane_key *keys;
    bool (*column_help)(const struct pane *pane, size_t n, const char **title, const char **help);
    /* The text for key y, if it is neither a connection nor a process; 0: nothing. */
    size_t (*text)(const struct pane *pane, const struct picture *picture, char *out, size_t size);
    uint32_t lacks; /* enum command_flag: commands that are not available here */
    void (*select)(struct pane *pane, uint64_t serial); /* puts the cursor on this connection */
};

extern const struct pane_ops PANE_HELP, PANE_SORT;

/* Shown instead of rows if the filter accepts none, with a hint if a name in it is part of an
 * existing one. */
void pane_draw_no_match(const struct canvas *canvas, int row, int col,
                        const struct picture *picture);

/* Functions of the screen for panes. None of them calls back into the pane, except
 * screen_open_page's open. */
const struct picture *screen_picture(struct screen *screen);
const struct screen_settings *screen_settings(const struct screen *screen);
bool screen_is_floating(const struct screen *screen); /* true if the top page floats */
int screen_open_page(struct screen *screen, const struct pane_ops *ops, const void *argument);
void screen_back(struct screen *screen); /* closes the top page after the current call */
/* Closes it at once, including the calling pane. */
void screen_close_page(struct screen *screen);
/* Applies a filter as if it had been typed; false: it is invalid, the last one stays. */
bool screen_set_filter(struct screen *screen, const char *text);
void screen_show_view(struct screen *screen, enum view_id view);
/* Opens a view with this filter (NULL: unchanged); Esc returns to the former view and filter.
 * False: the filter is invalid, nothing has changed. */
bool screen_drill(struct screen *screen, enum view_id view, const char *filter);
/* Opens the Connections view with the cursor on this row; Esc returns as well. */
void screen_show_connection(struct screen *screen, uint64_t serial);
/* Goes to the time of the event, with the page of its connection; reports why not. */
void screen_go_to_event(struct screen *screen, const struct event *event);
/* Shows a message in the status line, until the next key or for some seconds. */
void screen_say(struct screen *screen, unsigned role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Extends the time in which a harmful pane ignores Enter: an unused key came, as from pasted text
 * that the terminal did not mark. */
void screen_hold_enter(struct screen *screen);
/* True while Enter is ignored and a key was ignored for that: to be shown. */
bool screen_holds_enter(const struct screen *screen);
void screen_changed(struct screen *screen); /* needs or wish may have changed */
bool screen_run_command(struct screen *screen, const struct command *command);
/* To be called after a press on a row moved the cursor there: a double press is Enter. */
void pane_open_if_twice(struct screen *screen, const struct key *key);

#endif
