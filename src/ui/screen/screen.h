/* The screen: keys, painting, views and pages, in a thread of its own. Independent of
 * where frames and events come from: the kernel, a log, the demo. */
#ifndef TCPLENS_UI_SCREEN_SCREEN_H
#define TCPLENS_UI_SCREEN_SCREEN_H

#include "core/column/column.h"
#include "core/event.h"
#include "core/filter/filter.h"
#include "core/frame.h"
#include "core/state.h"
#include "core/wish.h"
#include "svg/cells.h"
#include "ui/acts.h"
#include "ui/term/term.h"
#include "ui/transport.h"

/* Orders through orders_descriptor, one byte each. */
enum screen_order {
    SCREEN_QUIT = 'q',
    SCREEN_SUSPEND = 's', /* leave the terminal; answered by `suspended` */
    SCREEN_RESUME = 'c',
    SCREEN_RESIZED = 'w'
};

/* The source of what the screen shows. All functions are called in the screen's thread. */
struct screen_feed {
    struct frame *(*latest)(void *data); /* a reference, NULL before the first */
    int frame_descriptor;                /* an eventfd: readable with each new frame */
    struct event_ring *events;
    void (*set_wish)(void *data, const struct wish *wish);
    void (*trouble)(void *data, char *text, size_t size); /* why there is no frame, "" = none */
    void *data;
};

#define SCREEN_COLUMNS_MAX 1024

/* Settings changed by keys, which may be saved for the next run. */
struct screen_kept {
    char columns[SCREEN_COLUMNS_MAX], sort[64]; /* of Connections, as of --columns and --sort */
    int64_t interval_ns;
    const char *theme; /* its name; NULL = the one at start */
    bool names, services;
};

/* A recording of the screen's frames. */
struct screen_recording {
    bool on;
    uint64_t bytes;  /* written */
    uint64_t missed; /* frames that the log lacks */
    char wrong[160]; /* why nothing is written now, "" = it is */
    char said[320];  /* for the status line */
    bool trouble;    /* in `said` */
    uint32_t said_count;
};

struct screen_recorder {
    void (*toggle)(void *data); /* starts or stops; state() reports the result */
    void (*state)(void *data, struct screen_recording *state);
    void *data;
};

/* A screenshot without a terminal. */
struct screen_shot {
    int rows, cols;
    const char *keys;         /* ui/key/script.h; keys to press before */
    int64_t after_ns;         /* the first of them not before that time */
    struct screen_grid *grid; /* filled; to be freed with screen_grid_done */
};

struct screen_settings {
    struct screen_feed feed;
    struct wish wish; /* to begin with */
    bool live;
    const struct screen_acts *acts;           /* NULL: no acts */
    int input;                                /* descriptor of the keys */
    const struct screen_shot *shot;           /* NULL: on the terminal, for a user */
    int orders_descriptor;                    /* enum screen_order */
    void (*suspended)(void *data);            /* the terminal has been left */
    const struct screen_recorder *recorder;   /* NULL: nothing can be recorded */
    const struct screen_transport *transport; /* NULL: only live */
    /* Key w; text: the message. 0 or -errno; -EEXIST: the file has other settings, which stay
     * unless `replaces`. NULL: settings cannot be saved. */
    int (*keep)(void *data, const struct screen_kept *kept, bool replaces, char *text, size_t size);
    void *data;
    struct term_rescue *rescue;
    enum theme theme;
    const struct theme_looks *own_theme; /* of the user's file; NULL = none. Outlives the screen */
    bool ascii;
    enum glyphs glyphs;
    bool with_args; /* command lines with their arguments, to begin with */
    int64_t highlight_ns;
    const char *columns, *sort;  /* NULL = default */
    const struct lookup *lookup; /* NULL = numbers only */
    bool names;                  /* host names at start */
    bool ports_by_number;        /* no service names at start */
    bool no_mouse;
    bool show_cursor;    /* show the cursor on the selected row as well */
    bool ask_background; /* choose the light or dark theme by the terminal's background */
    bool redacted;       /* names and addresses are replaced: do not show real ones */
    const char *notice;  /* a message at start; NULL, "" = none */
    const char *filter;  /* to begin with; NULL = none */
    const char *const *saved_filters; /* offered by the prompt (Up); outlive screen_new */
    size_t saved_filter_count;
    const struct filter_names *filter_names;
    enum tcp_class class; /* the class of wish.state_bits */
};

struct screen;

int screen_new(struct screen **screen, const struct screen_settings *settings); /* 0 or -errno */
void screen_free(struct screen *screen);
/* Until quit. 0; -ENOTTY, -ENOSYS: no terminal to draw on, screen_trouble says what to do. */
int screen_run(struct screen *screen);
const char *screen_trouble(const struct screen *screen);

#endif
