/* Input to the real program: sequences of terminals, cut anywhere, and keys typed ahead on every
 * view, page and menu: no command runs that no key meant, and no key is waited for in vain. */
#include "key_sequences.h"
#include "terminal_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define FILTER   "state est"
#define SHIFT_MS 80 /* more than the end of rxvt's shifted keys is waited for */

static unsigned every = 1; /* of the sequences, and of what is typed ahead */

/* Paused, so that nothing but keys changes what is shown. */
static struct pty_screen *start_paused(void)
{
    const char *const argv[] = {terminal_program, "--demo", "7", "-i", "60", FILTER, NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 100, .argv = argv};
    struct pty_screen *screen = NULL;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    pty_screen_send_keys(screen, "p");
    assert_true(pty_screen_wait_text(screen, "paused", DEADLINE_MS));
    return screen;
}

/* The program has read all that was sent, and painted what came of it. */
static void settle(struct pty_screen *screen)
{
    pty_screen_wait_quiet(screen, SHIFT_MS, DEADLINE_MS);
    pty_screen_send_keys(screen, "?");
    assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
    pty_screen_send_keys(screen, "<Esc>");
    assert_true(pty_screen_wait_text_gone(screen, "Columns of this view", DEADLINE_MS));
}

static bool shows(struct pty_screen *screen, void *text)
{
    char *now = pty_screen_text(screen);
    const bool same = now && strcmp(now, text) == 0;
    free(now);
    return same;
}

static void expect_same(struct pty_screen *screen, char *before, const struct key_sequence *of)
{
    if (pty_screen_wait_for(screen, shows, before, DEADLINE_MS))
        return;
    fail_msg("%s %s, cut, did something:\n%s", of->terminal, of->name, pty_screen_text(screen));
}

/* Whole, cut with and without a pause, and without its rest. */
static void send_cut(struct pty_screen *screen, const char *bytes, size_t cut, int pause_ms)
{
    pty_screen_send_bytes(screen, bytes, cut);
    if (pause_ms > 0)
        pty_screen_wait_quiet(screen, pause_ms, pause_ms + 5);
    pty_screen_send_bytes(screen, bytes + cut, strlen(bytes) - cut);
}

static void test_sequences_that_are_no_keys(void **state)
{
    struct pty_screen *screen = start_paused();
    unsigned sent = 0;
    (void)state;
    pty_screen_wait_idle(screen, DEADLINE_MS);
    char *before = pty_screen_text(screen);
    for (size_t i = 0; i < key_sequence_count; i += every) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        const size_t escapes = strspn(of->bytes, "\033");
        if (of->code != KEY_CODE_NONE)
            continue;
        pty_screen_send_bytes(screen, of->bytes, strlen(of->bytes));
        pty_screen_wait_quiet(screen, 2, 5);
        for (size_t cut = escapes + 1; cut < strlen(of->bytes); cut++) {
            send_cut(screen, of->bytes, cut, cut % 2 ? 5 : 0);
            sent++;
        }
        settle(screen);
        expect_same(screen, before, of);
    }
    print_message("%u sequences, cut\n", sent);
    free(before);
    pty_screen_free(screen);
}

/* PuTTY's, rxvt's and the console's on a terminal that says it is an xterm. */
static void test_keys_of_other_terminals(void **state)
{
    static const char *const HELP[] = {"\033OP", "\033[11~", "\033[[A", "\033[P", "\217P"};
    static const char *const FILTERS[] = {"\033OS", "\033[14~", "\033[[D", "\033[S"};
    static const char *const LAST[] = {"\033[4~", "\033[8~", "\033OF", "\033[F"};
    static const char *const FIRST[] = {"\033[1~", "\033[7~", "\033OH", "\033[H"};
    struct pty_screen *screen = start_paused();
    (void)state;
    pty_screen_wait_idle(screen, DEADLINE_MS);
    char *first = pty_screen_text(screen);
    for (size_t i = 0; i < sizeof(HELP) / sizeof(HELP[0]); i++) {
        pty_screen_send_bytes(screen, HELP[i], strlen(HELP[i]));
        assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
        pty_screen_send_keys(screen, "<Esc>");
        assert_true(pty_screen_wait_text_gone(screen, "Columns of this view", DEADLINE_MS));
    }
    for (size_t i = 0; i < sizeof(FILTERS) / sizeof(FILTERS[0]); i++) {
        pty_screen_send_bytes(screen, FILTERS[i], strlen(FILTERS[i]));
        assert_true(pty_screen_wait_text(screen, "Enter keep", DEADLINE_MS));
        pty_screen_send_keys(screen, "<Esc>");
        assert_true(pty_screen_wait_text_gone(screen, "Enter keep", DEADLINE_MS));
    }
    for (size_t i = 0; i < sizeof(LAST) / sizeof(LAST[0]); i++) {
        size_t painted, before;
        pty_screen_raw(screen, &before);
        pty_screen_send_bytes(screen, LAST[i], strlen(LAST[i]));
        pty_screen_wait_idle(screen, DEADLINE_MS);
        pty_screen_raw(screen, &painted);
        assert_true(painted > before); /* the cursor has moved */
        pty_screen_send_bytes(screen, FIRST[i], strlen(FIRST[i]));
        assert_true(pty_screen_wait_for(screen, shows, first, DEADLINE_MS));
    }
    free(first);
    pty_screen_free(screen);
}

