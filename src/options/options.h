/* options: argv to one struct, by the tables COMMAND_NAMES and OPTION_NAMES. --help, the
 * completions and the check of the man page read the same tables. Errors are one line on stderr,
 * exit code 2. */
#ifndef TCPLENS_OPTIONS_OPTIONS_H
#define TCPLENS_OPTIONS_OPTIONS_H

#include "collect/events.h"
#include "core/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_PARTLY = 3
}; /* 128+n: signal n */

enum command_kind {
    RUN_TOP,
    RUN_LIST,
    RUN_EVENTS,
    RUN_RECORD,
    RUN_REPLAY,
    RUN_CLOSE,
    RUN_DOCTOR,
    RUN_SUMMARY,
    RUN_METRICS,
    RUN_MAP,
    RUN_COUNT
};

#define OPTION_SETS_MAX  64u
#define OPTIONS_MAX      96u
#define OPTION_HOSTS_MAX 256u

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

struct finding_settings;

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    enum command_kind command;
    int64_t interval_ns; /* -i; default 1 s; 0.1 s .. 1 h */
    int64_t for_ns;      /* --for; 0 = no end */
    enum tcp_class class;
    uint8_t families; /* WISH_INET | WISH_INET6 */
    enum output_format output;
    const char *columns;    /* NULL = default */
    const char *sort;       /* column id, leading '-' = descending; NULL = default */
    int64_t highlight_ns;   /* default 3 s */
    uint64_t past_bytes;    /* default 64 MB, 0 = off */
    uint8_t budget_percent; /* default 25 */
    uint8_t refresh;        /* enum refresh; default REFRESH_AUTO */
    enum events_source events;
    enum color_when color;
    const char *from, *at, *when, *theme, *glyphs, *file, *output_file; /* NULL = not given */
    const char *netns; /* "all", "own", ...: struct live_settings; NULL = not given */
    struct {
        const char *texts[OPTION_HOSTS_MAX];
        unsigned count;
    } hosts;                               /* --host and ssh:NAME, in the order given */
    const char *hosts_file, *host_command; /* NULL = not given */
    bool push;
    struct {
        const char *texts[OPTION_HOSTS_MAX];
        unsigned count;
    } logs;           /* --from, or the operands of replay and summary; `from`, `file`: the first */
    bool logs_folder; /* one of them is a folder */
    uint64_t rotate_bytes; /* 0 = no */
    int64_t rotate_ns;     /* 0 = no */
    unsigned keep;
    const char *screenshot, *keys, *size; /* NULL = not given */
    bool ascii, read_only, with_args, detail, redact, cursor, dry_run, yes, force;
    bool given[OPTIONS_MAX]; /* by index in OPTION_NAMES: it was on the command line */
    const char *demo;        /* --demo, see demo_parse() */
    /* doctor */
    const char *only, *skip, *fail_on; /* NULL = not given */
    struct {
        const char *texts[OPTION_SETS_MAX];
        unsigned count;
    } sets;                                  /* --set, one for each occurrence */
    const struct finding_settings *findings; /* of the settings file; NULL = it was not read */
    bool describe;
    /* metrics, and record with them */
    const char *metrics_file;    /* NULL = not given */
    int64_t metrics_interval_ns; /* default 15 s */
    unsigned metrics_peers;      /* default 0 */
    bool no_log, openmetrics, rules, dashboard;
    /* map */
    const char *by; /* NULL = not given */
    bool dot, mermaid;
    char *filter; /* the remaining words joined by blanks; NULL = none */
};

/* One row a command; main.c binds them to their functions. */
struct command_name {
    const char *name;
    const char *operands; /* "[FILTER]" */
    const char *help;
};
extern const struct command_name COMMAND_NAMES[RUN_COUNT]; /* indexed by enum command_kind */

/* One row an option; options_parse alone knows how its value is read. */
struct option_name {
    const char *name;     /* "interval": --interval; NULL = a letter only */
    char letter;          /* 'i': -i; 0 = none */
    const char *argument; /* "S"; NULL = takes none */
    const char *help;
    uint32_t commands; /* bits 1 << enum command_kind that take it */
    uint8_t reader;    /* how options.c reads its value */
    uint16_t place;    /* offset in struct options */
    int64_t least, most;
};
extern const struct option_name OPTION_NAMES[];
extern const size_t option_name_count;

/* Parses argv. -1: run options->command; otherwise the exit code to end with at once (--help and
 * --version have printed, or an error was reported). A lone word that looks like a misspelt command
 * is refused with a hint. */
int options_parse(struct options *options, int argc, char **argv);
void options_done(struct options *options);

/* Programs may be loaded into the kernel, where that is possible. */
static inline bool options_may_use_bpf(const struct options *options)
{
    return options->events == EVENTS_AUTO || options->events == EVENTS_BPF;
}

/* Other machines are shown, and not this one. */
static inline bool options_have_hosts(const struct options *options)
{
    return options->hosts.count > 0 || options->hosts_file;
}

/* Several session logs are shown as one. */
static inline bool options_have_logs(const struct options *options)
{
    return options->logs.count > 1 || options->logs_folder;
}

/* The value of --netns; NULL: only our own network namespace is shown. */
static inline const char *options_netns(const struct options *options)
{
    return options->netns && strcmp(options->netns, "own") != 0 ? options->netns : NULL;
}

static inline bool options_shows_all_netns(const struct options *options)
{
    return options->netns && strcmp(options->netns, "all") == 0;
}

#endif
