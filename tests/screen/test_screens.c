/* Golden screens: the program on a pty over the demo source, whose frame n is always the same. Keys
 * go in, the cells are compared with golden/NAME.screen. UPDATE=1 in the environment rewrites the
 * files; then look at the difference. Several run at once, each in a process of its own: they
 * mostly wait for the screen to be quiet.
 *
 * usage: test_screens TCPLENS GOLDEN_FOLDER [CASE] */
#include "pty_screen.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE     8
#define DEADLINE_MS 20000
#define FRAME_TRIES 200
#define ARGS_MAX    32
/* Its clock goes on by the interval with each frame: :8080 refuses clients from the second to the
 * third. */
#define INCIDENT "--demo incident,16 -i 10"
#define FRAMES_8 "frame frame frame frame frame frame frame frame"

struct screen_case {
    const char *name;
    int cols, rows;
    const char *args; /* blanks between; "replay" first: over the log in tests/data */
    const char *env[4];
    const char *keys; /* words; "frame" asks for the next frame and waits for
                       * it, "wait:TEXT" waits for the text */
};

static const struct screen_case CASES[] = {
    {"wide", 120, 30, "", {NULL}, "frame frame"},
    {"first", 80, 24, "", {NULL}, ""},
    {"small", 80, 24, "", {NULL}, "frame frame frame"},
    {"tiny", 40, 10, "", {NULL}, "frame frame"},
    {"one-cell", 1, 1, "", {NULL}, ""},
    {"very-wide", 180, 20, "", {NULL}, "frame frame"},
    {"sparklines", 170, 30, "", {NULL}, FRAMES_8},
    {"sparklines-ascii", 170, 30, "--ascii", {NULL}, FRAMES_8},
    {"arguments", 160, 24, "", {NULL}, "frame A"},
    {"columns-scrolled", 80, 24, "", {NULL}, "frame frame <Right> <Right> <Right>"},
    {"columns-scrolled-back", 80, 24, "", {NULL}, "frame frame <Right> <Right> <Left> <Left>"},
    {"ports-by-name", 80, 24, "", {NULL}, "N frame"},
    {"header-tall", 120, 40, "", {NULL}, FRAMES_8},
    {"header-wide", 160, 30, INCIDENT, {NULL}, FRAMES_8},
    {"header-blocks", 120, 40, "--glyphs blocks", {NULL}, FRAMES_8},
    {"header-ascii", 120, 40, "--ascii", {NULL}, FRAMES_8},
    {"header-no-color", 120, 40, "", {"NO_COLOR=1"}, FRAMES_8},
    {"header-hidden", 120, 40, "", {NULL}, FRAMES_8 " H"},
    {"header-stepped-back", 120, 40, "", {NULL}, FRAMES_8 " [[["},
    {"condition-behind",
     120,
     24,
     "",
     {NULL},
     FRAMES_8 " & count(state<Space>established)<Space>><Space>27 <Enter>"},
    {"no-color", 80, 24, "", {"NO_COLOR=1"}, "frame frame"},
    {"ascii", 80, 24, "--ascii", {NULL}, "frame frame"},
    {"not-utf8", 80, 24, "", {"LANG=C"}, "frame frame"},
    {"light", 80, 24, "--theme light", {NULL}, "frame frame jj"},
    {"safe", 80, 24, "--theme safe", {NULL}, "frame frame"},
    {"eight-colors", 80, 24, "", {"TERM=xterm"}, "frame frame jj"},
    {"vt100", 80, 24, "", {"TERM=vt100"}, "frame frame jj"},
    {"term-unknown", 80, 24, "", {"TERM=never-heard-of"}, ""},
    {"term-unset", 80, 24, "", {"TERM"}, ""},
    {"help", 80, 24, "", {NULL}, "?"},
    {"help-scrolled", 80, 24, "", {NULL}, "? <PgDn>"},
    {"help-end", 80, 24, "", {NULL}, "? G"},
    {"help-group", 80, 24, "", {NULL}, "3 ?"},
    {"help-states", 80, 24, "", {NULL}, "6 ?"},
    {"help-closed", 80, 24, "", {NULL}, "jj ? <Esc>"},
    {"sort-menu", 100, 24, "", {NULL}, "frame s ret"},
    {"sort-chosen", 100, 24, "", {NULL}, "frame frame s in/s <Enter>"},
    {"sort-initial", 100, 24, "", {NULL}, "frame s o"},
    {"sort-moved", 120, 24, "", {NULL}, "frame frame > > r jjj"},
    {"cursor-kept", 120, 24, "", {NULL}, "jjjjj frame frame frame"},
    {"sort-from-top", 100, 24, "", {NULL}, "G frame s in/s <Enter> frame"},
    {"sort-given", 100, 24, "--sort -in", {NULL}, "frame frame frame"},
    {"end", 80, 24, "", {NULL}, "frame G"},
    {"paused", 80, 24, "", {NULL}, "frame p o"},
    {"restricted", 100, 24, "-4 --class listeners", {NULL}, ""},
    {"click", 120, 24, "", {NULL}, "frame <Click:4,60> <Click:10,10>"},
    {"filter-typed", 100, 24, "", {NULL}, "frame / port<Space>443"},
    {"filter-caret",
     120,
     24,
     "",
     {NULL},
     "frame / state<Space>est<Space>(port<Space>443<Space>or<Space>prot<Space>80)"},
    {"filter-caret-narrow",
     80,
     24,
     "",
     {NULL},
     "frame / port<Space>443<Space>port<Space>22<Space>port<Space>2222<Space>rtt>5x"},
    {"filter-mixed",
     120,
     24,
     "",
     {NULL},
     "frame / port<Space>443<Space>or<Space>port<Space>22<Space>and<Space>rtt>1ms"},
    {"filter-kept", 120, 24, "", {NULL}, "frame / port<Space>443 <Enter> j frame"},
    {"filter-cancelled", 100, 24, "", {NULL}, "frame / 443 <Enter> / 22 <Esc>"},
    {"filter-selected", 100, 24, "", {NULL}, "frame / 443 <Enter> /"},
    {"filter-edited", 100, 24, "", {NULL}, "frame / 443 <Enter> / <Left> 2"},
    {"filter-completed", 100, 24, "", {NULL}, "frame / user<Space>ro <Tab> and<Space>sta <Tab>"},
    {"filter-completions", 80, 24, "", {NULL}, "frame / proc<Space> <Tab> <Tab> <Tab>"},
    {"filter-cleared", 100, 24, "", {NULL}, "frame / 443 <Enter> <Esc>"},
    {"filter-history", 100, 24, "", {NULL}, "frame / 443 <Enter> <Esc> <F4> <Up>"},
    {"filter-narrow", 40, 12, "state est and port 443", {NULL}, "frame frame"},
    {"filter-small", 80, 24, "state est and port 443", {NULL}, "frame frame 2"},
    {"filter-small-events", 80, 24, "state est and port 443", {NULL}, "frame 5"},
    {"filter-page", 80, 24, "state est and port 443", {NULL}, "frame <Enter>"},
    {"filter-long", 60, 24, "port 443 or port 8080 or port 22 or port 5432", {NULL}, "frame 3"},
    {"filter-none", 100, 24, "", {NULL}, "frame / zzz <Enter> 3"},
    {"listeners-late", 100, 24, "", {NULL}, "frame frame frame 3"},
    {"group-sort-menu", 100, 24, "", {NULL}, "frame 3 s"},
    {"group-sorted", 100, 24, "", {NULL}, "frame 3 s loc <Enter>"},
    {"state-opened", 100, 24, "", {NULL}, "frame 6 k k <Enter>"},
    {"nothing-to-sort", 100, 24, "", {NULL}, "5 s"},
    {"view-remembered", 100, 24, "", {NULL}, "frame >rjjj 2 jj 1"},
    {"typed-ahead", 100, 24, "", {NULL}, "frame 2jj"},
    {"filter-given", 100, 24, "port 443 or new", {NULL}, "frame frame"},
    {"replay", 120, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> ]]"},
    {"replay-small", 80, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> ["},
    {"replay-tiny", 40, 10, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter>"},
    {"replay-ascii", 120, 20, "replay --ascii", {"TZ=UTC"}, "p t 12:16:22 <Enter> ++"},
    {"replay-begin", 80, 24, "replay", {"TZ=UTC"}, "p t 12:16:20 <Enter> ["},
    {"replay-event", 120, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> / :22 <Enter> }"},
    {"replay-events", 120, 24, "replay", {"TZ=UTC"}, "p 5 t 12:16:23 <Enter> t 12:16:22 <Enter>"},
    {"replay-connection", 120, 30, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> jjjj <Enter>"},
    {"replay-connection-back",
     120,
     30,
     "replay",
     {"TZ=UTC"},
     "p t 12:16:22 <Enter> jjjj <Enter> [[[]"},
    {"replay-connection-lacking",
     100,
     40,
     "replay",
     {"TZ=UTC"},
     "p t 12:16:22 <Enter> jjjj <Enter>"},
    {"replay-connection-before",
     100,
     30,
     "replay",
     {"TZ=UTC"},
     "p t 12:16:22 <Enter> / port<Space>80 <Enter> <Enter> [[["},
    {"replay-event-opened", 120, 30, "replay", {"TZ=UTC"}, "p t 12:16:23 <Enter> 5 kkkkk <Enter>"},
    {"replay-process", 120, 24, "replay", {"TZ=UTC"}, "p 2 @ 12:16:22 <Enter> <Enter> [[["},
    {"replay-states", 120, 40, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> 6"},
    {"replay-layer", 150, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> bb"},
    {"replay-bar-click", 120, 24, "replay", {"TZ=UTC"}, "p t 12:16:20 <Enter> <Click:0,80>"},
    {"replay-when",
     120,
     24,
     "replay",
     {"TZ=UTC"},
     "p t 12:16:20 <Enter> & count(state<Space>time-wait)<Space>><Space>1 <Enter>"},
    {"replay-when-wrong",
     120,
     24,
     "replay",
     {"TZ=UTC"},
     "p t 12:16:20 <Enter> & sendq<Space>><Space>cwnd <Enter>"},
    {"replay-no-acts", 80, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> K"},
    {"replay-bad-time", 120, 24, "replay", {"TZ=UTC"}, "p t 12:16:22 <Enter> t yesterday <Enter>"},
    {"connection", 120, 30, "", {"TZ=UTC"}, "j <Enter> frame"},
    {"connection-small", 80, 24, "", {"TZ=UTC"}, "j <Enter> frame <PgDn>"},
    {"connection-listener", 100, 24, "", {"TZ=UTC"}, "G <Enter> frame"},
    {"connection-closed", 120, 30, "", {"TZ=UTC"}, "<Enter> frame frame frame frame frame"},
    {"connection-unfolded", 120, 40, "", {"TZ=UTC"}, "jjjj <Enter> frame frame z"},
    {"connection-tiny", 40, 10, "", {"TZ=UTC"}, "j <Enter> frame"},
    {"connection-wide", 210, 50, "", {"TZ=UTC"}, "frame frame jjjj <Enter> frame"},
    {"event-opened", 120, 30, "", {"TZ=UTC"}, "frame frame frame 5 kkkkkkkkk <Enter>"},
    {"event-closed",
     120,
     30,
     "",
     {"TZ=UTC"},
     "5 frame frame frame frame frame frame frame frame frame frame frame kkkkkkkkk <Enter>"},
    {"event-copied", 120, 24, "", {"TZ=UTC"}, "frame frame 5 kk y"},
    {"events-of-process", 120, 24, "", {"TZ=UTC"}, "frame frame frame 2 jjjj e"},
    {"events-of-connection", 100, 24, "", {"TZ=UTC"}, "frame frame frame <Enter> e"},
    {"states-small", 80, 24, "", {"TZ=UTC"}, "frame frame frame 6"},
    {"states-high", 140, 50, "", {"TZ=UTC"}, "frame frame frame 6"},
    {"states-ascii", 120, 30, "--ascii", {"TZ=UTC"}, "frame frame frame 6"},
    {"peers", 120, 24, "", {"TZ=UTC"}, "frame frame frame 4"},
    {"peers-by-port", 120, 24, "", {"TZ=UTC"}, "frame frame frame 4 P"},
    {"peer-port-opened", 100, 24, "", {"TZ=UTC"}, "frame frame frame 4 P <Enter>"},
    {"split", 170, 44, "", {"TZ=UTC"}, "frame frame v jjjj frame"},
    {"split-below", 120, 54, "", {"TZ=UTC"}, "frame frame 2 v jj frame"},
    {"split-finding", 170, 44, INCIDENT, {"TZ=UTC"}, "frame frame 7 <Enter> v"},
    {"split-peer", 170, 44, INCIDENT, {"TZ=UTC"}, "frame frame 4 v jjjj frame"},
    {"split-no-rows", 170, 44, "", {"TZ=UTC"}, "5 v"},
    {"split-no-room", 100, 24, "", {"TZ=UTC"}, "v"},
    {"page-left", 100, 24, "", {"TZ=UTC"}, "jjj <Enter> <Esc>"},
    {"process", 120, 30, "", {"TZ=UTC"}, "2 jj <Enter> frame frame"},
    {"namespaces", 120, 24, "--netns all", {"TZ=UTC"}, "frame frame 8"},
    {"connection-read-late",
     120,
     30,
     "--netns all",
     {"TZ=UTC"},
     "frame frame 8 jj <Enter> <Enter>"},
    {"namespaces-narrow", 80, 24, "--netns all", {"TZ=UTC"}, "frame frame 8"},
    {"namespaces-opened", 120, 24, "--netns all", {"TZ=UTC"}, "frame frame 8 jj <Enter>"},
    {"namespaces-sorted", 120, 24, "--netns all", {"TZ=UTC"}, "frame frame 8 > > > > > > r"},
    {"processes-list", 160, 24, "", {"TZ=UTC"}, "frame 2 t"},
    {"processes-folded", 120, 24, "", {"TZ=UTC"}, "frame 2 j <Space> j"},
    {"processes-folded-frozen", 120, 24, "", {"TZ=UTC"}, "frame 2 j <Space> j o frame frame"},
    {"processes-tree-frozen", 120, 24, "", {"TZ=UTC"}, "frame 2 t o t frame"},
    {"process-small", 80, 24, "", {"TZ=UTC"}, "2 jj <Enter> frame"},
    {"group-kept",
     100,
     24,
     "",
     {"TZ=UTC"},
     "frame 2 / user@1002 <Enter> j <Esc> frame frame frame"},
    {"members-kept", 100, 24, "", {"TZ=UTC"}, "frame 2 / user@1002 <Enter> <Enter> frame frame"},
    {"listener-menu", 100, 24, "", {"TZ=UTC"}, "3 j <Enter>"},
    {"listener-connections", 120, 24, "", {"TZ=UTC"}, "3 j <Enter> <Enter>"},
    {"drilled-back", 100, 24, "", {"TZ=UTC"}, "/ 443 <Enter> 6 kkk <Enter> <Esc>"},
    {"holders", 120, 24, "", {"TZ=UTC"}, "3 j <Enter> <Down> <Enter>"},
    {"peer", 100, 24, "", {"TZ=UTC"}, "4 j <Enter>"},
    {"kill", 100, 30, "", {"TZ=UTC"}, "j K"},
    {"kill-other", 80, 24, "", {"TZ=UTC"}, "j K <Tab> <Down>"},
    {"kill-hidden", 100, 24, "", {"TZ=UTC"}, "jjjjjjjjjjjjjjjjjjj K"},
    {"kill-tagged", 100, 30, "", {"TZ=UTC"}, "jjjj <Space> <Space> <Space> / java <Enter> K"},
    {"close", 100, 24, "", {"TZ=UTC"}, "j X"},
    {"close-subflow", 100, 24, "", {"TZ=UTC"}, "/ ulp=mptcp <Enter> X"},
    {"close-subflows", 100, 24, "", {"TZ=UTC"}, "/ ulp=mptcp <Enter> <Space> <Esc> j <Space> X"},
    {"close-session", 80, 24, "", {"TZ=UTC"}, "jjjjjjjjjjjjjjjjj X clos"},
    {"close-tagged", 100, 24, "", {"TZ=UTC"}, "j <Space> <Space> <Space> / java <Enter> X"},
    {"read-only", 100, 24, "--read-only", {"TZ=UTC"}, "j X"},
    {"act-paused", 100, 24, "", {"TZ=UTC"}, "j p K"},
    {"finding-line", 80, 24, INCIDENT, {"TZ=UTC"}, "frame frame"},
    {"finding-line-wide", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame 3"},
    {"finding-line-tiny", 40, 10, INCIDENT, {"TZ=UTC"}, "frame frame"},
    {"finding-marks", 80, 24, INCIDENT, {"TZ=UTC"}, "frame frame G"},
    {"finding-marks-wide", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame G"},
    {"finding-process", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame 2"},
    {"findings", 80, 24, INCIDENT, {"TZ=UTC"}, "frame frame !"},
    {"findings-wrapped", 160, 40, INCIDENT, {NULL}, "frame frame 7 j"},
    {"findings-wide", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame 7"},
    {"findings-first", 100, 24, INCIDENT, {"TZ=UTC"}, "7"},
    {"findings-off", 100, 24, INCIDENT " --skip all", {"TZ=UTC"}, "frame frame 7"},
    {"findings-only", 100, 24, INCIDENT " --only accept-queue-full", {"TZ=UTC"}, "frame frame 7"},
    {"findings-click", 100, 24, INCIDENT, {"TZ=UTC"}, "frame frame <Click:3,20>"},
    {"findings-ended", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame frame frame frame frame 7"},
    {"finding-rows", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame 7 <Enter>"},
    {"finding-kill", 100, 30, INCIDENT, {NULL}, "frame frame 7 K"},
    {"finding-close", 100, 30, INCIDENT, {NULL}, "frame frame 7 j X"},
    {"finding-not-tagged", 100, 24, INCIDENT, {NULL}, "frame frame 7 <Space>"},
    {"finding-means", 80, 24, INCIDENT, {"TZ=UTC"}, "frame frame 7 i"},
    {"finding-means-wide", 120, 30, INCIDENT, {"TZ=UTC"}, "frame frame 7 i"},
};

struct run {
    struct pty_screen *screen;
    const char *golden; /* what is expected; NULL: nothing yet */
    char *got;
};

static char *golden_of(const struct pty_screen *screen)
{
    struct screen_grid grid;
    if (pty_screen_snapshot(screen, &grid) != 0)
        return NULL;
    char *text = screen_grid_to_golden(&grid);
    screen_grid_done(&grid);
    return text;
}

static bool same_picture(const char *golden, const char *got)
{
    struct screen_grid expected = {0}, shown = {0};
    const bool same = screen_grid_from_golden(&expected, golden, NULL) == 0 &&
                      screen_grid_from_golden(&shown, got, NULL) == 0 &&
                      screen_grid_looks_same(&expected, &shown);
    screen_grid_done(&expected);
    screen_grid_done(&shown);
    return same;
}

static bool equals_golden(struct pty_screen *screen, void *user)
{
    struct run *run = user;
    free(run->got);
    run->got = golden_of(screen);
    return run->got && run->golden &&
           (strcmp(run->got, run->golden) == 0 || same_picture(run->golden, run->got));
}

/* The next frame of the demo always differs from the one before: its clock has gone on. */
static bool ask_frame(struct pty_screen *screen)
{
    char *before = golden_of(screen);
    bool differs = false;
    int tries = 0;
    pty_screen_send_keys(screen, "<C-l>");
    while (!differs && pty_screen_wait_idle(screen, DEADLINE_MS) && tries++ < FRAME_TRIES) {
        char *now = golden_of(screen);
        differs = before && now && strcmp(before, now) != 0;
        free(now);
    }
    free(before);
    return differs;
}

static bool has_painted(struct pty_screen *screen, void *user)
{
    size_t size;
    (void)user;
    return pty_screen_raw(screen, &size) && size > 0;
}

static bool do_step(struct pty_screen *screen, const char *word)
{
    if (strcmp(word, "frame") == 0)
        return ask_frame(screen);
    if (strncmp(word, "wait:", 5) == 0)
        return pty_screen_wait_text(screen, word + 5, DEADLINE_MS);
    return pty_screen_send_keys(screen, word) == 0 && pty_screen_wait_idle(screen, DEADLINE_MS);
}

/* A log plays to its end first: where it was paused before would be chance. */
static bool do_steps(struct pty_screen *screen, const struct screen_case *c)
{
    const bool replays = strncmp(c->args, "replay", 6) == 0;
    char words[256];
    snprintf(words, sizeof(words), "%s", c->keys);
    if (!pty_screen_wait_for(screen, has_painted, NULL, DEADLINE_MS) ||
        (replays && !pty_screen_wait_line(screen, 0, " end", DEADLINE_MS)) ||
        !pty_screen_wait_idle(screen, DEADLINE_MS))
        return false;
    char *rest;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        if (!do_step(screen, word))
            return false;
    return true;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

static size_t put_argument(const char **argv, size_t count, const char *word)
{
    if (strcmp(word, "replay") == 0) { /* the log brings its own traffic */
        argv[1] = word;
        argv[2] = LOG_PATH;
        memset(argv + 3, 0, (ARGS_MAX - 3) * sizeof(*argv));
        return 3;
    }
    argv[count] = word;
    return count + 1;
}

static struct pty_screen *start(const char *program, const struct screen_case *c)
{
    char args[256];
    const char *argv[ARGS_MAX] = {program, "--demo", "7", "-i", "60", "--highlight", "3600"};
    size_t count = 7;
    char *rest;
    snprintf(args, sizeof(args), "%s", c->args);
    for (char *word = strtok_r(args, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        count = put_argument(argv, count, word);
    const struct pty_screen_options options = {
        .rows = c->rows, .cols = c->cols, .argv = argv, .env = c->env};
    struct pty_screen *screen = NULL;
    pty_screen_start(&screen, &options);
    return screen;
}

static bool run_case(const char *program, const char *folder, const struct screen_case *c)
{
    char path[512];
    struct run run = {0};
    bool good = false;
    snprintf(path, sizeof(path), "%s/%s.screen", folder, c->name);
    run.screen = start(program, c);
    if (!run.screen || !do_steps(run.screen, c)) {
        printf("FAIL %s: no screen, no further frame, or it never came to rest\n", c->name);
        goto out;
    }
    if (getenv("UPDATE")) {
        run.got = golden_of(run.screen);
        good = run.got && write_file(path, run.got);
        goto out;
    }
    char *golden = read_file(path);
    run.golden = golden;
    good = pty_screen_wait_for(run.screen, equals_golden, &run, golden ? DEADLINE_MS : 0);
    if (!good)
        printf("FAIL %s: not as in %s (UPDATE=1 rewrites it); got:\n%s\n", c->name, path,
               run.got ? run.got : "");
    free(golden);
out:
    pty_screen_free(run.screen);
    free(run.got);
    return good;
}

struct job {        /* a case in a process of its own */
    pid_t pid;      /* 0: none */
    FILE *reported; /* what it prints, shown when it has ended: reports do not mix */
};

static bool start_job(struct job *job, char **argv, const struct screen_case *c)
{
    job->reported = tmpfile();
    if (!job->reported)
        return false;
    fflush(stdout);
    job->pid = fork();
    if (job->pid == 0) {
        dup2(fileno(job->reported), STDOUT_FILENO);
        bool good = run_case(argv[1], argv[2], c);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (job->pid > 0)
        return true;
    fclose(job->reported);
    job->pid = 0;
    return false;
}

static bool end_job(struct job *job, int status)
{
    char text[4096];
    size_t got;
    rewind(job->reported);
    while ((got = fread(text, 1, sizeof(text), job->reported)) > 0)
        fwrite(text, 1, got, stdout);
    fclose(job->reported);
    job->pid = 0;
    if (WIFSIGNALED(status))
        printf("FAIL: a case was ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct job *find_job(struct job *jobs, pid_t pid)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (jobs[i].pid == pid)
            return &jobs[i];
    return NULL;
}

/* Waits until a place is free, or with `all` until every place is; returns how many failed. */
static int wait_for_jobs(struct job *jobs, bool all)
{
    int failed = 0, status;
    while (all || !find_job(jobs, 0)) {
        pid_t pid = wait(&status);
        struct job *job = pid > 0 ? find_job(jobs, pid) : NULL;
        if (job)
            failed += !end_job(job, status);
        else if (pid < 0)
            break;
    }
    return failed;
}

int main(int argc, char **argv)
{
    struct job jobs[AT_ONCE] = {0};
    int failed = 0, run = 0;
    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 3) {
        fputs("usage: test_screens TCPLENS GOLDEN_FOLDER [CASE]\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        if (argc > 3 && strcmp(argv[3], CASES[i].name) != 0)
            continue;
        failed += wait_for_jobs(jobs, false);
        failed += !start_job(find_job(jobs, 0), argv, &CASES[i]);
        run++;
    }
    failed += wait_for_jobs(jobs, true);
    printf("%d screens, %d differ\n", run, failed);
    return failed || run == 0 ? 1 : 0;
}
