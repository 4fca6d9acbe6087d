/* Panes: views (tabs), pages (on a stack: Enter opens, Esc goes back to the view as it was) and
 * floating ones (menus, dialogs). A pane sees the picture, a canvas and commands; never curses,
 * the collector or the clock. */
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

/* What is shown now. Owned by the screen; the same frame for all that is drawn, until update. */
struct picture {
    struct frame *frame;           /* NULL before the first; the screen holds the reference */
    struct column_context context; /* frame, look-ups, time of the picture, ascii */
    int64_t now_ns;                /* wall clock running on since the frame: for highlights */
    int64_t now_mono_ns; /* the same by the monotonic clock: for what is counted from events */
    int64_t highlight_ns;
    view_accept accept; /* the filter in force; NULL = all */
    const void *accept_data;
    uint32_t filter_generation;               /* raised with each change of the filter */
    bool filter_typed;                        /* its line is open: each key makes another one */
    const struct tags *tags;                  /* of connections; never NULL */
    const struct finding_marks *marks;        /* rows that findings name; NULL = none */
    struct event_ring *events;                /* NULL = none */
    const struct screen_transport *transport; /* travelling in time; NULL = none */
    bool live;                                /* acts are possible: not a log, not the past */
    bool paused;
    bool frozen; /* no reordering (key o) */
};

/* A row's mark while its highlight lasts, MARK_NONE after. */
uint8_t picture_mark(const struct picture *picture, const struct conn *conn);

/* What tcplens itself costs; false: of this picture it would say nothing (a log, the demo). */
bool picture_cost_text(const struct picture *picture, char *out, size_t size);

/* Where frames read some rows only: since when the others stand, and whether events said all that happened to them;
 * false: they do not. */
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
    const void *descriptor; /* what the pane is to show, where its functions serve several */
    bool harmful;           /* Enter does harm: one that was not meant for it is ignored */
    bool floating;          /* drawn over the pane below; nothing moves below while it is open */

    /* argument: what screen_open_page was given, or the settings of the screen. 0 or -errno. */
    int (*open)(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                const void *argument);
    void (*close)(struct pane *pane);
    /* A new frame, filter, freeze or theme: what was worked out from the last picture is void. */
    void (*update)(struct pane *pane, const struct picture *picture);
    void (*draw)(struct pane *pane, const struct picture *picture, const struct canvas *canvas);

    /* The rest may be NULL. */
    /* A part, of a millisecond at most, of the work that drawing this coming picture takes; what is
     * shown stays. True: it is done. */
    bool (*prepare)(struct pane *pane, const struct picture *coming);
    /* Before any command: prompts, menus. False: not mine; of a floating pane, it does nothing. */
    bool (*key)(struct pane *pane, const struct key *key);
    bool (*types)(const struct pane *pane); /* key takes text now: pasted text, too */
    bool (*command)(struct pane *pane, const struct command *command);         /* false: not mine */
    bool (*mouse)(struct pane *pane, const struct key *key, int row, int col); /* of its canvas */
    uint32_t (*needs)(const struct pane *pane);               /* NEED_* of what it shows */
    void (*wish)(const struct pane *pane, struct wish *wish); /* more than needs: an open page */
    /* The connections that it shows of the picture: frames read those. */
    void (*seen)(const struct pane *pane, const struct picture *picture, struct wish *wish);
    /* A view that has something to show; NULL: always. Where it has not there is no tab, and
     * not_offered says why. */
    bool (*is_offered)(const struct picture *picture);
    const char *not_offered;
    uint32_t (*tab_count)(const struct picture *picture); /* in the tab, after the title; 0: none */
    bool counts_rows; /* its summary says how many rows the filter accepts: "901 of 1,284" */
    /* Right end of the tab line. */
    void (*summary)(struct pane *pane, const struct picture *picture, char *out, size_t size);
    const struct conn *(*selection)(const struct pane *pane, const struct picture *picture);
    /* The process under the cursor, where rows are processes or the page is about one. */
    const struct proc *(*process)(const struct pane *pane, const struct picture *picture);
    /* The group under the cursor, where rows are groups, and what it is called. False: none. */
    bool (*group)(const struct pane *pane, const struct picture *picture,
                  struct grouping_member *member, char *title, size_t size);
    /* The finding under the cursor, where rows are findings: acts are about its rows. */
    const struct finding *(*finding)(const struct pane *pane, const struct picture *picture);
    /* For the help page: keys that mean something of their own here, NULL-terminated by `keys`; the
     * nth column, false behind the last. */
    const struct pane_key *keys;
    bool (*column_help)(const struct pane *pane, size_t n, const char **title, const char **help);
    /* What y copies, where that is neither a connection nor a process; 0: nothing. */
    size_t (*text)(const struct pane *pane, const struct picture *picture, char *out, size_t size);
    uint32_t lacks; /* enum command_flag: commands that have nothing to work on here */
    void (*select)(struct pane *pane, uint64_t serial); /* puts the cursor on this connection */
};

extern const struct pane_ops PANE_HELP, PANE_SORT;

/* In place of rows, where the filter leaves none, with a hint if a name in it is part of one that
 * is there. */
void pane_draw_no_match(const struct canvas *canvas, int row, int col,
                        const struct picture *picture);

/* What the screen does for panes. None of these calls the pane back at once, but
 * screen_open_page's open. */
const struct picture *screen_picture(struct screen *screen);
const struct screen_settings *screen_settings(const struct screen *screen);
bool screen_is_floating(const struct screen *screen); /* is the top page? */
int screen_open_page(struct screen *screen, const struct pane_ops *ops, const void *argument);
void screen_back(struct screen *screen); /* closes the top page after the current call */
/* Closes it at once, with the pane that calls. */
void screen_close_page(struct screen *screen);
/* Puts a filter in force as if it had been typed; false: it is none, the last one stays. */
bool screen_set_filter(struct screen *screen, const char *text);
void screen_show_view(struct screen *screen, enum view_id view);
/* The same view with this filter in force (NULL: as it is), from where Esc comes back to the view
 * and the filter of before. False: the text is no filter, nothing has changed. */
bool screen_drill(struct screen *screen, enum view_id view, const char *filter);
/* The Connections view with the cursor on this row; Esc comes back as well. */
void screen_show_connection(struct screen *screen, uint64_t serial);
/* The moment of the event, with the page of its connection; says why not. */
void screen_go_to_event(struct screen *screen, const struct event *event);
/* The one line above the footer, until the next key or for some seconds. */
void screen_say(struct screen *screen, unsigned role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Enter is ignored for a moment more by a pane that is harmful: a key came that it has no use for,
 * as from pasted text that the terminal did not mark. */
void screen_hold_enter(struct screen *screen);
/* A key was ignored for that, and Enter still is: to be shown. */
bool screen_holds_enter(const struct screen *screen);
void screen_changed(struct screen *screen); /* needs or wish may have changed */
bool screen_run_command(struct screen *screen, const struct command *command);
/* After a press on a row that has put the cursor there: the second of two is Enter. */
void pane_open_if_twice(struct screen *screen, const struct key *key);

#endif
