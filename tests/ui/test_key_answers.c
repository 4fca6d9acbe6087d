/* No key is silent: in each view, page and dialog a bound key changes what is shown, or a line says
 * why it does not. */
#include "act/act.h"
#include "collect/collect.h"
#include "source/demo/demo.h"
#include "ui/key/script.h"
#include "ui/screen/chrome.h"
#include "ui/screen/frame.h"
#include "ui/screen/keys.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS   30
#define COLS   120
#define FRAMES 3 /* of ten seconds: a listener's queue is full, and two findings hold */

static const struct {
    const char *name, *keys;
    bool types; /* text goes into a prompt, in which some keys move: at its edge they do not */
} PLACES[] = {
    {.name = "Connections", .keys = "jj"},
    {.name = "Processes", .keys = "2jj"},
    {.name = "Listeners", .keys = "3jj"},
    {.name = "Peers", .keys = "4jj"},
    {.name = "Peers by port", .keys = "4Pjj"},
    {.name = "Events", .keys = "5kkkk"},
    {.name = "States", .keys = "6jj"},
    {.name = "Findings", .keys = "7"},
    {.name = "Namespaces", .keys = "8j"},
    {.name = "Hosts, not offered", .keys = "9"},
    {.name = "page of a connection", .keys = "jj<Enter>"},
    {.name = "page of a process", .keys = "2jj<Enter>"},
    {.name = "page of a peer", .keys = "4jj<Enter>"},
    {.name = "holders of a listener", .keys = "3j<Enter><Down><Enter>"},
    {.name = "events of a connection", .keys = "jjjje"},
    {.name = "page of a finding", .keys = "7i"},
    {.name = "help", .keys = "?"},
    {.name = "Connections, none", .keys = "/zzz<Enter>"},
    {.name = "Processes, none", .keys = "2/zzz<Enter>"},
    {.name = "Events, none", .keys = "5/zzz<Enter>"},
    {.name = "Findings, tagged", .keys = "jj<Space><Space>7"},
    {.name = "menu of sort columns", .keys = "s", .types = true},
    {.name = "menu of a listener", .keys = "3j<Enter>", .types = true},
    {.name = "column chooser", .keys = "cj"},
    {.name = "search in the column chooser", .keys = "c/", .types = true},
    {.name = "Kill", .keys = "jjK"},
    {.name = "Kill, the rows of a finding", .keys = "7K"},
    {.name = "Close", .keys = "jjX"},
    {.name = "Close, with a word to type", .keys = "jjjjjjjjjjjjjjjjjX"},
};

/* Where nothing lies further that way, a list stays as it is, as lists do. */
static bool only_moves(const struct command *command)
{
    return command->group == GROUP_MOVE && command->id != COMMAND_OPEN &&
           command->id != COMMAND_BACK;
}

static bool edits(uint32_t code)
{
    return code == KEY_CODE_LEFT || code == KEY_CODE_RIGHT || code == ' ';
}

/* Sends queries to a resolver. */
static bool leaves_the_machine(const struct command *command)
{
    return command->id == COMMAND_HOSTS;
}

struct world {
    struct collector *collector;
    struct frame *frame;
    struct screen *screen;
    struct term *term;
    struct term_rescue rescue;
    char remark[128];
    uint32_t said;
    int wake;
};

static struct frame *latest(void *data)
{
    return frame_reference(((struct world *)data)->frame);
}

static void set_wish(void *data, const struct wish *wish)
{
    (void)data;
    (void)wish;
}

static void no_trouble(void *data, char *text, size_t size)
{
    (void)data;
    (void)size;
    text[0] = '\0';
}

static int keep(void *data, const struct screen_kept *kept, bool replaces, char *text, size_t size)
{
    (void)data;
    (void)kept;
    snprintf(text, size, replaces ? "saved" : "w again replaces");
    return replaces ? 0 : -EEXIST;
}

/* --- a player that answers each order in words --- */

