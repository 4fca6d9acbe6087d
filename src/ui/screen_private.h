/* What the files of the screen share: loop (screen.c), views and pages (screen_views.c), the lines
 * around them (screen_chrome.c). */
#ifndef TCPLENS_UI_SCREEN_PRIVATE_H
#define TCPLENS_UI_SCREEN_PRIVATE_H

#include "ui/host_names.h"
#include "ui/pane.h"
#include "ui/screen.h"

#define VIEWS_MAX 8
#define PAGES_MAX 16
#define SPANS_MAX 32

struct span { /* cells that act when clicked */
    int row, from, to;
    const struct command *command;
};

struct screen {
    struct screen_settings settings;
    struct term *term;
    struct wish wish, told; /* told: what the feed was last given */
    struct picture picture;
    int64_t frame_taken_ns; /* monotonic: when the frame of the picture was taken up */
    struct pane *views[VIEWS_MAX];
    size_t view;
    struct pane *pages[PAGES_MAX];
    size_t page_count;
    struct lookup lookup;     /* what panes are given: services and hosts as switched on */
    struct host_names *names; /* NULL: off, nothing is asked */
    bool closing; /* the top page asked to be closed */
    bool quit, paint, void_panes;
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

int64_t screen_clock_ns(void); /* monotonic */

/* screen_views.c */
struct pane *screen_top_pane(struct screen *screen); /* NULL before the first view */
bool screen_is_floating(const struct screen *screen);
int screen_open_view(struct screen *screen, size_t view);
void screen_close_panes(struct screen *screen);
void screen_finish_closing(struct screen *screen);
void screen_update_panes(struct screen *screen);
void screen_tell_wish(struct screen *screen);
bool screen_can(struct screen *screen, const struct command *command);
bool screen_own_command(struct screen *screen, const struct command *command); /* screen.c */

/* pane_connections.c; pane: the first view */
void connections_keep(const struct pane *pane, struct screen_kept *kept);

/* screen_names.c */
void screen_names_begin(struct screen *screen);
void screen_names_end(struct screen *screen);
void screen_switch_services(struct screen *screen);
void screen_switch_hosts(struct screen *screen);
size_t screen_names_wait(const struct screen *screen, struct pollfd *waits, int *timeout_ms);
void screen_names_pump(struct screen *screen, const struct pollfd *waits, size_t count);

/* screen_chrome.c */
void screen_paint(struct screen *screen);
size_t number_text(char *out, size_t size, uint64_t value); /* "1,284" */

#endif
