/* Any bytes as lines of a theme file: what is taken can be drawn, what is refused says why. */
#include "fuzz_target.h"
#include "ui/theme_read.h"

#include <string.h>

static void take(struct theme_looks *looks, char *line)
{
    char why[THEME_WHY_MAX] = "";
    const struct theme_looks before = *looks;

    if (theme_take_line(looks, line, why)) {
        CHECK(why[0] && memchr(why, '\0', sizeof(why)));
        CHECK(memcmp(looks, &before, sizeof(before)) == 0);
    }
}

static void check_color(int color)
{
    CHECK(color >= COLOR_NONE && color < 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rest = text; /* of its own, so that a sanitizer sees its end */
    char weak[THEME_WHY_MAX];
    struct theme_looks looks;

    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    theme_looks_of(&looks, THEME_DARK);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        take(&looks, line);
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        check_color(looks.roles[role].rich);
        CHECK(looks.roles[role].plain >= COLOR_NONE && looks.roles[role].plain < 16);
    }
    check_color(looks.ground[0]);
    check_color(looks.ground[1]);
    check_color(looks.selected);
    check_color(looks.tagged);
    if (theme_weakness(&looks, weak, sizeof(weak)))
        CHECK(weak[0] && memchr(weak, '\0', sizeof(weak)));
    free(text);
    return 0;
}