static void order(void *data, enum transport_order what, int64_t shown_ns)
{
    (void)what;
    (void)shown_ns;
    ((struct world *)data)->said++;
}

static void seek(void *data, int64_t wall_ns, int64_t shown_ns)
{
    (void)wall_ns;
    (void)shown_ns;
    ((struct world *)data)->said++;
}

static void search(void *data, bool backward, struct filter *filter, int64_t shown_ns)
{
    (void)backward;
    (void)shown_ns;
    filter_free(filter);
    ((struct world *)data)->said++;
}

static void state_of(void *data, struct transport_state *state)
{
    *state = (struct transport_state){.follows = true, .playing = true};
    state->said_count = ((struct world *)data)->said;
    snprintf(state->said, sizeof(state->said), "order %u", state->said_count);
}

static uint32_t no_series(void *data, const struct series_query *query)
{
    (void)data;
    if (query->heat)
        heat_release(query->heat);
    return 0;
}

static bool never_read(void *data, uint32_t number, struct series *found)
{
    (void)data;
    (void)number;
    (void)found;
    return false;
}

/* --- the screen, in memory --- */

static void make_frames(struct world *world)
{
    struct finding_settings findings;
    struct demo_settings demo;
    struct collector_settings settings = {.ring_capacity = EVENT_RING_DEFAULT,
                                          .findings = &findings};

    finding_settings_init(&findings);
    assert_int_equal(demo_parse("incident,16", &demo), 0);
    demo.namespaces = true;
    demo.interval_ns = 10 * INT64_C(1000000000);
    assert_int_equal(demo_open(&settings.source, &demo), 0);
    settings.wish = (struct wish){.interval_ns = demo.interval_ns,
                                  .needs = NEED_OWNER | NEED_GROUP | NEED_PROCESS_USER |
                                           NEED_HOST_FACTS | finding_needs(&findings),
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&world->collector, &settings), 0);
    for (int i = 0; i < FRAMES; i++) {
        frame_release(world->frame);
        assert_int_equal(collector_step(world->collector, &world->frame), 0);
    }
}

static struct term *open_term(struct world *world, int rows, int cols)
{
    const struct term_settings settings = {.theme = THEME_DARK, .rows = rows, .cols = cols};
    struct term *term;

    assert_int_equal(term_open(&term, &settings, &world->rescue, world->remark), 0);
    return term;
}

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    setenv("TERM", "xterm-256color", 1);
    world->term = open_term(world, ROWS, COLS);
    world->wake = eventfd(0, EFD_NONBLOCK);
    make_frames(world);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;

    term_close(world->term);
    frame_release(world->frame);
    collector_free(world->collector);
    close(world->wake);
    free(world);
    return 0;
}

static void open_screen(struct world *world, const struct screen_transport *transport)
{
    const struct screen_settings settings = {
        .feed = {.latest = latest,
                 .frame_descriptor = world->wake,
                 .events = collector_events(world->collector),
                 .set_wish = set_wish,
                 .trouble = no_trouble,
                 .data = world},
        .wish = {.interval_ns = 1000000000, .state_bits = STATE_ALL_BITS},
        .live = true,
        .acts = &ACTS_PRETENDED,
        .transport = transport,
        .keep = keep,
        .data = world,
        .rescue = &world->rescue,
        .theme = THEME_DARK,
        .highlight_ns = 3600 * INT64_C(1000000000),
        .class = CLASS_ALL,
    };
    assert_int_equal(screen_new(&world->screen, &settings), 0);
    world->screen->term = world->term;
    term_set_theme(world->term, THEME_DARK);
}

static void close_screen(struct world *world)
{
    world->screen->term = NULL;
    screen_free(world->screen);
}

static void paint(struct screen *screen)
{
    screen_time_look(screen);
    screen_take_frame(screen);
    screen_set_time(screen);
    if (screen->void_panes)
        screen_update_panes(screen);
    screen->void_panes = false;
    screen_paint(screen);
}

