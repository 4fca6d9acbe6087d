/* Shared by the modules of the screen: the picture, open panes, and the state of each module. */
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
    bool open, wrong;      /* the line is open; its text is invalid, see error */
    struct filter_error error;
    struct prompt prompt;
    struct filter_completions completions; /* offered by Tab; count 0 = none */
    size_t completion;                     /* the one in the text, == count: none yet */
    char before[PROMPT_MAX];               /* the active filter when the line was opened */
    struct frame_mark counted_frame;       /* with generation, what was counted */
    uint32_t counted_generation, counted;
};

struct origin { /* of a drill-down: where Esc returns to */
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
    char condition[PROMPT_MAX]; /* for { }; "" = they go to events */
    bool seeks_condition;       /* a condition is being searched */
    bool seeks;                 /* waiting for a frame, to open the page of the connection */
    struct event_subject sought;
};

struct head {
    struct page_series series; /* of all connections */
    bool without_graph;        /* switched off */
};

struct watch { /* a signalled process, watched until it has exited or a timeout */
    struct acts_process process;
    bool exited;
};

struct screen_shot_state { /* the progress of a screenshot's script */
    size_t at;
    int64_t started_ns, until_ns, rest_until_ns; /* monotonic */
    uint64_t frames;                             /* frames to be shown before it continues */
};

struct acting {
    struct tags tags;
    struct watch watches[ACT_PROCESSES];
    size_t watched;
    struct acts_signal sent; /* what they were sent */
    int64_t sent_ns;         /* monotonic */
    int32_t still_there;     /* pid of a process that survived a signal: KILL is offered next */
    uint64_t still_there_ticks;
};

struct screen {
    struct screen_settings settings;
    struct term *term;
    struct wish wish, sent_wish; /* sent_wish: the last one sent to the feed */
    struct picture picture;
    struct frame *coming; /* the next one of the picture, being prepared; NULL = none */
    uint64_t frames_shown;
    struct screen_shot_state shot;
    int64_t frame_taken_ns; /* monotonic: when the picture's frame was first shown */
    struct pane *views[VIEW_COUNT];
    enum view_id view;
    struct pane *pages[PAGES_MAX];
    size_t page_count;
    struct origin origins[ORIGINS_MAX]; /* Esc returns to the last one */
    size_t origin_count;
    struct lookup lookup;     /* for panes: services and hosts as switched on */
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
    bool keep_asked;       /* the last key was w; another one replaces the settings */
    bool page_unseen;      /* the top page was never painted: it has no height and no columns yet */
    int64_t enter_from_ns; /* monotonic: a dialog that can do harm takes Enter from then on */
    bool enter_refused;    /* a key came too early for that; shown until then */
    enum theme theme;
    char said[256]; /* status line: the last message */
    unsigned said_role;
    int64_t said_until_ns;
    char remark[128]; /* a remark about the terminal */
    char trouble[192];
    int body_top, body_rows; /* the position of the pane's canvas */
    struct hit hits[HITS_MAX];
    size_t hit_count;
    struct key pressed; /* the last press of the mouse, to detect double presses */
    int64_t pressed_ns; /* monotonic */
};

#endif
