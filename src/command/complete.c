/* complete: which kind of word is allowed at the cursor; see complete.h. */
#include "command/complete.h"

#include "core/column/column.h"
#include "core/filter/complete.h"
#include "core/filter/filter.h"
#include "core/finding/finding.h"
#include "core/text/text.h"
#include "core/topology.h"
#include "options/options.h"
#include "options/theme_file.h"
#include "ui/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 4096
#define SSH_PREFIX     "ssh:"
#define HELP_WORD      "help"

struct line {
    int command;                 /* enum command_kind; -1: none was given */
    bool words_only;             /* "--" was seen */
    unsigned operands;           /* words of the filter, or files, before the cursor */
    char filter[LINE_MAX_BYTES]; /* joined by blanks */
    bool filter_is_cut;          /* it is longer: what its last word is, is unknown */
    struct completion at;
};

void complete_offer(const struct completion *completion, const char *text, const char *help)
{
    const char *part = completion->word + completion->head;

    if (strncasecmp(text, part, strlen(part)) != 0)
        return;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return; /* not meant to be typed */
    printf("%.*s%s%s%s\n", (int)completion->head, completion->word, text, help ? "\t" : "",
           help ? help : "");
}

static void offer_list(const struct completion *at, const char *const *list)
{
    for (; *list; list++)
        complete_offer(at, *list, NULL);
}

static void offer_words(const struct completion *at, const struct words *words)
{
    for (unsigned i = words->first; i < words->first + words->count; i++)
        if (words_name(words, i))
            complete_offer(at, words_name(words, i), NULL);
}

/* In a list, only the part after the last comma is completed. */
static struct completion behind_comma(const struct completion *at)
{
    const char *comma = strrchr(at->word + at->head, ',');
    struct completion last = *at;

    if (comma)
        last.head = (size_t)(comma + 1 - at->word);
    return last;
}

/* --- values of options --- */

static void offer_class(const struct completion *at)
{
    offer_list(at, (const char *const[]){"all", "connections", "listeners", NULL});
}

static void offer_events(const struct completion *at)
{
    offer_list(at, (const char *const[]){"auto", "bpf", "destroy", "none", NULL});
}

static void offer_refresh(const struct completion *at)
{
    offer_list(at, (const char *const[]){"auto", "all", "seen", NULL});
}

static void offer_color(const struct completion *at)
{
    offer_list(at, (const char *const[]){"auto", "always", "never", NULL});
}

static void offer_theme_file(void *at, const char *name)
{
    complete_offer(at, name, "a theme of yours");
}

static void offer_themes(const struct completion *at)
{
    struct completion file = *at;

    for (int i = 0; i < THEME_COUNT; i++)
        complete_offer(at, THEME_NAMES[i], NULL);
    theme_file_each(offer_theme_file, &file);
}

static void offer_glyphs(const struct completion *at)
{
    for (int i = 0; i < GLYPHS_COUNT; i++)
        complete_offer(at, GLYPHS_NAMES[i], NULL);
}

static void offer_each_column(const struct completion *at)
{
    for (size_t i = 0; i < column_count; i++)
        complete_offer(at, columns[i].id, columns[i].help);
}

static void offer_columns(const struct completion *at)
{
    const struct completion last = behind_comma(at);

    offer_each_column(&last);
}

static void offer_sort(const struct completion *at)
{
    struct completion name = *at;

    if (at->word[at->head] == '-')
        name.head++;
    offer_each_column(&name);
}

static void offer_detectors(const struct completion *at)
{
    const struct completion last = behind_comma(at);

    for (size_t i = 0; i < detector_count; i++)
        complete_offer(&last, DETECTORS[i]->id, DETECTORS[i]->title);
}

static void offer_skipped(const struct completion *at)
{
    complete_offer(at, "all", "no detector runs");
    offer_detectors(at);
}

static void offer_limits(const struct completion *at)
{
    char text[96];

    for (size_t i = 0; i < detector_count; i++)
        for (size_t j = 0; j < LIMITS_MAX && DETECTORS[i]->limits[j].key; j++) {
            snprintf(text, sizeof text, "%s.%s=", DETECTORS[i]->id, DETECTORS[i]->limits[j].key);
            complete_offer(at, text, DETECTORS[i]->limits[j].help);
        }
}