static void press_all(struct screen *screen, const char *keys)
{
    struct key key;
    size_t at = 0;

    paint(screen);
    while (key_script_next(keys, &at, &key) == KEY_SCRIPT_KEY) {
        screen_press(screen, &key);
        if (screen->page_unseen) /* a dialog discards what comes before it is shown */
            paint(screen);
    }
    screen->said_until_ns = 0; /* what was said on the way there */
    paint(screen);
}

static bool same_look(const struct screen_grid *one, const struct screen_grid *other)
{
    for (int row = 0; row < one->rows; row++)
        for (int col = 0; col < one->cols; col++)
            if (!screen_cell_same_look(screen_grid_cell(one, row, col),
                                       screen_grid_cell(other, row, col)) ||
                strcmp(screen_grid_cell(one, row, col)->text,
                       screen_grid_cell(other, row, col)->text) != 0)
                return false;
    return true;
}

/* It changes the screen, says something (for a second, which may have passed when that is painted),
 * ends the program, or asks for a frame. */
static bool is_answered(struct screen *screen, uint32_t code)
{
    struct screen_grid before, after;

    assert_int_equal(term_snapshot(screen->term, &before), 0);
    screen->wish.now = false;
    screen_press(screen, &(struct key){.code = code});
    const bool acts = screen->quit || screen->wish.now || screen->said_until_ns != 0;
    if (!screen->quit)
        paint(screen);
    assert_int_equal(term_snapshot(screen->term, &after), 0);
    const bool same = same_look(&before, &after);
    screen_grid_done(&before);
    screen_grid_done(&after);
    return acts || !same;
}

static void test_no_key_is_silent(void **state)
{
    struct world *world = *state;
    const struct screen_transport transport = {.order = order,
                                               .seek = seek,
                                               .search = search,
                                               .search_when = search,
                                               .state = state_of,
                                               .series = no_series,
                                               .series_read = never_read,
                                               .data = world};
    size_t silent = 0;

    for (size_t place = 0; place < sizeof(PLACES) / sizeof(PLACES[0]); place++)
        for (size_t i = 0; i < command_count; i++) {
            const uint32_t key = COMMANDS[i].keys[0];
            char name[24];
            if (only_moves(&COMMANDS[i]) || leaves_the_machine(&COMMANDS[i]) ||
                (PLACES[place].types && edits(key)))
                continue;
            open_screen(world, &transport);
            press_all(world->screen, PLACES[place].keys);
            if (!is_answered(world->screen, key)) {
                key_text(name, sizeof(name), key, false);
                print_error("%s: %s is silent\n", PLACES[place].name, name);
                silent++;
            }
            close_screen(world);
        }
    assert_int_equal(silent, 0);
}

/* Also where it has room, the split pane either comes or is refused in words. */
static void test_split_pane_answers(void **state)
{
    struct world *world = *state;

    term_close(world->term);
    world->term = open_term(world, 44, 170);
    for (size_t place = 0; place < sizeof(PLACES) / sizeof(PLACES[0]); place++) {
        if (PLACES[place].types)
            continue;
        open_screen(world, NULL);
        press_all(world->screen, PLACES[place].keys);
        if (!is_answered(world->screen, 'v'))
            fail_msg("%s: v is silent", PLACES[place].name);
        close_screen(world);
    }
}

/* The row of the screen in which the text stands first; -1: none. */
static int row_of(struct screen *screen, const char *text)
{
    struct screen_grid grid;
    char line[COLS + 1];
    int found = -1;

    assert_int_equal(term_snapshot(screen->term, &grid), 0);
    for (int row = 0; row < grid.rows && found < 0; row++) {
        for (int col = 0; col < COLS; col++)
            line[col] = screen_grid_cell(&grid, row, col)->text[0];
        line[COLS] = '\0';
        found = memmem(line, COLS, text, strlen(text)) ? row : -1;
    }
    screen_grid_done(&grid);
    return found;
}

