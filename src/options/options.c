/* argv to struct options, by the tables. Independent of single options and commands. */
#include "base/arena.h"
#include "base/clock.h"
#include "core/text/text.h"
#include "core/wish.h"
#include "options/output.h"
#include "options/ss.h"
#include "options/table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct parse {
    struct options *options;
    int argc;
    char **argv;
    int next;            /* next argument */
    bool words_only;     /* "--" was seen */
    bool has_command;    /* its name was the first word */
    bool lists;          /* the command will be `list`: unknown letters are those of ss */
    unsigned word_count; /* of the filter, or file names */
    const char *word;    /* the first of them */
    const char *file;    /* the first that names a file, NULL = none */
    struct buffer filter;
    int exit_code; /* -1: go on */
};

static int usage_error(struct parse *parse, const char *what, const char *why)
{
    message("%s%s%s", what, why[0] ? " " : "", why);
    parse->exit_code = EXIT_USAGE;
    return -EINVAL;
}

static void option_title(const struct option_name *option, char *out, size_t size)
{
    if (option->name)
        snprintf(out, size, "--%s", option->name);
    else
        snprintf(out, size, "-%c", option->letter);
}

static int refuse_value(struct parse *parse, const struct option_name *option, const char *why)
{
    char title[40], what[sizeof(title) + 1];

    option_title(option, title, sizeof(title));
    snprintf(what, sizeof(what), "%s:", title);
    return usage_error(parse, what, why);
}

static const struct option_name *find_option(const char *name, size_t length, char letter)
{
    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];

        if (letter ? option->letter == letter
                   : option->name && strlen(option->name) == length &&
                         !strncmp(option->name, name, length))
            return option;
    }
    return NULL;
}

/* Help or version could not be printed: that is a failure. */
static int end_printed(struct parse *parse)
{
    /* includes earlier errors of the stream */
    const bool failed = fflush(stdout) || ferror(stdout);
    parse->exit_code = output_exit_code(failed ? -(errno ? errno : EIO) : 0);
    return -ECANCELED;
}

static int print_help(struct parse *parse, enum command_kind command)
{
    options_print_help(command);
    return end_printed(parse);
}

static int apply(struct parse *parse, const struct option_name *option, const char *value)
{
    char why[OPTION_WHY_MAX];

    parse->options->given[option - OPTION_NAMES] = true;
    if (option->reader == READ_HELP)
        return print_help(parse, parse->has_command ? parse->options->command : RUN_COUNT);
    if (option->reader == READ_VERSION) {
        options_print_version();
        return end_printed(parse);
    }
    if (option_read(parse->options, option, value, why))
        return refuse_value(parse, option, why);
    return 0;
}

/* The value: what is attached, else the next argument. */
static int apply_with_value(struct parse *parse, const struct option_name *option,
                            const char *attached)
{
    if (!attached && parse->next < parse->argc)
        attached = parse->argv[parse->next++];
    if (!attached) {
        char why[80];

        snprintf(why, sizeof(why), "needs a value: %s", option->argument);
        return refuse_value(parse, option, why);
    }
    return apply(parse, option, attached);
}

/* The option that begins with the name, else the nearest by edits; NULL: none. */
static const char *nearest_option(const char *name)
{
    const char *near = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; i < option_name_count; i++) {
        const char *option = OPTION_NAMES[i].name;
        if (!option)
            continue;
        if (name[0] && strncmp(option, name, strlen(name)) == 0)
            return option;
        if (text_is_nearer(name, option, &least))
            near = option;
    }
    return near;
}

static int refuse_unknown(struct parse *parse, const char *name)
{
    const char *near = nearest_option(name);
    char what[96], why[96] = "(--help names all)";

    snprintf(what, sizeof(what), "--%.40s: unknown option", name);
    if (near)
        snprintf(why, sizeof(why), "(did you mean --%s?)", near);
    return usage_error(parse, what, why);
}

