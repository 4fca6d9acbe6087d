/* theme: THEME, the looks of all roles in all themes. Pure. */
#include "ui/theme.h"

#include <errno.h>
#include <string.h>

enum { N = COLOR_NONE, B = LOOK_BOLD, D = LOOK_DIM, U = LOOK_UNDERLINE };

/* The terminal's own colours carry normal text, so that a theme suits any background of its kind.
 * `safe` tells blue from orange, never red from green, in tones that
 * can be read on black and on white. `contrast` brings a ground of its own, nothing in it is dim. */
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

const int16_t THEME_SELECTED[THEME_COUNT] = {237, 254, N, N, N};
const int16_t THEME_TAGGED[THEME_COUNT] = {23, 195, N, N, 18};
const int16_t THEME_GROUND[THEME_COUNT][2] = {{N, N}, {N, N}, {N, N}, {N, N}, {231, 16}};
const char *const THEME_NAMES[THEME_COUNT] = {"dark", "light", "safe", "mono", "contrast"};

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