/* Its text takes two lines: both are its own, and the next finding begins behind them. */
static void test_a_press_finds_a_finding_of_several_lines(void **state)
{
    struct world *world = *state;
    const struct frame_findings *findings = world->frame->findings;

    assert_non_null(findings);
    assert_true(findings->holding >= 2);
    open_screen(world, NULL);
    struct screen *screen = world->screen;
    press_all(screen, "7");
    const struct pane *pane = screen_top_pane(screen);
    const int second = row_of(screen, "because of it");
    assert_true(second > 0);
    assert_ptr_equal(pane->ops->finding(pane, &screen->picture), &findings->list[0]);
    for (int line = 1; line >= -1; line--) { /* its last line, its first, the one before */
        screen_press(screen,
                     &(struct key){.code = KEY_CODE_MOUSE_PRESS, .row = second + line, .col = 20});
        paint(screen);
        assert_ptr_equal(pane->ops->finding(pane, &screen->picture), &findings->list[line >= 0]);
    }
    close_screen(world);
}

/* Only the key that follows the question at once replaces settings that are there. */
static void test_settings_are_replaced_by_the_second_key(void **state)
{
    static const struct {
        const char *keys, *said;
    } CASES[] = {{"w", "w again replaces"},
                 {"ww", "saved"},
                 {"wjw", "w again replaces"},
                 {"w?w", "w again replaces"},
                 {"wQw", "w again replaces"}};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        open_screen(world, NULL);
        press_all(world->screen, CASES[i].keys);
        assert_string_equal(world->screen->said, CASES[i].said);
        close_screen(world);
    }
}

/* Of the first letter of the word where it stands last. */
static unsigned color_of(struct screen *screen, const char *word)
{
    struct screen_grid grid;
    unsigned color = 0;
    const size_t length = strlen(word);

    assert_int_equal(term_snapshot(screen->term, &grid), 0);
    for (int row = 0; row < grid.rows; row++)
        for (int col = 0; col + (int)length <= grid.cols; col++) {
            size_t same = 0;
            while (same < length &&
                   screen_grid_cell(&grid, row, col + (int)same)->text[0] == word[same])
                same++;
            if (same == length)
                color = screen_grid_cell(&grid, row, col)->fg.index;
        }
    screen_grid_done(&grid);
    return color;
}

/* An Enter that comes too early for a dialog that can do harm is answered in words, and its key is
 * dim until one is taken. */
static void test_held_enter_shows(void **state)
{
    static const struct {
        const char *keys, *button;
    } DIALOGS[] = {{"jjK", "Enter send"}, {"jjX", "Enter close"}};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(DIALOGS) / sizeof(DIALOGS[0]); i++) {
        open_screen(world, NULL);
        struct screen *screen = world->screen;
        press_all(screen, DIALOGS[i].keys);
        assert_int_equal(screen->page_count, 1);
        screen->enter_from_ns = INT64_MAX;
        paint(screen);
        const unsigned usual = color_of(screen, DIALOGS[i].button);
        screen_press(screen, &(struct key){.code = KEY_CODE_ENTER});
        assert_int_equal(screen->page_count, 1);
        assert_non_null(strstr(screen->said, "too soon"));
        screen->enter_from_ns = INT64_MAX;
        paint(screen);
        assert_int_not_equal(color_of(screen, DIALOGS[i].button), usual);
        screen->enter_from_ns = 0;
        paint(screen);
        assert_int_equal(color_of(screen, DIALOGS[i].button), usual);
        screen_press(screen, &(struct key){.code = KEY_CODE_ENTER});
        assert_int_equal(screen->page_count, 0);
        close_screen(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_held_enter_shows, begin, end),
        cmocka_unit_test_setup_teardown(test_split_pane_answers, begin, end),
        cmocka_unit_test_setup_teardown(test_settings_are_replaced_by_the_second_key, begin, end),
        cmocka_unit_test_setup_teardown(test_a_press_finds_a_finding_of_several_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_no_key_is_silent, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
