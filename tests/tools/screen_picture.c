/* screen_picture: makes an SVG picture of a real terminal screen.
 *
 *     screen_picture [options] --out x.svg GOLDEN           a golden dump (see screen_grid.h)
 *     screen_picture [options] --out x.svg -- CMD ARG...    runs CMD on a pty first
 *
 * Options: see USAGE. --steps is a list of words, done in order: "wait:TEXT" waits for the text,
 * "gone:TEXT" until it is gone, "quiet:MS" until nothing was written for so long, all else is keys
 * (names as in pty_screen.h), but for "shot:SECONDS:TITLE", a picture of a film: where there are any,
 * the film is what is written. A "_" in TEXT and TITLE stands for a space. --keys may be given too,
 * and is the same. Independent of which program it photographs. */
#include "pty_screen.h"
#include "svg/svg.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: screen_picture [options] --out FILE.svg GOLDEN\n"
    "       screen_picture [options] --out FILE.svg -- CMD ARG...\n"
    "  --size COLSxROWS      size of the terminal (80x24)\n"
    "  --env NAME=VALUE      set for CMD; may be given often; NAME alone unsets\n"
    "  --keys 'WORD WORD'    keys and waits in order: j <Enter> wait:TEXT gone:TEXT quiet:MS\n"
    "                        shot:SECONDS:TITLE, a picture of a film\n"
    "  --wait TEXT           wait for the text, after the keys\n"
    "  --deadline MS         of each wait (10000)\n"
    "  --background dark|light\n"
    "  --title TEXT          a title bar\n"
    "  --cursor              draw the cursor\n"
    "  --golden FILE         write the golden dump too\n"
    "  --out FILE            where the picture goes (- is stdout)\n";

enum { ENV_MAX = 32 };

struct request {
    int rows, cols, deadline_ms;
    const char *env[ENV_MAX + 1];
    int env_count;
    const char *keys, *wait, *out, *golden_out, *input;
    char **command;
    struct svg_options svg;
    struct svg_scene *scenes;
    size_t scene_count;
};

