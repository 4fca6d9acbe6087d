/* term: ncurses behind term.h. Nothing else includes curses. Independent of panes and frames. */
#include "ui/term/term.h"

#include "base/clock.h"
#include "base/write_all.h"
#include "core/text/text.h"
#include "ui/base64.h"
#include "ui/term/keys.h"
#include "ui/term/measure.h"
#include "ui/term/rows.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCREENS     3           /* curses keeps: current, desired, and the one drawn on */
#define CURSES_ROOM (64 * 1024) /* for a screen of usual size */

#define PAIRS_MAX 255
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
/* OSC 11 with "?": answered in the same form by terminals that support it, ignored by others. */
#define ASK_BACKGROUND "\033]11;?\033\\"
#define ANSWER_NS      (2 * SECOND_NS)

enum layer { LAYER_PLAIN, LAYER_SELECTED, LAYER_TAGGED, LAYER_COUNT };

struct pen {
    attr_t attributes;
    short pair;
};

struct term {
    SCREEN *screen;
    /* out of memory for the terminal's size: nothing is painted until there is some */
    bool misfits;
    FILE *input;    /* NULL: stdin */
    FILE *output;   /* NULL: stdout */
    bool in_memory; /* without a terminal */
    struct term_rescue *rescue;
    bool ascii;
    enum glyphs glyphs;
    bool suspended;
    bool pastes; /* it may support bracketed paste; other ECMA-48 terminals ignore it */
    struct term_keys keys;
    const struct theme_looks *own_theme;
    struct theme_looks looks;
    int cursor_row, cursor_col, focus_row, focus_col;
    bool show_cursor;
    int64_t asked_ns; /* when the background was requested, monotonic; 0 = not */
    short pair_count;
    short pair_colors[PAIRS_MAX][2];
    struct pen pens[ROLE_COUNT][LAYER_COUNT];
    struct term_rows rows;
};

/* Types that most terminals understand, tried in turn when $TERM has no description. */
static const char *const FALLBACK_TYPES[] = {"xterm-256color", "xterm", "linux", "vt100", "ansi"};

/* Appends a capability without its padding ("$<5>"). */
static void add_reset(struct term_rescue *rescue, const char *text)
{
    while (text && *text) {
        const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;
        if (end) {
            text = end + 1;
            continue;
        }
        if (rescue->reset_length < sizeof(rescue->reset))
            rescue->reset[rescue->reset_length++] = *text;
        text++;
    }
}

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text == (const char *)-1 ? NULL : text;
}

static bool is_ansi(void)
{
    const char *place = capability("cup");
    return place && strncmp(place, "\033[", 2) == 0;
}