static int parse_long(struct parse *parse, const char *text)
{
    size_t length = strcspn(text, "=");
    const struct option_name *option = find_option(text, length, 0);
    const char *attached = text[length] ? text + length + 1 : NULL;
    char name[64];

    if (!option) {
        snprintf(name, sizeof(name), "%.*s", (int)(length < 63 ? length : 63), text);
        return refuse_unknown(parse, name);
    }
    if (option->argument)
        return apply_with_value(parse, option, attached);
    if (attached)
        return refuse_value(parse, option, "takes no value");
    return apply(parse, option, NULL);
}

/* -1: not a letter of ss; 0: accepted. */
static int take_ss_letter(struct parse *parse, char letter)
{
    const struct ss_letter *found = ss_letter_find(letter);
    char what[64];

    if (!found)
        return -1;
    snprintf(what, sizeof(what), "-%c is an option of ss:", letter);
    if (!parse->lists)
        return usage_error(parse, what, "tcplens list takes what means something here");
    if (found->answer)
        return usage_error(parse, what, found->answer);
    if (found->lists)
        parse->options->class = found->class;
    return 0;
}

static bool belongs_to_list(const struct option_name *option)
{
    return option && option->commands >> RUN_LIST & 1;
}

static int parse_letters(struct parse *parse, const char *letters)
{
    int error = 0;

    while (!error && *letters) {
        const struct option_name *option = find_option(NULL, 0, *letters);
        char what[64];

        if (!option || (parse->lists && !belongs_to_list(option))) {
            error = take_ss_letter(parse, *letters);
            if (error == 0) {
                letters++;
                continue;
            }
            if (error != -1)
                return error;
        }
        if (!option) {
            snprintf(what, sizeof(what), "-%c: unknown option", *letters);
            return usage_error(parse, what, "(--help names all)");
        }
        letters++;
        if (option->argument)
            return apply_with_value(parse, option, *letters ? letters : NULL);
        error = apply(parse, option, NULL);
    }
    return error;
}

static int find_command(const char *name)
{
    for (int i = 0; i < RUN_COUNT; i++) {
        if (!strcmp(COMMAND_NAMES[i].name, name))
            return i;
    }
    return -1;
}

/* As the shell expands "*.jsonl"; a filter hardly contains a word with a dot that is a file. */
static bool names_file(const char *word)
{
    struct stat status;

    return strpbrk(word, "./") && stat(word, &status) == 0 && S_ISREG(status.st_mode);
}

static bool takes_file(enum command_kind command)
{
    return command == RUN_REPLAY || command == RUN_SUMMARY;
}

/* The command that a word begins, else the one with the fewest edits; RUN_COUNT: none is near. */
static enum command_kind nearest_command(const char *word)
{
    enum command_kind near = RUN_COUNT;
    unsigned least = UINT_MAX;

    for (int i = 0; i < RUN_COUNT; i++) {
        const char *name = COMMAND_NAMES[i].name;
        if (word[0] && strncmp(name, word, strlen(word)) == 0)
            return (enum command_kind)i;
        if (text_is_nearer(word, name, &least))
            near = (enum command_kind)i;
    }
    return near;
}

/* "help", alone or with the command that it is about. */
static int parse_help(struct parse *parse)
{
    const char *word = parse->next < parse->argc ? parse->argv[parse->next] : "-";
    char what[96], why[64] = "(tcplens help names all)";

    if (word[0] == '-' || !strcmp(word, "help"))
        return print_help(parse, RUN_COUNT);
    if (find_command(word) >= 0)
        return print_help(parse, (enum command_kind)find_command(word));
    if (nearest_command(word) != RUN_COUNT)
        snprintf(why, sizeof(why), "(did you mean %s?)", COMMAND_NAMES[nearest_command(word)].name);
    snprintf(what, sizeof(what), "help: \"%.40s\" is not a command", word);
    return usage_error(parse, what, why);
}

