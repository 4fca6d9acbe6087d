/* color: roles as sequences of ECMA-48. */
#include "command/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool color_is_welcome(void)
{
    const char *none = getenv("NO_COLOR");
    return !none || !*none;
}

/* rxvt, Konsole and others report their background: "15;0" is light on dark. */
enum theme color_theme_of_terminal(void)
{
    const char *colors = getenv("COLORFGBG");
    const char *last = colors ? strrchr(colors, ';') : NULL;
    const int background = last ? atoi(last + 1) : 0;
    return background == 7 || background == 15 ? THEME_LIGHT : THEME_DARK;
}

static bool is_terminal_with_colors(void)
{
    const char *type = getenv("TERM");
    return isatty(STDOUT_FILENO) && type && *type && strcmp(type, "dumb") != 0 &&
           strncmp(type, "vt", 2) != 0;
}

struct color color_of_output(enum color_when when)
{
    const char *type = getenv("TERM");
    const bool wanted = color_is_welcome() && is_terminal_with_colors();
    return (struct color){.on = when == COLOR_ALWAYS || (when == COLOR_AUTO && wanted),
                          .rich = type && strstr(type, "256color") != NULL,
                          .theme = color_theme_of_terminal()};
}

static void put_look(struct buffer *out, const struct look *look, bool rich)
{
    const int shade = rich ? look->rich : look->plain;
    buffer_text(out, "\033[");
    if (look->attributes & LOOK_BOLD)
        buffer_text(out, "1;");
    if (shade == COLOR_NONE && look->attributes & LOOK_DIM)
        buffer_text(out, "2;");
    if (shade == COLOR_NONE)
        buffer_text(out, "39m");
    else if (rich)
        buffer_printf(out, "38;5;%dm", shade);
    else
        buffer_printf(out, "%dm", shade < 8 ? 30 + shade : 90 + shade - 8);
}

void color_put(struct buffer *out, const struct color *color, unsigned role, const char *text)
{
    const struct look *look = &THEME[role][color->theme];
    const bool plain =
        !color->on || !text[0] ||
        ((color->rich ? look->rich : look->plain) == COLOR_NONE && look->attributes == 0);
    if (!plain)
        put_look(out, look, color->rich);
    buffer_text(out, text);
    if (!plain)
        buffer_text(out, "\033[0m");
}
