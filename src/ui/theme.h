/* Roles of what is drawn, and THEME: what each role looks like in each theme. Pure: colours are
 * terminal colour numbers, term.c makes them real. */
#ifndef TCPLENS_UI_THEME_H
#define TCPLENS_UI_THEME_H

#include <stddef.h>
#include <stdint.h>

enum role {
    ROLE_NORMAL,
    ROLE_DIM,    /* what does not change, what cannot act, labels */
    ROLE_STRONG, /* the figures one looks for */
    ROLE_ACCENT, /* the active view, the sort column */
    ROLE_TITLE,  /* table header */
    ROLE_KEY,    /* key names in footer and help */
    ROLE_GOOD,
    ROLE_NOTICE,  /* worth a look */
    ROLE_TROUBLE, /* wrong */
    ROLE_IN,      /* traffic that comes, goes */
    ROLE_OUT,
    ROLE_OPENED, /* marks of rows */
    ROLE_CHANGED,
    ROLE_CLOSED,
    ROLE_STATE_QUIET, /* in the order of enum state_role */
    ROLE_STATE_LISTEN,
    ROLE_STATE_OPENING,
    ROLE_STATE_OPEN,
    ROLE_STATE_CLOSING,
    ROLE_STATE_STUCK,
    ROLE_STATE_GONE,
    ROLE_BORDER,
    ROLE_COUNT
};

/* A style is a role and any of these, or-ed. */
#define STYLE_ROLE(style) ((style)&0xffu)
#define STYLE_SELECTED    0x100u /* on the cursor line */
#define STYLE_TAGGED      0x200u
#define STYLE_BOLD        0x400u
#define STYLE_UNDERLINE   0x800u
#define STYLE_REVERSE     0x1000u

enum theme {
    THEME_DARK,
    THEME_LIGHT,
    THEME_SAFE,
    THEME_MONO,
    THEME_CONTRAST,
    THEME_COUNT,
    THEME_OWN = THEME_COUNT /* the one of the user's file, where there is one */
};

/* What graphs are drawn with. Braille has the finest steps; not every font has it. */
enum glyphs { GLYPHS_BRAILLE, GLYPHS_BLOCKS, GLYPHS_ASCII, GLYPHS_COUNT };
extern const char *const GLYPHS_NAMES[GLYPHS_COUNT];         /* "braille" "blocks" "ascii" */
int glyphs_from_name(const char *name, enum glyphs *glyphs); /* 0 or -EINVAL */

#define COLOR_NONE (-1) /* the terminal's own */

struct look {
    int16_t rich;       /* colour on terminals of 256 colours */
    int8_t plain;       /* on terminals of 8 or 16 colours; 8..15 become bold 0..7 on 8 */
    uint8_t attributes; /* enum look_attribute */
};

enum look_attribute { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };

extern const struct look THEME[ROLE_COUNT][THEME_COUNT];
/* Backgrounds of 256-colour terminals for the cursor line and tagged rows; elsewhere reverse and
 * underline do it. */
extern const int16_t THEME_SELECTED[THEME_COUNT], THEME_TAGGED[THEME_COUNT];
/* Colours of text and ground that take the place of the terminal's own, or COLOR_NONE; of fewer
 * than 256 white and black. */
extern const int16_t THEME_GROUND[THEME_COUNT][2];
extern const char *const THEME_HELP[THEME_COUNT];  /* for which eyes and backgrounds */
extern const char *const THEME_NAMES[THEME_COUNT]; /* "dark" "light" "safe" "mono" "contrast" */

/* What a theme file calls each role, and what has it; in the order of enum role. */
struct role_name {
    const char *name, *help;
};
extern const struct role_name ROLE_NAMES[ROLE_COUNT];

#define THEME_NAME_MAX 41

/* All of one theme, as the tables above have it or a file says. */
struct theme_looks {
    char name[THEME_NAME_MAX];
    enum theme base; /* of a file: what it begins with; else itself */
    struct look roles[ROLE_COUNT];
    int16_t selected, tagged, ground[2];
};

void theme_looks_of(struct theme_looks *looks, enum theme theme); /* none of THEME_OWN */

/* 0 or -EINVAL. */
int theme_from_name(const char *name, enum theme *theme);

#endif
