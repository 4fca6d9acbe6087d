/* screenshot: from options to an SVG file. */
#include "command/screenshot.h"

#include "base/own_file.h"
#include "options/output.h"
#include "svg/svg.h"
#include "ui/key/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLS_USUAL 120
#define ROWS_USUAL 36
#define CELLS_MOST 1000

static int from_environment(const char *name, int usual)
{
    const char *text = getenv(name);
    const int cells = text ? atoi(text) : 0;
    return cells >= 1 && cells <= CELLS_MOST ? cells : usual;
}

static int read_size(struct screen_shot *shot, const char *size)
{
    char rest;
    shot->cols = from_environment("COLUMNS", COLS_USUAL);
    shot->rows = from_environment("LINES", ROWS_USUAL);
    if (!size)
        return EXIT_DONE;
    if (sscanf(size, "%dx%d%c", &shot->cols, &shot->rows, &rest) == 2 && shot->cols >= 1 &&
        shot->rows >= 1 && shot->cols <= CELLS_MOST && shot->rows <= CELLS_MOST)
        return EXIT_DONE;
    message("--size \"%s\": expected COLUMNSxLINES of 1 to %d, say 120x36", size, CELLS_MOST);
    return EXIT_USAGE;
}

static int check_keys(const char *keys)
{
    size_t at = 0;
    struct key key;
    enum key_script_step step;
    while ((step = key_script_next(keys, &at, &key)) != KEY_SCRIPT_END) {
        if (step != KEY_SCRIPT_BAD)
            continue;
        message("--keys, character %zu: no key is called \"%.12s\"; names are as in "
                "<Enter> <Esc> <Tab> <Up> <PgDn> <F4> <C-l> <lt> <Frame>",
                at + 1, keys + at);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int screenshot_begin(struct screenshot *screenshot, const struct options *options)
{
    *screenshot = (struct screenshot){
        .path = options->screenshot,
        .shot = {.keys = options->keys ? options->keys : "", .after_ns = options->for_ns}};
    if (!options->screenshot && (options->keys || options->size)) {
        message("--keys and --size belong to --screenshot FILE");
        return EXIT_USAGE;
    }
    if (!options->screenshot)
        return EXIT_DONE;
    int code = read_size(&screenshot->shot, options->size);
    if (!code)
        code = check_keys(screenshot->shot.keys);
    if (code)
        return code;
    const char *why;
    const int descriptor = own_file_create(screenshot->path, &why);
    screenshot->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (screenshot->file)
        return EXIT_DONE;
    message("--screenshot %s: %s", screenshot->path, descriptor < 0 ? why : strerror(errno));
    return EXIT_FAILED;
}

int screenshot_write(struct screenshot *screenshot, const struct screen_settings *settings)
{
    const enum theme base =
        settings->theme == THEME_OWN ? settings->own_theme->base : settings->theme;
    const struct svg_options options = {.light = base == THEME_LIGHT};
    if (!screenshot->grid.cells) {
        message("--screenshot: no frame came, nothing is written to %s", screenshot->path);
        return EXIT_FAILED;
    }
    svg_write(screenshot->file, &screenshot->grid, &options);
    const bool failed = fflush(screenshot->file) != 0 || ferror(screenshot->file);
    if (failed)
        message("--screenshot %s: %s", screenshot->path, strerror(errno));
    return failed ? EXIT_FAILED : EXIT_DONE;
}

void screenshot_done(struct screenshot *screenshot)
{
    screen_grid_done(&screenshot->grid);
    if (screenshot->file)
        fclose(screenshot->file);
    screenshot->file = NULL;
}
