/* theme: THEME, the looks of all roles in all themes. Pure. */
#include "ui/theme.h"

#include <errno.h>
#include <string.h>

enum { N = COLOR_NONE, B = LOOK_BOLD, D = LOOK_DIM, U = LOOK_UNDERLINE };

/* The terminal's own colours carry normal text, so that a theme suits any background of its kind.
 * `safe` uses blue and orange, never red against green, in tones readable on black and on white.
 * `contrast` has its own background and nothing dim. */
/* clang-format off */
const struct look THEME[ROLE_COUNT][THEME_COUNT] = {
    /* dark, light, safe, mono, contrast */
    [ROLE_NORMAL]        = {{N, N, 0}, {N, N, 0}, {N, N, 0}, {N, N, 0}, {N, N, 0}},
    [ROLE_DIM]           = {{244, N, D}, {243, N, D}, {244, N, D}, {N, N, D}, {252, 7, 0}},
    [ROLE_STRONG]        = {{N, N, B}, {N, N, B}, {N, N, B}, {N, N, B}, {N, N, B}},
    [ROLE_ACCENT]        = {{80, 6, B}, {30, 6, B}, {32, 6, B}, {N, N, B | U}, {51, 6, B | U}},
    [ROLE_TITLE]         = {{247, N, D}, {240, N, D}, {244, N, D}, {N, N, D}, {231, 7, U}},
    [ROLE_KEY]           = {{80, 6, 0}, {30, 6, 0}, {32, 6, 0}, {N, N, B}, {51, 6, B}},
    [ROLE_GOOD]          = {{114, 2, 0}, {28, 2, 0}, {32, 4, 0}, {N, N, 0}, {46, 2, B}},
    [ROLE_NOTICE]        = {{179, 3, 0}, {130, 3, 0}, {136, 3, 0}, {N, N, B}, {226, 3, B}},
    [ROLE_TROUBLE]       = {{203, 1, B}, {160, 1, B}, {166, 3, B}, {N, N, B}, {217, 3, B | U}},
    [ROLE_IN]            = {{110, 4, 0}, {25, 4, 0}, {32, 4, 0}, {N, N, 0}, {117, 6, 0}},
    [ROLE_OUT]           = {{180, 3, 0}, {94, 3, 0}, {136, 3, 0}, {N, N, 0}, {222, 3, 0}},
    [ROLE_OPENED]        = {{114, 2, 0}, {28, 2, 0}, {32, 4, 0}, {N, N, B}, {46, 2, B}},
    [ROLE_CHANGED]       = {{221, 3, 0}, {130, 3, 0}, {136, 3, 0}, {N, N, B}, {226, 3, B}},
    [ROLE_CLOSED]        = {{203, 1, 0}, {160, 1, 0}, {166, 5, 0}, {N, N, D}, {217, 7, 0}},
    [ROLE_STATE_QUIET]   = {{244, N, D}, {243, N, D}, {244, N, D}, {N, N, D}, {252, 7, 0}},
    [ROLE_STATE_LISTEN]  = {{110, 4, 0}, {25, 4, 0}, {67, 4, 0}, {N, N, 0}, {117, 6, 0}},
    [ROLE_STATE_OPENING] = {{152, 6, 0}, {30, 6, 0}, {66, 6, 0}, {N, N, 0}, {51, 6, 0}},
    [ROLE_STATE_OPEN]    = {{N, N, 0}, {N, N, 0}, {N, N, 0}, {N, N, 0}, {N, N, 0}},
    [ROLE_STATE_CLOSING] = {{180, 3, 0}, {94, 3, 0}, {136, 3, 0}, {N, N, 0}, {222, 3, 0}},
    [ROLE_STATE_STUCK]   = {{176, 5, 0}, {90, 5, 0}, {166, 5, 0}, {N, N, B}, {219, 5, B}},
    [ROLE_STATE_GONE]    = {{203, 1, 0}, {160, 1, 0}, {166, 5, 0}, {N, N, D}, {217, 7, 0}},
    [ROLE_BORDER]        = {{240, N, D}, {248, N, D}, {244, N, D}, {N, N, D}, {231, 7, 0}},
};
/* clang-format on */