static void test_paste_is_asked_for(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    size_t size;
    int status;
    (void)state;
    const unsigned char *raw = pty_screen_raw(screen, &size);
    assert_non_null(memmem(raw, size, "\033[?2004h", 8));
    assert_null(memmem(raw, size, "\033[?2004l", 8));
    pty_screen_send_keys(screen, "/\303\274x");
    assert_true(pty_screen_wait_text(screen, "\303\274x", DEADLINE_MS));
    pty_screen_send_bytes(screen, "\033[200~ or\n443\r\033[201~", 20);
    assert_true(pty_screen_wait_text(screen, "\303\274x or 443", DEADLINE_MS));
    pty_screen_wait_idle(screen, DEADLINE_MS);
    pty_screen_send_keys(screen, "<Enter>");
    assert_true(pty_screen_wait_text_gone(screen, "Enter keep", DEADLINE_MS));
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    raw = pty_screen_raw(screen, &size);
    assert_non_null(memmem(raw, size, "\033[?2004l", 8));
    pty_screen_free(screen);
}

/* All in one read, before anything of it was laid out or painted. */
static void test_typed_ahead(void **state)
{
    static const char *const VIEWS[] = {"1", "2", "3", "4", "5", "6"};
    static const char *const PLACES[] = {"", "\r", "\r\r", "?", "s", "c", "j\r", "G\r"};
    static const char *const KEYS[] = {
        ">",    "<",    ">>>><<<<", "\033[6~", "\033[5~",
        "G",    "gj",   "\033[B",   "r",       "s\r",
        "\r>",  "o>r<", "c \r",     "\t\t",    "\033[<64;5;5M\033[<0;5;5M",
        "/x\r>"};
    (void)state;
    struct pty_screen *screen = terminal_start_and_wait();
    unsigned number = 0;
    for (size_t v = 0; v < sizeof(VIEWS) / sizeof(VIEWS[0]); v++)
        for (size_t p = 0; p < sizeof(PLACES) / sizeof(PLACES[0]); p++)
            for (size_t k = 0; k < sizeof(KEYS) / sizeof(KEYS[0]); k++) {
                char bytes[64];
                if (number++ % every != 0)
                    continue;
                const int length =
                    snprintf(bytes, sizeof(bytes), "%s%s%s", VIEWS[v], PLACES[p], KEYS[k]);
                pty_screen_send_bytes(screen, bytes, (size_t)length);
                pty_screen_send_keys(screen, "<Esc><Esc><Esc><Esc>1?");
                if (!pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS))
                    fail_msg("\"%s\" is the last that was done:\n%s", bytes,
                             pty_screen_text(screen));
                pty_screen_send_keys(screen, "<Esc>");
                assert_true(pty_screen_wait_text_gone(screen, "Columns of this view", DEADLINE_MS));
            }
    assert_int_equal(pty_screen_quit(screen, END_DEADLINE_MS), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences_that_are_no_keys),
        cmocka_unit_test(test_keys_of_other_terminals),
        cmocka_unit_test(test_paste_is_asked_for),
        cmocka_unit_test(test_typed_ahead),
    };
    if (argc != 2 && argc != 3) {
        fputs("usage: test_input TCPLENS [EVERY]\n", stderr);
        return 2;
    }
    terminal_program = argv[1];
    every = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