static int parse_word(struct parse *parse, const char *word)
{
    int command = find_command(word);

    if (!parse->has_command && !parse->word_count && !parse->words_only) {
        const struct option_name *said = find_option(word, strlen(word), 0);
        if (said && said->reader == READ_HELP)
            return parse_help(parse);
        if (said && said->reader == READ_VERSION)
            return apply(parse, said, NULL);
    }
    if (command >= 0 && !parse->has_command && !parse->word_count && !parse->words_only) {
        parse->options->command = (enum command_kind)command;
        parse->has_command = true;
        return 0;
    }
    if (parse->has_command && takes_file(parse->options->command)) {
        char why[OPTION_WHY_MAX];
        parse->word = parse->word_count++ ? parse->word : word;
        return option_add_log(parse->options, word, why) ? usage_error(parse, word, why) : 0;
    }
    if (!parse->words_only && strncmp(word, "ssh:", 4) == 0)
        return apply(parse, find_option("host", 4, 0), word);
    if (!parse->file && names_file(word))
        parse->file = word;
    if (!parse->word_count++)
        parse->word = word;
    else
        buffer_char(&parse->filter, ' ');
    buffer_text(&parse->filter, word);
    return 0;
}

static int parse_argument(struct parse *parse, const char *text)
{
    if (parse->words_only || text[0] != '-' || !text[1])
        return parse_word(parse, text);
    if (!strcmp(text, "--")) {
        parse->words_only = true;
        return 0;
    }
    if (text[1] == '-')
        return parse_long(parse, text + 2);
    return parse_letters(parse, text + 1);
}

/* A lone word close to a command's name is more likely a typo than a filter. */
static int check_lone_word(struct parse *parse)
{
    char what[96], why[128];

    if (parse->has_command || parse->word_count != 1 || parse->words_only)
        return 0;
    for (int i = 0; i < RUN_COUNT; i++) {
        unsigned edits = UINT_MAX;
        if (!text_is_nearer(parse->word, COMMAND_NAMES[i].name, &edits))
            continue;
        snprintf(what, sizeof(what), "\"%.40s\" is not a command;", parse->word);
        snprintf(why, sizeof(why), "did you mean \"%s\"? (to filter by it: tcplens top %.40s)",
                 COMMAND_NAMES[i].name, parse->word);
        return usage_error(parse, what, why);
    }
    return 0;
}

static int check_options_of_command(struct parse *parse)
{
    enum command_kind command = parse->options->command;
    char title[40], why[160];

    for (size_t i = 0; i < option_name_count; i++) {
        size_t used = 0;

        if (!parse->options->given[i] || OPTION_NAMES[i].commands >> command & 1)
            continue;
        used += (size_t)snprintf(why, sizeof(why), "is not an option of \"%s\"; it belongs to",
                                 COMMAND_NAMES[command].name);
        for (int j = 0; j < RUN_COUNT; j++) {
            if (OPTION_NAMES[i].commands >> j & 1)
                used +=
                    (size_t)snprintf(why + used, sizeof(why) - used, " %s", COMMAND_NAMES[j].name);
        }
        option_title(&OPTION_NAMES[i], title, sizeof(title));
        return usage_error(parse, title, why);
    }
    return 0;
}

#define FORMS_MAX 4

/* At most one of each line: output has one form. */
static const char *const FORMS[][FORMS_MAX] = {
    {"json", "csv", "dot", "mermaid"},
    {"describe", "rules", "dashboard"},
};

static bool is_given(const struct options *options, const char *name)
{
    const struct option_name *option = find_option(name, strlen(name), 0);

    return option && options->given[option - OPTION_NAMES];
}

static int check_forms(struct parse *parse)
{
    char what[48];

    for (size_t line = 0; line < sizeof(FORMS) / sizeof(FORMS[0]); line++) {
        const char *first = NULL;
        for (size_t i = 0; i < FORMS_MAX && FORMS[line][i]; i++) {
            if (!is_given(parse->options, FORMS[line][i]))
                continue;
            if (first) {
                snprintf(what, sizeof(what), "--%s and --%s:", first, FORMS[line][i]);
                return usage_error(parse, what, "name one of them");
            }
            first = FORMS[line][i];
        }
    }
    return 0;
}

