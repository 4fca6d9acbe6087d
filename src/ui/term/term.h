/* The terminal: the only user of curses. Opens and restores it, decodes keys and mouse, puts
 * styled text. One at a time; all calls from one thread (the screen's), but term_rescue. */
#ifndef TCPLENS_UI_TERM_TERM_H
#define TCPLENS_UI_TERM_TERM_H

#include "svg/cells.h"
#include "ui/key/decode.h"
#include "ui/theme.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <termios.h>

struct term;

/* What is needed to leave the terminal as it was found when the screen thread no longer can. */
struct term_rescue {
    atomic_bool over; /* restored for good: nothing more is painted */
    atomic_bool
        armed;      /* there is something to restore: between open or resume and close, suspend */
    int input;      /* the terminal as it was given to us */
    int descriptor; /* of the same, never blocks; -1 = there is none */
    struct termios before;
    char reset[256];
    unsigned reset_length;
};

struct term_settings {
    int input; /* descriptor of the keys: 0, or /dev/tty */
    enum theme theme;
    const struct theme_looks *own_theme; /* THEME_OWN; NULL = there is none. Outlives the term */
    bool ascii;
    enum glyphs glyphs;  /* ascii makes them GLYPHS_ASCII */
    bool show_cursor;    /* on the selected row as well */
    bool ask_background; /* term_background: sent once, what comes back is never a key */
    bool no_mouse;       /* the terminal keeps it, to select text */
    int rows, cols; /* not 0: no terminal at all, a screen of that size in memory, without keys */
};

/* Reads the terminal's settings before anything changes them. 0 or -errno (-ENOTTY). */
int term_rescue_prepare(struct term_rescue *rescue, int input);
/* Restores them for good; safe in a signal handler and while another thread is stuck in a write. */
void term_rescue_restore(struct term_rescue *rescue);
/* Its settings only, while the screen cannot leave it but will go on. */
void term_rescue_settings(const struct term_rescue *rescue);
/* While armed: ^S and ^Q are keys, and output that a ^S has stopped goes on. Before anything is written with
 * modes that are not the screen's. */
void term_rescue_release(const struct term_rescue *rescue);
/* Discards output that is not read and lets a stopped terminal go on, so that a write returns. */
void term_rescue_unblock(const struct term_rescue *rescue);
void term_rescue_done(struct term_rescue *rescue);

/* True while this thread is within curses. Safe in a signal handler: there a null pointer is what
 * curses did not get from malloc() and did not check. */
bool term_in_curses(void);

/* 0; -ENOTTY; -ENOSYS: no usable terminal type, `text` (128 bytes) says in one line what to set.
 * On success text is "" or a remark for the status line (another type was taken). */
int term_open(struct term **term, const struct term_settings *settings, struct term_rescue *rescue,
              char *text);
void term_close(struct term *term); /* restores; NULL is fine */
void term_suspend(struct term *term);
void term_resume(struct term *term); /* repaints all with the next flush */
void term_resized(struct term *term);
/* The terminal has another size, and no signal said so: a session of its own (su -c) gets none.
 * Takes it over. */
bool term_size_changed(struct term *term);
void term_repaint(struct term *term); /* next flush writes every cell */

void term_size(const struct term *term, int *rows, int *cols);
bool term_ascii(const struct term *term);
enum glyphs term_glyphs(const struct term *term);
bool term_mono(const struct term *term);
int term_colors(const struct term *term); /* 0 = monochrome */
void term_set_theme(struct term *term, enum theme theme);

int term_descriptor(const struct term *term);      /* to poll for keys */
bool term_key(struct term *term, struct key *key); /* false: no (more) key now */
/* When term_key knows more though nothing came (a lone ESC is a key then); INT64_MAX: never. */
int64_t term_key_deadline_ns(const struct term *term);

void term_clear(struct term *term);
/* Puts safe text at a place; nothing is drawn beyond `cells` cells or the edge. Characters the
 * terminal cannot show become ASCII. Returns cells used. */
int term_put(struct term *term, int row, int col, int cells, unsigned style, const char *text);
void term_cursor(struct term *term, int row, int col); /* shown there; col < 0: hidden */
/* Where the eye is: the selected row or item. The cursor stands there, for screen readers and
 * magnifiers, hidden unless show_cursor. The last call of a painting counts. */
void term_focus(struct term *term, int row, int col);
/* All that has been put so far becomes dim: something is drawn over it. */
void term_dim(struct term *term);
/* What the terminal says its background is; unknown until it has answered, and if that comes
 * late. */
enum key_background term_background(const struct term *term);
/* Into the clipboard of the terminal's user (OSC 52), where the terminal supports it. */
void term_copy(struct term *term, const char *text, size_t length);
void term_flush(struct term *term);
/* What was flushed last, cell by cell; grid is to be ended with screen_grid_done. 0 or -errno. */
int term_snapshot(const struct term *term, struct screen_grid *grid);

#endif