static void offer_severities(const struct completion *at)
{
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
        complete_offer(at, severity_name((enum finding_severity)i), NULL);
}

static void offer_by(const struct completion *at)
{
    offer_words(at, &TOPOLOGY_BY_WORDS);
}

static void offer_demo(const struct completion *at)
{
    complete_offer(at, "incident", "a staged outage");
}

static void offer_files(const struct completion *at)
{
    (void)at;
    puts("/");
}

static void offer_logs(const struct completion *at)
{
    complete_logs(at);
    offer_files(at);
}

static void offer_netns(const struct completion *at)
{
    complete_offer(at, "own", "the one in which it is started");
    complete_offer(at, "all", "all that can be reached");
    complete_netns(at);
}

/* Completions for the last word of a filter. */
static void offer_filter(const struct completion *at, const char *before);

static void offer_when(const struct completion *at)
{
    offer_filter(at, "");
}

/* Options that are not here take a file, a number, a time or free text. */
static const struct {
    const char *option;
    void (*offer)(const struct completion *at);
} OPTION_VALUES[] = {
    {"class", offer_class},     {"events", offer_events}, {"color", offer_color},
    {"refresh", offer_refresh}, {"theme", offer_themes},  {"glyphs", offer_glyphs},
    {"columns", offer_columns}, {"sort", offer_sort},     {"only", offer_detectors},
    {"skip", offer_skipped},    {"set", offer_limits},    {"fail-on", offer_severities},
    {"demo", offer_demo},       {"from", offer_logs},     {"netns", offer_netns},
    {"when", offer_when},       {"by", offer_by},         {"host", complete_hosts},
};

static void offer_option_values(const struct option_name *option, const struct completion *at)
{
    for (size_t i = 0; option->name && i < sizeof OPTION_VALUES / sizeof *OPTION_VALUES; i++)
        if (strcmp(OPTION_VALUES[i].option, option->name) == 0) {
            OPTION_VALUES[i].offer(at);
            return;
        }
    if (strcmp(option->argument, "FILE") == 0)
        offer_files(at);
}

/* --- options --- */

static const struct option_name *option_of(const char *word)
{
    const size_t length = word[0] && word[1] ? strcspn(word + 2, "=") : 0;

    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];

        if (word[1] == '-' ? option->name && strlen(option->name) == length &&
                                 strncmp(option->name, word + 2, length) == 0
                           : option->letter && option->letter == word[1] && !word[2])
            return option;
    }
    return NULL;
}

static void offer_options(const struct line *line)
{
    const int command = line->command < 0 ? RUN_TOP : line->command;
    char text[48];

    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];

        if (!(option->commands >> command & 1))
            continue;
        if (option->name)
            snprintf(text, sizeof text, "--%s", option->name);
        else
            snprintf(text, sizeof text, "-%c", option->letter);
        complete_offer(&line->at, text, option->help);
    }
}

/* --- filters --- */

static void offer_condition_words(const struct completion *at)
{
    const char *word;

    for (size_t i = 0; (word = filter_field_word(i)) != NULL; i++)
        if (!column_find(word, strlen(word))) /* columns come later, with their help */
            complete_offer(at, word, NULL);
    offer_list(at, (const char *const[]){"and", "or", "not", NULL});
    offer_each_column(at);
}

static bool offer_column_values(const struct completion *at, const char *field)
{
    for (size_t i = 0; i < column_count; i++)
        if (strcasecmp(columns[i].id, field) == 0 && columns[i].fact.words) {
            offer_words(at, columns[i].fact.words);
            return true;
        }
    return false;
}