static int check_operands(struct parse *parse)
{
    struct options *options = parse->options;

    if (options->at && !options->from)
        return usage_error(parse, "--at:", "needs --from FILE");
    if (options->when && !options->from)
        return usage_error(parse, "--when:", "needs --from FILE");
    if (options->from && parse->file) {
        char why[120];
        snprintf(why, sizeof(why),
                 "\"%.40s\" is a file too: name one, or pipe them in: cat FILE... | tcplens ... "
                 "--from -",
                 parse->file);
        return usage_error(parse, "--from:", why);
    }
    if (options->command == RUN_DOCTOR && parse->word_count > 0)
        return usage_error(parse, "doctor: takes no filter",
                           "(--only and --skip choose detectors)");
    if (options->command == RUN_METRICS && parse->word_count > 0)
        return usage_error(parse, "metrics: takes no filter", "(they are of all connections)");
    if (options->host_command && !options_have_hosts(options))
        return usage_error(parse, "--host-command:", "needs --host NAME or --hosts FILE");
    if (options->push && !options_have_hosts(options))
        return usage_error(parse, "--push:", "needs hosts: ssh:NAME, --host NAME or --hosts FILE");
    if (options_have_hosts(options) && (options->from || options->demo))
        return usage_error(
            parse,
            "--host:", options->from ? "cannot be used with --from" : "cannot be used with --demo");
    if (options->no_log && !options->metrics_file)
        return usage_error(parse, "--no-log:", "needs --metrics FILE");
    if (options->no_log && options->output_file)
        return usage_error(parse, "--no-log:", "there is no log to write to -o FILE");
    if (options->command == RUN_SUMMARY && parse->word_count == 0)
        return usage_error(parse, "summary: name a log",
                           "(several parts of one: cat FILE... | tcplens summary -)");
    if (options->command == RUN_REPLAY && parse->word_count == 0)
        return usage_error(parse, "replay: name a log", "(tcplens replay FILE)");
    if (takes_file(options->command))
        options->file = parse->word;
    return 0;
}

static int finish(struct parse *parse)
{
    struct options *options = parse->options;
    int error = check_lone_word(parse);

    if (!error)
        error = check_options_of_command(parse);
    if (!error)
        error = check_forms(parse);
    if (!error)
        error = check_operands(parse);
    if (!error && parse->filter.failed)
        error = usage_error(parse, "out of memory", "");
    if (error)
        return error;
    if (!options->families)
        options->families = WISH_INET | WISH_INET6;
    if (!takes_file(options->command) && parse->filter.length) {
        options->filter = parse->filter.data;
        buffer_init(&parse->filter);
    }
    return 0;
}

/* Options of ss may come before the command. */
static bool will_list(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const int command = find_command(argv[i]);
        if (command >= 0)
            return command == RUN_LIST;
    }
    return false;
}

int options_parse(struct options *options, int argc, char **argv)
{
    struct parse parse = {
        .options = options, .argc = argc, .argv = argv, .next = 1, .exit_code = -1};
    int error = 0;

    *options = (struct options){.command = RUN_TOP,
                                .interval_ns = SECOND_NS,
                                .highlight_ns = 3 * SECOND_NS,
                                .metrics_interval_ns = 15 * SECOND_NS,
                                .past_bytes = UINT64_C(64000000),
                                .budget_percent = 25,
                                .refresh = REFRESH_AUTO};
    buffer_init(&parse.filter);
    parse.lists = will_list(argc, argv);
    while (!error && parse.next < argc)
        error = parse_argument(&parse, argv[parse.next++]);
    if (!error)
        error = finish(&parse);
    buffer_done(&parse.filter);
    if (!error)
        return -1;
    /* To a monitoring system 2 would mean that something critical was found. */
    return options->command == RUN_DOCTOR && parse.exit_code == EXIT_USAGE ? EXIT_PARTLY
                                                                           : parse.exit_code;
}

void options_done(struct options *options)
{
    free(options->filter);
    options->filter = NULL;
}