static int fail(const char *what, const char *detail)
{
    fprintf(stderr, "screen_picture: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    return -EINVAL;
}

static int do_wait(struct pty_screen *screen, char *word, int deadline_ms)
{
    char *text = strchr(word, ':') + 1;
    for (char *at = text; *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    bool done = word[0] == 'w'   ? pty_screen_wait_text(screen, text, deadline_ms)
                : word[0] == 'g' ? pty_screen_wait_text_gone(screen, text, deadline_ms)
                                 : pty_screen_wait_quiet(screen, atoi(text), deadline_ms);
    if (done)
        return 0;
    char *shown = pty_screen_text(screen);
    fail("the deadline passed at", word);
    fputs(shown ? shown : "", stderr);
    free(shown);
    return -ETIMEDOUT;
}

static int take_shot(struct pty_screen *screen, struct request *request, char *word)
{
    char *title = NULL;
    const double seconds = strtod(word + strlen("shot:"), &title);
    struct svg_scene *scenes =
        realloc(request->scenes, (request->scene_count + 1) * sizeof(*scenes));
    if (!scenes)
        return -ENOMEM;
    request->scenes = scenes;
    if (seconds <= 0 || *title != ':')
        return fail("a shot is shot:SECONDS:TITLE, not", word);
    title = strdup(title + 1);
    for (char *at = title; at && *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    pty_screen_wait_quiet(screen, 150, 3000);
    struct svg_scene *scene = &scenes[request->scene_count];
    *scene = (struct svg_scene){.seconds = seconds, .title = title};
    const int rc = title ? pty_screen_snapshot(screen, &scene->grid) : -ENOMEM;
    request->scene_count += rc == 0;
    return rc;
}

static int do_step(struct pty_screen *screen, struct request *request, char *word)
{
    const int deadline_ms = request->deadline_ms;
    if (strncmp(word, "shot:", 5) == 0)
        return take_shot(screen, request, word);
    if (strncmp(word, "wait:", 5) == 0 || strncmp(word, "gone:", 5) == 0 ||
        strncmp(word, "quiet:", 6) == 0)
        return do_wait(screen, word, deadline_ms);
    int rc = pty_screen_send_keys(screen, word);
    return rc == 0 ? 0 : fail("these keys cannot be sent", word);
}

static int do_steps(struct pty_screen *screen, struct request *request)
{
    char *steps = strdup(request->keys ? request->keys : "");
    char *save = NULL;
    int rc = steps ? 0 : -ENOMEM;
    for (char *word = steps ? strtok_r(steps, " \n", &save) : NULL; word && rc == 0;
         word = strtok_r(NULL, " \n", &save))
        rc = do_step(screen, request, word);
    free(steps);
    if (rc == 0 && request->wait &&
        !pty_screen_wait_text(screen, request->wait, request->deadline_ms))
        rc = fail("the text did not appear", request->wait);
    if (rc == 0 && !pty_screen_wait_quiet(screen, 150, 3000))
        rc = 0; /* a screen that never rests is photographed as it is */
    return rc;
}

static int photograph(struct request *request, struct screen_grid *grid)
{
    struct pty_screen *screen = NULL;
    struct pty_screen_options options = {.rows = request->rows,
                                         .cols = request->cols,
                                         .argv = (const char *const *)request->command,
                                         .env = request->env};
    int rc = pty_screen_start(&screen, &options);
    if (rc != 0)
        return fail("cannot start the program", strerror(-rc));
    rc = do_steps(screen, request);
    if (rc == 0)
        rc = pty_screen_snapshot(screen, grid);
    pty_screen_free(screen);
    return rc;
}

static int read_golden(const char *path, struct screen_grid *grid)
{
    FILE *in = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    int line = 0;
    if (!in)
        return fail(path, strerror(errno));
    ssize_t size = getdelim(&text, &room, '\0', in);
    fclose(in);
    int rc = size < 0 ? -EIO : screen_grid_from_golden(grid, text, &line);
    free(text);
    if (rc != 0)
        fprintf(stderr, "screen_picture: %s:%d: not a golden dump\n", path, line);
    return rc;
}

static int write_outputs(const struct request *request, const struct screen_grid *grid)
{
    FILE *out = strcmp(request->out, "-") == 0 ? stdout : fopen(request->out, "we");
    if (!out)
        return fail(request->out, strerror(errno));
    if (request->scene_count > 0)
        svg_write_film(out, request->scenes, request->scene_count, &request->svg);
    else
        svg_write(out, grid, &request->svg);
    if (fflush(out) != 0 || (out != stdout && fclose(out) != 0))
        return fail(request->out, strerror(errno));
    if (!request->golden_out)
        return 0;
    char *golden = screen_grid_to_golden(grid);
    FILE *file = fopen(request->golden_out, "we");
    if (!file || !golden || fputs(golden, file) < 0 || fclose(file) != 0)
        return fail(request->golden_out, strerror(errno));
    free(golden);
    return 0;
}

static const struct option OPTIONS[] = {
    {"size", 1, NULL, 's'},     {"env", 1, NULL, 'e'},        {"keys", 1, NULL, 'k'},
    {"steps", 1, NULL, 'k'},    {"wait", 1, NULL, 'w'},       {"out", 1, NULL, 'o'},
    {"title", 1, NULL, 't'},    {"background", 1, NULL, 'b'}, {"golden", 1, NULL, 'g'},
    {"deadline", 1, NULL, 'd'}, {"cursor", 0, NULL, 'c'},     {"help", 0, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 0, or -EINVAL after a line on stderr. */
static int take_option(struct request *request, int option, const char *value)
{
    if (option == 's' && sscanf(value, "%dx%d", &request->cols, &request->rows) != 2)
        return fail("--size wants COLSxROWS, for example 120x30, not", value);
    if (option == 'e' && request->env_count == ENV_MAX)
        return fail("too many --env", NULL);
    if (option == 'b' && strcmp(value, "dark") != 0 && strcmp(value, "light") != 0)
        return fail("--background wants dark or light, not", value);
    if (option == 'e')
        request->env[request->env_count++] = value;
    else if (option == 'b')
        request->svg.light = value[0] == 'l';
    else if (option == 'k')
        request->keys = value;
    else if (option == 'w')
        request->wait = value;
    else if (option == 'o')
        request->out = value;
    else if (option == 't')
        request->svg.title = value;
    else if (option == 'g')
        request->golden_out = value;
    else if (option == 'd')
        request->deadline_ms = atoi(value);
    else if (option == 'c')
        request->svg.cursor = true;
    else if (option == '?')
        return fail("see screen_picture --help", NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct request request = {.rows = 24, .cols = 80, .deadline_ms = 10000};
    struct screen_grid grid = {0};
    int option;
    setlocale(LC_CTYPE, "C.UTF-8");
    while ((option = getopt_long(argc, argv, "+h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            fputs(USAGE, stdout);
            return 0;
        }
        if (take_option(&request, option, optarg) != 0)
            return 2;
    }
    if (!request.out || optind >= argc) {
        fputs(USAGE, stderr);
        return 2;
    }
    bool run = strcmp(argv[optind - 1], "--") == 0;
    request.command = argv + optind;
    int rc = run ? photograph(&request, &grid) : read_golden(argv[optind], &grid);
    if (rc == 0)
        rc = write_outputs(&request, &grid);
    screen_grid_done(&grid);
    for (size_t i = 0; i < request.scene_count; i++) {
        screen_grid_done(&request.scenes[i].grid);
        free((char *)request.scenes[i].title);
    }
    free(request.scenes);
    return rc == 0 ? 0 : 1;
}
