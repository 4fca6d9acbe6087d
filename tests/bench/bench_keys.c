/* bench_keys TCPLENS PRESSES [ARG...]: key to repaint of the real screen on a pty, while frames are
 * being made: moves the cursor down and up and waits until the row under it is lit. Median and worst.
 *
 *     scene --unshare --pairs 50000 --processes 10 --hold \
 *         bench_keys build/tcplens 200 -i 0.1 --budget 0
 */
#include "pty_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TITLE                                                                                      \
    "LOCAL" /* of a column: how many lines stand above the titles may change at any time */
#define UNLIT_ROW   4 /* a row of the table where the cursor never is */
#define ARGS_MAX    16
#define DEADLINE_MS 10000

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool is_lit(struct pty_screen *screen, void *user)
{
    struct screen_cell lit, other;
    const int row = *(const int *)user;
    int titles;

    if (!pty_screen_find(screen, TITLE, &titles, NULL))
        return false;
    pty_screen_cell(screen, titles + 1 + row, 0, &lit);
    pty_screen_cell(screen, titles + 1 + UNLIT_ROW, 0, &other);
    return memcmp(&lit.bg, &other.bg, sizeof lit.bg) != 0 ||
           (lit.attrs ^ other.attrs) & SCREEN_REVERSE;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc - 2 >= ARGS_MAX) {
        fprintf(stderr, "usage: bench_keys TCPLENS PRESSES [ARG...]\n");
        return 2;
    }
    const size_t presses = strtoul(argv[2], NULL, 10);
    const char *arguments[ARGS_MAX + 1] = {argv[1]};
    for (int i = 3; i < argc; i++)
        arguments[i - 2] = argv[i];
    struct pty_screen_options options = {.rows = 40, .cols = 120, .argv = arguments};
    struct pty_screen *screen;
    double *times = calloc(presses, sizeof *times);
    if (!times || pty_screen_start(&screen, &options))
        return 1;
    int row = 0; /* of the table */
    if (!pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS) ||
        !pty_screen_wait_for(screen, is_lit, &row, DEADLINE_MS)) {
        fprintf(stderr, "bench_keys: no table was painted\n");
        return 1;
    }
    for (size_t i = 0; i < presses; i++) {
        row = i % 2 == 0 ? 1 : 0;
        const double began = now_ms();
        pty_screen_send_keys(screen, i % 2 == 0 ? "j" : "k");
        if (!pty_screen_wait_for(screen, is_lit, &row, DEADLINE_MS)) {
            fprintf(stderr, "bench_keys: key %zu was not answered\n", i);
            return 1;
        }
        times[i] = now_ms() - began;
        /* the presses fall on all moments of a frame */
        nanosleep(&(struct timespec){0, 7000000L + (long)(i * 7919 % 20) * 1000000L}, NULL);
    }
    qsort(times, presses, sizeof *times, compare);
    printf("key to repaint, %zu presses: median %.2f ms, 90 %% %.2f ms, worst %.2f ms\n", presses,
           times[presses / 2], times[presses * 9 / 10], times[presses - 1]);
    pty_screen_free(screen);
    free(times);
    return 0;
}