static void prepare_reset(struct term_rescue *rescue)
{
    static const char *const CAPABILITIES[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
    rescue->reset_length = 0;
    if (is_ansi())
        add_reset(rescue, PASTE_OFF);
    if (tigetstr("kmous") != NULL)
        add_reset(rescue, "\033[?1006l\033[?1000l");
    for (size_t i = 0; i < sizeof(CAPABILITIES) / sizeof(CAPABILITIES[0]); i++)
        add_reset(rescue, capability(CAPABILITIES[i]));
}

static bool can_place_cursor(void)
{
    return capability("cup") && capability("clear");
}

/* curses does not always check malloc() (ncurses 6.4, comp_hash.c, lib_tparm.c): do not call it
 * when out of memory. */
static bool has_memory(size_t size)
{
    void *volatile room = malloc(size);

    free(room);
    return room != NULL;
}

/* Set around calls of curses that may use failed allocations. */
static _Thread_local volatile sig_atomic_t in_curses;

bool term_in_curses(void)
{
    return in_curses;
}

/* curses ignores that a write of its own failed, and drops what it wrote (ncurses 6.4,
 * lib_tputs.c). Only errno shows it, if it was 0 before. */
static bool write_failed(void)
{
    return errno == EIO || errno == ENOSPC || errno == ENOMEM;
}

/* After a failure the next one enters the screen again, sets its modes and paints every cell. */
static void refresh_or_reset(void)
{
    errno = 0;
    refresh();
    if (write_failed()) {
        endwin();
        clearok(curscr, TRUE);
    }
}

static int begin_type(struct term *term, const char *type)
{
    if (!has_memory(CURSES_ROOM))
        return -ENOMEM;
    use_env(FALSE);
    /* else curses uses the size in the description */
    use_tioctl(!term->in_memory && !term_is_huge());
    term->screen =
        newterm(type, term->output ? term->output : stdout, term->input ? term->input : stdin);
    if (!term->screen)
        return -ENOENT;
    const bool lives = has_memory(CURSES_ROOM), can = lives && can_place_cursor();
    endwin();
    if (can) {
        /* Left and entered once: before that ncurses 6.4 writes each move of the cursor on its own
         * (its mvcur flushes as long as the screen has never been left), 46 times a frame. */
        refresh_or_reset();
        term_resized(term);
        return 0;
    }
    delscreen(term->screen);
    term->screen = NULL;
    return lives ? -ENOSYS : -ENOMEM;
}

static int start_type(struct term *term, const char *type)
{
    in_curses = 1;
    const int error = begin_type(term, type);
    in_curses = 0;
    return error;
}

static int start_screen(struct term *term, char *text, size_t size)
{
    const char *type = getenv("TERM") && !term->in_memory ? getenv("TERM") : "";
    char shown[41]; /* truncated for a message */
    text_clean(shown, sizeof(shown), type, strlen(type));
    text[0] = '\0';
    int error = *type ? start_type(term, type) : -ENOENT;
    for (size_t i = 0; error == -ENOENT && i < sizeof(FALLBACK_TYPES) / sizeof(char *); i++) {
        if (start_type(term, FALLBACK_TYPES[i]) != 0)
            continue;
        if (!term->in_memory)
            snprintf(text, size, "%s%s, using %s", *type ? "unknown TERM=" : "TERM is not set",
                     shown, FALLBACK_TYPES[i]);
        return 0;
    }
    if (error && !has_memory(CURSES_ROOM))
        snprintf(text, size, "out of memory: no screen can be drawn");
    else if (error == -ENOENT)
        snprintf(text, size,
                 "no terminfo descriptions found: install ncurses-base, or set TERMINFO to a "
                 "folder that has them");
    else if (error)
        snprintf(text, size,
                 "TERM=%s cannot draw a screen: set TERM=xterm-256color, or use tcplens list",
                 shown);
    return error ? -ENOSYS : 0;
}

/* Bypasses curses, which has nothing pending between two flushes. False: the terminal refused
 * it. */
static bool put_raw(const char *text, size_t length)
{
    return write_all(STDOUT_FILENO, text, length) == 0;
}

static bool set_paste(const struct term *term, bool on)
{
    const char *const words = on ? PASTE_ON : PASTE_OFF;

    return !term->pastes || put_raw(words, strlen(words));
}

static void learn_keys(struct term *term)
{
    key_decoder_init(&term->keys.decoder);
    for (size_t i = 0; i < term_key_count; i++)
        key_decoder_learn(&term->keys.decoder, capability(TERM_KEYS[i].capability),
                          TERM_KEYS[i].code);
}

/* curses began without flow control, and is to restore it. Nothing is written while it is on. */
static void keep_found_modes(const struct term_rescue *rescue)
{
    if (tcsetattr(rescue->input, TCSANOW, &rescue->before) == 0)
        def_shell_mode();
    reset_prog_mode();
}

/* curses only sets the modes of keypad and mouse; their bytes are read and decoded here. False: out
 * of memory for colours. */
static bool set_modes(bool mouse)
{
    bool all = true;
    in_curses = 1;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    curs_set(0);
    mouseinterval(0);
    if (mouse)
        mousemask(BUTTON1_PRESSED | BUTTON3_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    if (has_colors()) {
        all = start_color() == OK;
        use_default_colors();
    }
    in_curses = 0;
    return all;
}

/* False: out of memory, nothing changed. A resizeterm that fails half way leaves windows that are
 * unsafe to use or free (ncurses 6.4, resizeterm.c): then ends as curses itself does without
 * memory. */
static bool resize(int rows, int cols)
{
    const sig_atomic_t outer = in_curses;
    if (!has_memory(CURSES_ROOM + SCREENS * (size_t)rows * (size_t)cols * sizeof(cchar_t)))
        return false;
    in_curses = 1;
    if (resizeterm(rows, cols) == ERR)
        exit(EXIT_FAILURE);
    in_curses = outer;
    return true;
}

/* curses can paint into a file as well as on a terminal. */
static int open_files(struct term *term, const struct term_settings *settings)
{
    if (settings->rows > 0) {
        term->in_memory = true;
        term->input = fopen("/dev/null", "re");
        term->output = fopen("/dev/null", "we");
        return term->input && term->output ? 0 : -errno;
    }
    if (settings->input == STDIN_FILENO)
        return 0;
    int copy = fcntl(settings->input, F_DUPFD_CLOEXEC, 0);
    term->input = copy < 0 ? NULL : fdopen(copy, "r");
    return term->input ? 0 : -errno;
}

int term_open(struct term **out, const struct term_settings *settings, struct term_rescue *rescue,
              char *text)
{
    struct term *term = calloc(1, sizeof(*term));
    if (!term)
        return -ENOMEM;
    term->rescue = rescue;
    term->ascii = settings->ascii;
    term->glyphs = settings->glyphs;
    term->cursor_col = -1;
    term_rows_init(&term->rows);
    int error = open_files(term, settings);
    atomic_store(&rescue->armed, !term->in_memory);
    term_rescue_release(rescue);
    if (!error)
        error = start_screen(term, text, 128);
    if (error) {
        term_rescue_restore(rescue);
        term_close(term);
        return error;
    }
    if (!term->in_memory)
        keep_found_modes(rescue);
    prepare_reset(rescue);
    if (!set_modes(!settings->no_mouse) ||
        (term->in_memory && !resize(settings->rows, settings->cols))) {
        term_close(term);
        return -ENOMEM;
    }
    learn_keys(term);
    term->pastes = is_ansi() && !term->in_memory;
    set_paste(term, true);
    term->own_theme = settings->own_theme;
    term_set_theme(term, settings->theme);
    term->show_cursor = settings->show_cursor;
    if (settings->ask_background && term->pastes && term_colors(term) >= 8) {
        term->asked_ns = clock_mono_ns();
        put_raw(ASK_BACKGROUND, strlen(ASK_BACKGROUND));
    }
    *out = term;
    return 0;
}

/* endwin last: with the modes that it restores a ^S would stop what is written. Where the terminal
 * refused a part of it, all of it is written once more. */
static void leave(struct term *term)
{
    const bool all = set_paste(term, false);
    errno = 0;
    in_curses = 1;
    endwin();
    in_curses = 0;
    if (!all || (write_failed() && !term->in_memory))
        put_raw(term->rescue->reset, term->rescue->reset_length);
    term_rescue_settings(term->rescue); /* where curses could not, or took others for the shell's */
}

void term_close(struct term *term)
{
    if (!term)
        return;
    if (term->screen) {
        if (!term->suspended)
            leave(term);
        in_curses = 1;
        delscreen(term->screen);
        in_curses = 0;
    }
    atomic_store(&term->rescue->armed, false);
    if (term->input)
        fclose(term->input);
    if (term->output)
        fclose(term->output);
    term_rows_done(&term->rows);
    free(term);
}

void term_suspend(struct term *term)
{
    if (term->suspended)
        return;
    leave(term);
    term->suspended = true;
    atomic_store(&term->rescue->armed, false);
}

void term_resume(struct term *term)
{
    /* SIGSTOP left no time to leave the screen: leave now, so that all modes are set again. */
    term_suspend(term);
    atomic_store(&term->rescue->armed, true);
    term->suspended = false;
    reset_prog_mode();
    set_paste(term, true);
    term_resized(term);
    term_repaint(term);
}

static bool take_size(struct term *term)
{
    int rows, cols;
    if (term->in_memory)
        return false;
    term_measure(&rows, &cols);
    if (rows <= 0 || cols <= 0 || (!term->misfits && rows == LINES && cols == COLS))
        return false;
    term->misfits = !resize(rows, cols);
    return !term->misfits;
}

void term_resized(struct term *term)
{
    term_rows_forget(&term->rows);
    take_size(term);
}

bool term_size_changed(struct term *term)
{
    if (!take_size(term))
        return false;
    term_rows_forget(&term->rows);
    return true;
}

void term_repaint(struct term *term)
{
    (void)term;
    clearok(curscr, TRUE);
}

void term_size(const struct term *term, int *rows, int *cols)
{
    (void)term;
    *rows = getmaxy(stdscr);
    *cols = getmaxx(stdscr);
}

bool term_ascii(const struct term *term)
{
    return term->ascii;
}

enum glyphs term_glyphs(const struct term *term)
{
    return term->glyphs;
}

bool term_mono(const struct term *term)
{
    return term->looks.base == THEME_MONO;
}

int term_colors(const struct term *term)
{
    (void)term;
    return has_colors() ? COLORS : 0;
}

/* A colour of the 256 for a terminal that takes colours as 24 bits (terminfo says RGB, and more
 * colours than the palette has: xterm-direct). Its first eight are the palette's. */
static int direct_color(int index)
{
    static const int STEPS[] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
    static const int BRIGHT[] = {0x7f7f7f, 0xff5555, 0x55ff55, 0xffff55,
                                 0x6c6cff, 0xff55ff, 0x55ffff, 0xffffff};
    if (index < 8)
        return index;
    if (index < 16)
        return BRIGHT[index - 8];
    if (index >= 232)
        return (8 + (index - 232) * 10) * 0x010101;
    index -= 16;
    return STEPS[index / 36] << 16 | STEPS[index / 6 % 6] << 8 | STEPS[index % 6];
}

static short pair_of(struct term *term, short foreground, short background)
{
    if (foreground < 0 && background < 0)
        return 0;
    for (short i = 0; i < term->pair_count; i++)
        if (term->pair_colors[i][0] == foreground && term->pair_colors[i][1] == background)
            return (short)(i + 1);
    if (term->pair_count >= PAIRS_MAX || term->pair_count + 1 >= COLOR_PAIRS)
        return 0;
    term->pair_colors[term->pair_count][0] = foreground;
    term->pair_colors[term->pair_count][1] = background;
    term->pair_count++;
    init_extended_pair(term->pair_count,
                       foreground < 0 || COLORS <= 256 ? foreground : direct_color(foreground),
                       background < 0 || COLORS <= 256 ? background : direct_color(background));
    return term->pair_count;
}

/* Dim replaces grey if that is not available; both together would be too faint. */
static attr_t look_attributes(const struct look *look, bool colored)
{
    attr_t attributes = A_NORMAL;
    if (look->attributes & LOOK_BOLD)
        attributes |= A_BOLD;
    if ((look->attributes & LOOK_DIM) && !colored)
        attributes |= A_DIM;
    if (look->attributes & LOOK_UNDERLINE)
        attributes |= A_UNDERLINE;
    if (look->attributes & LOOK_REVERSE)
        attributes |= A_REVERSE;
    return attributes;
}

static struct pen make_pen(struct term *term, const struct look *look, enum layer layer)
{
    static const attr_t WITHOUT_BACKGROUND[LAYER_COUNT] = {A_NORMAL, A_REVERSE,
                                                           A_UNDERLINE | A_BOLD};
    int colors = term_colors(term);
    short background = COLOR_NONE;
    const int16_t *ground = term->looks.ground;
    const int16_t layers[LAYER_COUNT] = {COLOR_NONE, term->looks.selected, term->looks.tagged};
    if (colors >= 256)
        background = layers[layer];
    short foreground = colors >= 256 ? look->rich : colors >= 8 ? look->plain : COLOR_NONE;
    if (colors >= 8 && (ground[0] >= 0 || ground[1] >= 0)) {
        const bool rich = colors >= 256;
        foreground = foreground >= 0 ? foreground : rich ? ground[0] : 7;
        background = background >= 0 ? background : rich ? ground[1] : 0;
    }
    attr_t attributes = look_attributes(look, foreground >= 0);
    if (layer != LAYER_PLAIN && (colors < 256 || layers[layer] < 0)) {
        attributes |= WITHOUT_BACKGROUND[layer];
        attributes &= ~(attr_t)A_DIM;
    }
    return (struct pen){attributes, pair_of(term, foreground, background)};
}

void term_set_theme(struct term *term, enum theme theme)
{
    theme = term_colors(term) >= 8 ? theme : THEME_MONO;
    if (theme == THEME_OWN && term->own_theme)
        term->looks = *term->own_theme;
    else
        theme_looks_of(&term->looks, theme);
    for (size_t role = 0; role < ROLE_COUNT; role++)
        for (size_t layer = 0; layer < LAYER_COUNT; layer++)
            term->pens[role][layer] = make_pen(term, &term->looks.roles[role], (enum layer)layer);
    wbkgdset(stdscr, (chtype)' ' | (chtype)COLOR_PAIR(term->pens[ROLE_NORMAL][LAYER_PLAIN].pair));
    term_rows_forget(&term->rows);
}

int term_descriptor(const struct term *term)
{
    if (term->in_memory)
        return -1;
    return term->input ? fileno(term->input) : STDIN_FILENO;
}

bool term_key(struct term *term, struct key *key)
{
    return term_keys_next(&term->keys, term_descriptor(term), key);
}

int64_t term_key_deadline_ns(const struct term *term)
{
    return key_decoder_deadline_ns(&term->keys.decoder);
}

void term_clear(struct term *term)
{
    term->cursor_col = term->focus_col = -1;
    (void)term_rows_begin(&term->rows, LINES); /* if out of memory, the screen does not change */
}

static struct pen style_pen(const struct term *term, unsigned style)
{
    enum layer layer = style & STYLE_SELECTED ? LAYER_SELECTED
                       : style & STYLE_TAGGED ? LAYER_TAGGED
                                              : LAYER_PLAIN;
    struct pen pen = term->pens[STYLE_ROLE(style)][layer];
    if ((style & STYLE_SELECTED) && (style & STYLE_TAGGED)) /* one background cannot show both */
        pen.attributes |= A_UNDERLINE;
    if (style & STYLE_BOLD)
        pen.attributes |= A_BOLD;
    if (style & STYLE_UNDERLINE)
        pen.attributes |= A_UNDERLINE;
    if (style & STYLE_REVERSE)
        pen.attributes ^= A_REVERSE;
    return pen;
}

static void put_character(int row, int col, uint32_t code, int width, const struct pen *pen)
{
    wchar_t wide[2] = {(wchar_t)code, 0};
    cchar_t cell;
    /* curses goes by the width in this C library: another one would move what follows. */
    if (wcwidth(wide[0]) != width)
        wide[0] = L'?';
    if (setcchar(&cell, wide, pen->attributes, pen->pair, NULL) == OK)
        mvadd_wch(row, col, &cell);
}

/* Bytes of plain ASCII at the start of text, at most cells. */
static int ascii_run(const char *text, int cells)
{
    int length = 0;
    while (length < cells && (unsigned char)text[length] >= 32 && (unsigned char)text[length] < 127)
        length++;
    return length;
}

/* Draws a piece on its row; without a pen it only counts cells. */
static int draw_piece(const struct term *term, int row, const struct term_piece *piece,
                      const struct pen *pen)
{
    const char *text = piece->text;
    int used = 0;
    while (*text && used < piece->cells) {
        int run = ascii_run(text, piece->cells - used);
        if (run > 0) {
            if (pen)
                mvaddnstr(row, piece->col + used, text, run);
            used += run;
            text += run;
            continue;
        }
        uint32_t code;
        unsigned width;
        text += text_next(text, &code, &width);
        if (width == 0 || used + (int)width > piece->cells)
            continue;
        for (int i = 0; pen && term->ascii && i < (int)width; i++)
            put_character(row, piece->col + used + i, (uint32_t)text_ascii_form(code), 1, pen);
        if (pen && !term->ascii)
            put_character(row, piece->col + used, code, (int)width, pen);
        used += (int)width;
    }
    return used;
}

int term_put(struct term *term, int row, int col, int cells, unsigned style, const char *text)
{
    if (row < 0 || row >= LINES || col < 0 || col >= COLS)
        return 0;
    const struct term_piece piece = {col, cells < COLS - col ? cells : COLS - col, style, text};
    term_rows_put(&term->rows, row, &piece);
    return draw_piece(term, row, &piece, NULL);
}

static void draw_row(struct term *term, int row)
{
    struct term_piece piece;
    size_t at = 0;
    move(row, 0);
    clrtoeol();
    while (term_rows_next(&term->rows, row, &at, &piece)) {
        const struct pen pen = style_pen(term, piece.style);
        attr_set(pen.attributes, pen.pair, NULL);
        draw_piece(term, row, &piece, &pen);
        attr_set(A_NORMAL, 0, NULL);
    }
}

void term_cursor(struct term *term, int row, int col)
{
    term->cursor_row = row;
    term->cursor_col = col;
}

void term_focus(struct term *term, int row, int col)
{
    term->focus_row = row;
    term->focus_col = col;
}

void term_dim(struct term *term)
{
    term_rows_restyle(&term->rows, ROLE_DIM);
    term->cursor_col = term->focus_col = -1;
}

enum key_background term_background(const struct term *term)
{
    const struct term_keys *keys = &term->keys;
    const bool late = keys->read_ns > term->asked_ns + ANSWER_NS;
    return term->asked_ns == 0 || late ? KEY_BACKGROUND_UNKNOWN : keys->decoder.background;
}

void term_flush(struct term *term)
{
    if (atomic_load(&term->rescue->over))
        return;
    if (term->misfits) {
        term_resized(term);
        term_repaint(term);
    }
    if (term->misfits)
        return;
    in_curses = 1;
    for (int row = 0; row < term->rows.count; row++) {
        if (term_rows_differ(&term->rows, row))
            draw_row(term, row);
        term_rows_drawn(&term->rows, row);
    }
    const bool typed = term->cursor_col >= 0, focused = term->focus_col >= 0;
    curs_set(typed || (focused && term->show_cursor) ? 1 : 0);
    if (typed)
        move(term->cursor_row, term->cursor_col);
    else if (focused)
        move(term->focus_row, term->focus_col);
    else
        move(LINES - 1, 0);
    refresh_or_reset();
    in_curses = 0;
}

void term_copy(struct term *term, const char *text, size_t length)
{
    static const char BEGIN[] = "\033]52;c;", END[] = "\a";
    size_t begin = sizeof(BEGIN) - 1;
    char *order = malloc(begin + (length + 2) / 3 * 4 + sizeof(END));
    if (!order || term->in_memory) {
        free(order);
        return;
    }
    memcpy(order, BEGIN, begin);
    size_t coded = base64_encode(order + begin, (const unsigned char *)text, length);
    memcpy(order + begin + coded, END, sizeof(END));
    put_raw(order, strlen(order));
    free(order);
}

static struct screen_color cell_color(short number)
{
    if (number < 0)
        return (struct screen_color){.kind = SCREEN_COLOR_DEFAULT};
    return (struct screen_color){.kind = SCREEN_COLOR_INDEXED, .index = (uint8_t)number};
}

static unsigned cell_attributes(attr_t attributes)
{
    static const struct {
        attr_t curses;
        unsigned cell;
    } PAIRS[] = {{A_BOLD, SCREEN_BOLD},
                 {A_DIM, SCREEN_DIM},
                 {A_UNDERLINE, SCREEN_UNDERLINE},
                 {A_REVERSE, SCREEN_REVERSE}};
    unsigned all = 0;
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++)
        all |= attributes & PAIRS[i].curses ? PAIRS[i].cell : 0u;
    return all;
}

static void read_cell(int row, int col, struct screen_cell *cell)
{
    wchar_t wide[CCHARW_MAX + 1] = {0};
    cchar_t shown;
    attr_t attributes = A_NORMAL;
    short pair = 0, foreground = -1, background = -1;
    if (mvwin_wch(curscr, row, col, &shown) == ERR ||
        getcchar(&shown, wide, &attributes, &pair, NULL) == ERR)
        return;
    if (pair > 0)
        pair_content(pair, &foreground, &background);
    if (key_utf8(cell->text, (uint32_t)wide[0]) == 0)
        cell->text[0] = '\0';
    cell->attrs = cell_attributes(attributes);
    cell->fg = cell_color(foreground);
    cell->bg = cell_color(background);
}

int term_snapshot(const struct term *term, struct screen_grid *grid)
{
    int rows, cols;
    term_size(term, &rows, &cols);
    const int error = screen_grid_init(grid, rows, cols);
    if (error)
        return error;
    grid->cursor_visible = term->cursor_col >= 0;
    grid->cursor_row = term->cursor_row;
    grid->cursor_col = term->cursor_col;
    for (int row = 0; row < rows; row++)
        for (int col = 0; col < cols; col++)
            read_cell(row, col, screen_grid_cell(grid, row, col));
    return 0;
}
