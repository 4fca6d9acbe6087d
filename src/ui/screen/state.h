/* What the modules of the screen share: the picture, what is open on it, and what each of them
 * keeps. */
#ifndef TCPLENS_UI_SCREEN_STATE_H
#define TCPLENS_UI_SCREEN_STATE_H

#include "core/filter/complete.h"
#include "core/filter/filter.h"
#include "ui/act_request.h"
#include "ui/finding_marks.h"
#include "ui/hit.h"
#include "ui/host_names.h"
#include "ui/page_series.h"
#include "ui/pane/pane.h"
#include "ui/prompt.h"
#include "ui/screen/screen.h"
#include "ui/split.h"
#include "ui/transport.h"

#define PAGES_MAX   16
#define HITS_MAX    256
#define ORIGINS_MAX 8

struct screen_filter {
    struct filter *filter; /* in force; NULL = all rows */
    char text[PROMPT_MAX]; /* it, as typed */
    bool open, wrong;      /* the line is open; what stands in it is no filter, error says why */
    struct filter_error error;
    struct prompt prompt;
    struct filter_completions completions; /* that Tab offers; count 0 = none */
    size_t completion;                     /* the one in the text, == count: none yet */
    char before[PROMPT_MAX];               /* in force when the line was opened */
    struct frame_mark counted_frame;       /* with generation, what was counted */
    uint32_t counted_generation, counted;
};

struct origin { /* of a drill-down: where Esc goes back to */
    enum view_id view;
    char filter[PROMPT_MAX];
};

struct travel { /* in time */
    struct transport_state state;
    struct prompt prompt; /* for a time to go to */
    bool open;
    enum density_layer layer; /* of the time bar */
    struct prompt when;       /* for a condition to go to */
    bool when_open;
    char condition[PROMPT_MAX]; /* that { } go to; "" = to events */
    bool seeks_condition;       /* what is looked for now */
    bool seeks;                 /* a frame is waited for, to open the page of the connection */
    struct event_subject sought;
};

struct head {
    struct page_series series; /* of all connections */
    bool without_graph;        /* switched off */
};

struct watch { /* a signalled process, until it has exited or is given up */
    struct acts_process process;
    bool exited;
};

struct screen_shot_state { /* where the script of a screenshot is */
    size_t at;
    int64_t started_ns, until_ns, rest_until_ns; /* monotonic */
    uint64_t frames;                             /* to have been shown before it goes on */
};

struct acting {
    struct tags tags;
    struct watch watches[ACT_PROCESSES];
    size_t watched;
    struct acts_signal sent; /* what they were sent */
    int64_t sent_ns;         /* monotonic */
    int32_t still_there;     /* pid of the one that outlived a signal: KILL is offered next */
    uint64_t still_there_ticks;
};

struct screen {
    struct screen_settings settings;
    struct term *term;
    struct wish wish, sent_wish; /* sent_wish: what the feed was last given */
    struct picture picture;
    struct frame *coming; /* the next one of the picture, being prepared; NULL = none */
    uint64_t frames_shown;
    struct screen_shot_state shot;
    int64_t frame_taken_ns; /* monotonic: when the frame of the picture was taken up */
    struct pane *views[VIEW_COUNT];
    enum view_id view;
    struct pane *pages[PAGES_MAX];
    size_t page_count;
    struct origin origins[ORIGINS_MAX]; /* the last one is where Esc goes */
    size_t origin_count;
    struct lookup lookup;     /* what panes are given: services and hosts as switched on */
    struct host_names *names; /* NULL: off */
    struct screen_filter filter;
    struct finding_marks marks;
    struct split split; /* beside the view, key v */
    struct acting acting;
    struct travel travel;
    struct head head;
    struct screen_recording recording;
    bool closing; /* the top page is to be closed */
    bool quit, paint, void_panes;
    bool keep_asked;       /* the last key was w, and the next one replaces the settings */
    bool page_unseen;      /* the top page was never painted: it has no height and no columns yet */
    int64_t enter_from_ns; /* monotonic: a dialog that can do harm takes Enter from then on */
    bool enter_refused;    /* a key came too early for that, which is shown until then */
    enum theme theme;
    char said[256]; /* status line: what was said last */
    unsigned said_role;
    int64_t said_until_ns;
    char remark[128]; /* of the terminal */
    char trouble[192];
    int body_top, body_rows; /* where the pane's canvas is on the screen */
    struct hit hits[HITS_MAX];
    size_t hit_count;
    struct key pressed; /* the last press of the mouse, for the second of two */
    int64_t pressed_ns; /* monotonic */
};

#endif
