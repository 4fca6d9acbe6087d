/* test_seen_screen TCPLENS: while frames read only the connections on the screen, the header says of when the rates of
 * the others are; not where a view needs all of them. The help page says what comparing them with events came to. */
#include "pty_screen.h"

#include <stdio.h>
#include <stdlib.h>

#define DEADLINE_MS 20000
#define SKIPPED     77

static void fail(struct pty_screen *screen, const char *text)
{
    char *shown = pty_screen_text(screen);
    int status;

    if (pty_screen_wait_exit(screen, &status, 0)) {
        printf("skipped: no events by bpf here: %s\n", shown);
        exit(SKIPPED);
    }
    printf("FAILED: %s\n%s\n", text, shown);
    exit(1);
}

static void expect(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS))
        fail(screen, text);
}

static void expect_gone(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text_gone(screen, text, DEADLINE_MS))
        fail(screen, text);
}

int main(int argc, char *argv[])
{
    struct pty_screen *screen;

    if (argc != 2)
        return 2;
    const char *const command[] = {argv[1],  "--refresh", "seen", "--events", "bpf",
                                   "--skip", "all",       "-i",   "0.2",      NULL};
    if (pty_screen_start(
            &screen, &(struct pty_screen_options){.rows = 110, .cols = 130, .argv = command}) < 0)
        return 1;
    expect(screen, "rates of");
    pty_screen_send_keys(screen, "2"); /* sums by process */
    expect_gone(screen, "rates of");
    pty_screen_send_keys(screen, "1");
    expect(screen, "rates of");
    pty_screen_send_keys(screen, "?<End>");
    expect(screen, "all connections read ");
    expect(screen, "compared with events ");
    pty_screen_send_keys(screen, "q");
    pty_screen_free(screen);
    return 0;
}