const struct role_name ROLE_NAMES[ROLE_COUNT] = {
    [ROLE_NORMAL] = {"normal", "text"},
    [ROLE_DIM] = {"dim", "labels, and what does not change or cannot act"},
    [ROLE_STRONG] = {"strong", "the figures one looks for"},
    [ROLE_ACCENT] = {"accent", "the active view, the sort column"},
    [ROLE_TITLE] = {"title", "titles of columns"},
    [ROLE_KEY] = {"key", "names of keys"},
    [ROLE_GOOD] = {"good", "what is well"},
    [ROLE_NOTICE] = {"notice", "what is worth a look"},
    [ROLE_TROUBLE] = {"trouble", "what is wrong"},
    [ROLE_IN] = {"in", "traffic that comes in"},
    [ROLE_OUT] = {"out", "traffic that goes out"},
    [ROLE_OPENED] = {"opened", "rows that have just opened"},
    [ROLE_CHANGED] = {"changed", "rows that have just changed"},
    [ROLE_CLOSED] = {"closed", "rows that have just closed"},
    [ROLE_STATE_QUIET] = {"state-quiet", "TIME-WAIT, and bound sockets"},
    [ROLE_STATE_LISTEN] = {"state-listen", "LISTEN"},
    [ROLE_STATE_OPENING] = {"state-opening", "SYN-SENT, SYN-RECEIVED"},
    [ROLE_STATE_OPEN] = {"state-open", "ESTABLISHED"},
    [ROLE_STATE_CLOSING] = {"state-closing", "FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK"},
    [ROLE_STATE_STUCK] = {"state-stuck", "CLOSE-WAIT"},
    [ROLE_STATE_GONE] = {"state-gone", "CLOSED"},
    [ROLE_BORDER] = {"border", "lines of boxes"},
};

const int16_t THEME_SELECTED[THEME_COUNT] = {237, 254, N, N, N};
const int16_t THEME_TAGGED[THEME_COUNT] = {17, 195, N, N, 18};
const int16_t THEME_GROUND[THEME_COUNT][2] = {{N, N}, {N, N}, {N, N}, {N, N}, {231, 16}};
const char *const THEME_NAMES[THEME_COUNT] = {"dark", "light", "safe", "mono", "contrast"};
const char *const THEME_HELP[THEME_COUNT] = {
    "for a dark background", "for a light background",
    "tells blue from orange, never red from green, on both",
    "no colour: bold, underlined and reverse", "high contrast, on a black of its own"};

const char *const GLYPHS_NAMES[GLYPHS_COUNT] = {"braille", "blocks", "ascii"};

static int find_name(const char *const *names, size_t count, const char *name, size_t *found)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *found = i;
            return 0;
        }
    }
    return -EINVAL;
}

void theme_looks_of(struct theme_looks *looks, enum theme theme)
{
    *looks = (struct theme_looks){.base = theme,
                                  .selected = THEME_SELECTED[theme],
                                  .tagged = THEME_TAGGED[theme],
                                  .ground = {THEME_GROUND[theme][0], THEME_GROUND[theme][1]}};
    strcpy(looks->name, THEME_NAMES[theme]);
    for (size_t role = 0; role < ROLE_COUNT; role++)
        looks->roles[role] = THEME[role][theme];
}

int theme_from_name(const char *name, enum theme *theme)
{
    size_t found;
    const int error = find_name(THEME_NAMES, THEME_COUNT, name, &found);
    if (!error)
        *theme = (enum theme)found;
    return error;
}

int glyphs_from_name(const char *name, enum glyphs *glyphs)
{
    size_t found;
    const int error = find_name(GLYPHS_NAMES, GLYPHS_COUNT, name, &found);
    if (!error)
        *glyphs = (enum glyphs)found;
    return error;
}
