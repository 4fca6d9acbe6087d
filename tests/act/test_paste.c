/* test_paste TCPLENS [ROUNDS]: hostile text, pasted on every view, page, menu and prompt and into
 * both dialogs, marked as a paste and not, signals nothing, closes nothing and does not end the
 * program. */
#include "act_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT   4900
#define ROUNDS 60
#define BEGIN  "\033[200~"
#define END    "\033[201~"

struct place {
    const char *keys; /* from Connections with the cursor on the holder's row */
    const char *text; /* is on the screen there */
};

static const struct place PLACES[] = {
    {"1", "[1 Connections]"},
    {"2", "[2 Processes]"},
    {"3", "[3 Listeners]"},
    {"4", "[4 Peers]"},
    {"5", "[5 Events]"},
    {"6", "[6 States]"},
    {"7", "[7 Findings"},
    {"<Enter>", "accept queue"},
    {"2<Enter>", "started"},
    {"3<Enter>", "┌ Listener"},
    {"3<Enter><Down><Enter>", "▸ Process"},
    {"?", "Columns of this view"},
    {"s", "Sort by"},
    {"2s", "Sort by"},
    {"c", "show, hide"},
    {"c/", "Columns"},
    {"/", "Enter keep"},
    {"t", "go to:"},
    {" ", "4900"},
    {"K", "holds 1 socket;"},
    {"X", "Type \"close\""},
};

/* What keys would make of it: signal, close, record, save, quit. */
static const char *const TEXTS[] = {
    "K\r",
    "BACKUP_KEY=x\nnext line\n",
    "X\rclose\r",
    "\033[20~\r\r",
    "\033[19~close\r",
    "1gK\r\n2gK\r\n3gK\r\nq",
    "Xclose\nKy\n \n Uwq",
    "\033[<0;10;5M\033K\r\033[Bq\r",
    "K\tKILL\r\033[A\r",
    "9\r15\rsignal\r",
    "K\r\033[20\177\r",
    "close\rclose\r",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void send_text(const char *text)
{
    check(pty_screen_send_bytes(screen, text, strlen(text)) == 0, "the text is not taken");
}

/* One that ends the paste itself, in half of the rounds. */
static void paste(const char *text, bool ends_itself)
{
    char bytes[256];
    snprintf(bytes, sizeof bytes, BEGIN "%s%s%s" END, text, ends_itself ? END : "",
             ends_itself ? text : "");
    send_text(bytes);
}

/* To Connections with all rows of the filter, wherever the paste left us. */
static void go_home(pid_t pid)
{
    keys("<Esc><Esc><Esc>");
    do
        keys("/"); /* until the prompt is open, whatever the paste left open */
    while (!pty_screen_wait_text(screen, "Tab complete", 500));
    keys("<C-u>sport 4900<Enter>");
    check(pty_screen_wait_text_gone(screen, "Tab complete", DEADLINE_MS), "the prompt stays open");
    keys("1gU");
    wait_text("[1 Connections]");
    wait_pid_shown(pid);
}

static void must_be_as_it_was(pid_t pid, const struct place *place, const char *text)
{
    int status;
    if (pty_screen_wait_exit(screen, &status, 0))
        fail("the program has ended");
    must_live(pid);
    if (pty_screen_find(screen, "sent to", NULL, NULL) ||
        pty_screen_find(screen, ": closed", NULL, NULL)) {
        fprintf(stderr, "pasted \"%s\" at \"%s\"\n", text, place->keys);
        fail("an act was done");
    }
}

static void paste_at(pid_t pid, unsigned round)
{
    const struct place *place = &PLACES[round % COUNT(PLACES)];
    const char *text = TEXTS[round / COUNT(PLACES) % COUNT(TEXTS)];
    keys(place->keys);
    wait_text(place->text);
    paste(text, round % 2);
    pty_screen_wait_quiet(screen, 30, 200);
    must_be_as_it_was(pid, place, text);
    check(place->keys[0] == 'K' || !pty_screen_find(screen, "holds 1 socket;", NULL, NULL),
          "pasted text opened a dialog");
    go_home(pid);
}

/* A terminal without bracketed paste: keys they are, but no Enter of them confirms. */
static void paste_unmarked(pid_t pid, unsigned round)
{
    static const char *const KEYS[] = {"K\r", "K\n\r\n\r\r", "Kjj\r\r", "Xclose\r\r", "gK\t\r\r"};
    const char *text = KEYS[round % COUNT(KEYS)];
    send_text(text);
    if (!pty_screen_wait_text(screen, "Esc cancel", DEADLINE_MS))
        fail("no dialog");
    must_be_as_it_was(pid, &PLACES[0], text);
    go_home(pid);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: test_paste TCPLENS [ROUNDS]\n");
        return 2;
    }
    const unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : ROUNDS;
    program = argv[1];
    net_enter_namespace(0);
    const pid_t pid = start_holder(PORT, 0);
    start("sport 4900", NULL);
    wait_pid_shown(pid);
    for (unsigned round = 0; round < rounds; round++) {
        paste_at(pid, round);
        if (round % 4 == 0)
            paste_unmarked(pid, round / 4);
    }
    end_scene();
    must_live(pid);
    end(pid);
    printf("ok: %u pastes on %zu views, pages, menus and prompts, no act\n", rounds, COUNT(PLACES));
    return 0;
}