static void offer_filter(const struct completion *at, const char *before)
{
    static struct filter_completions found;
    char text[2 * LINE_MAX_BYTES];
    struct completion part = *at;

    const int length = snprintf(text, sizeof text, "%s%s", before, at->word + at->head);
    if (length < 0 || (size_t)length >= sizeof text)
        return;
    filter_complete(&found, text, (size_t)length, NULL);
    part.head = strlen(at->word) - ((size_t)length - found.from);
    if (complete_machine_values(&part, found.field))
        return;
    for (size_t i = 0; found.values && i < found.count; i++)
        complete_offer(&part, found.texts[i], NULL);
    if (!found.values && !offer_column_values(&part, found.field) && !found.operand)
        offer_condition_words(&part);
}

/* --- the line --- */

static int find_command(const char *word)
{
    for (int i = 0; i < RUN_COUNT; i++)
        if (strcmp(COMMAND_NAMES[i].name, word) == 0)
            return i;
    return -1;
}

static void take_operand(struct line *line, const char *word)
{
    const size_t used = strlen(line->filter);

    if (line->command < 0 && line->operands == 0 && find_command(word) >= 0) {
        line->command = find_command(word);
        return;
    }
    line->operands++;
    if (snprintf(line->filter + used, sizeof line->filter - used, "%s ", word) >=
        (int)(sizeof line->filter - used))
        line->filter_is_cut = true;
}

static bool is_option(const struct line *line, const char *word)
{
    return !line->words_only && word[0] == '-' && word[1];
}

/* Reads all words but the last; the option whose value the last one is, or NULL. */
static const struct option_name *read_line(struct line *line, int count, char **words)
{
    const struct option_name *awaits = NULL;

    for (int i = 0; i < count - 1; i++) {
        const char *word = words[i];

        if (awaits) {
            awaits = NULL;
        } else if (!line->words_only && strcmp(word, "--") == 0) {
            line->words_only = true;
        } else if (is_option(line, word)) {
            const struct option_name *option = option_of(word);
            awaits = option && option->argument && !strchr(word, '=') ? option : NULL;
        } else {
            take_operand(line, word);
        }
    }
    return awaits;
}

/* "ssh:web1", where a command shows hosts. */
static bool names_host(const struct line *line)
{
    const struct option_name *host = option_of("--host");
    const int command = line->command < 0 ? RUN_TOP : line->command;

    return !line->words_only && host && (host->commands >> command & 1) &&
           strncmp(line->at.word, SSH_PREFIX, strlen(SSH_PREFIX)) == 0;
}

static void offer_commands(const struct completion *at)
{
    for (int i = 0; i < RUN_COUNT; i++)
        complete_offer(at, COMMAND_NAMES[i].name, COMMAND_NAMES[i].help);
}

static void offer_operands(const struct line *line)
{
    const char *operands = line->command < 0 ? "[FILTER]" : COMMAND_NAMES[line->command].operands;
    const bool is_first = line->command < 0 && line->operands == 0 && !line->words_only;

    if (line->command < 0 && !line->words_only && strcmp(line->filter, HELP_WORD " ") == 0) {
        offer_commands(&line->at);
        return;
    }

    if (names_host(line)) {
        const struct completion behind = {line->at.word, strlen(SSH_PREFIX)};
        complete_hosts(&behind);
        return;
    }
    if (is_first) {
        offer_commands(&line->at);
        complete_offer(&line->at, HELP_WORD, "what a command does, and its options");
    }
    if (strstr(operands, "FILTER") && !line->filter_is_cut)
        offer_filter(&line->at, line->filter);
    else if (strstr(operands, "FILE") && line->operands == 0)
        offer_logs(&line->at);
}

int complete_print(int count, char **words)
{
    struct line line = {.command = -1};

    if (count == 0)
        return EXIT_DONE;
    const struct option_name *awaits = read_line(&line, count, words);
    const char *word = line.at.word = words[count - 1];
    const struct option_name *attached = is_option(&line, word) ? option_of(word) : NULL;

    if (awaits) {
        offer_option_values(awaits, &line.at);
    } else if (attached && attached->argument && strchr(word, '=')) {
        line.at.head = strcspn(word, "=") + 1;
        offer_option_values(attached, &line.at);
    } else if (!line.words_only && word[0] == '-') {
        offer_options(&line);
    } else {
        offer_operands(&line);
    }
    return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}
