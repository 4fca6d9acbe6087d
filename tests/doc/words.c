/* words: prints every word that the tables know, one a line with tabs between, for what is made of
 * them: the man page. */
#include "core/filter/filter.h"
#include "core/finding/finding.h"
#include "core/metrics/metrics.h"
#include "core/state.h"
#include "options/options.h"
#include "options/settings.h"
#include "ui/command.h"
#include "ui/theme.h"
#include "ui/views.h"

#include <stdio.h>

static void print_commands(void)
{
    for (int i = 0; i < RUN_COUNT; i++)
        printf("command\t%s\t%s\t%s\n", COMMAND_NAMES[i].name, COMMAND_NAMES[i].operands,
               COMMAND_NAMES[i].help);
}

static void print_options(void)
{
    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];
        const char letter[2] = {option->letter, '\0'};

        printf("option\t%s\t%s\t%s\t%s\t", option->name ? option->name : "", letter,
               option->argument ? option->argument : "", option->help);
        for (int j = 0; j < RUN_COUNT; j++)
            if (option->commands >> j & 1)
                printf("%s ", COMMAND_NAMES[j].name);
        putchar('\n');
    }
}

static void print_keys(void)
{
    char keys[64];

    for (size_t i = 0; i < command_count; i++) {
        if (!COMMANDS[i].help)
            continue;
        command_keys(keys, sizeof keys, &COMMANDS[i], true);
        printf("key\t%s\t%s\t%s\n", COMMAND_GROUPS[COMMANDS[i].group], keys, COMMANDS[i].help);
    }
}

static void print_views(void)
{
#define VIEW_TITLE(name, title) printf("view\t%s\n", title);
    VIEW_LIST(VIEW_TITLE)
#undef VIEW_TITLE
}

static void print_filter_words(void)
{
    for (size_t i = 0; filter_field_word(i); i++)
        printf("field\t%s\n", filter_field_word(i));
    for (size_t i = 0; filter_state_set_word(i); i++)
        printf("state\t%s\n", filter_state_set_word(i));
    for (int state = 1; state < STATE_COUNT; state++)
        for (int i = 0; i < 3 && TCP_STATES[state].ss_names[i]; i++)
            printf("state\t%s\n", TCP_STATES[state].ss_names[i]);
}

static const char *without_root(const struct detector *detector)
{
    if (detector->by_bpf)
        return "not checked: ";
    return detector->by_process
               ? "found of own processes only; not checked where the owners of rows are hidden"
               : "";
}

static void print_detectors(void)
{
    for (size_t i = 0; i < detector_count; i++) {
        const struct detector *detector = DETECTORS[i];
        printf("detector\t%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n", detector->section, detector->id,
               severity_name((enum finding_severity)detector->worst), detector->title,
               detector->proof, detector->meaning, without_root(detector),
               detector->by_bpf ? detector->by_bpf : "");
        for (size_t j = 0; j < LIMITS_MAX && detector->limits[j].key; j++)
            printf("limit\t%s\t%s\t%g\t%s\t%s\n", detector->id, detector->limits[j].key,
                   detector->limits[j].preset, detector->limits[j].unit, detector->limits[j].help);
        for (size_t j = 0; j < 4 && detector->advice[j]; j++)
            printf("advice\t%s\t%s\n", detector->id, detector->advice[j]);
    }
}

/* As JSON has it; doc/json.md says what "time" is. */
static const char *json_type(const struct column *column)
{
    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
    case TYPE_ADDRESS:
    case TYPE_STATE:
        return "string";
    case TYPE_TIME:
        return "time";
    case TYPE_FLAG:
        return "boolean";
    case TYPE_SHARE:
        return "decimal";
    case TYPE_PORT:
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_RATE:
    case TYPE_DURATION:
        break;
    }
    return column->put_json ? "array" : "number";
}

/* Each JSON key of a row, with its type and column. */
static void write_column_keys(struct buffer *out)
{
    for (size_t i = 0; i < column_count; i++)
        if (columns[i].json)
            buffer_printf(out, "%s %s %s\n", columns[i].json, json_type(&columns[i]),
                          columns[i].id);
}

/* What the core itself writes for doc/. */
static int print_document(const char *name)
{
    static const struct {
        const char *name;
        void (*write)(struct buffer *out);
    } DOCUMENTS[] = {{"metrics", metrics_describe},
                     {"columns", write_column_keys},
                     {"rules", metrics_rules},
                     {"dashboard", metrics_dashboard}};
    struct buffer text;

    buffer_init(&text);
    for (size_t i = 0; i < sizeof(DOCUMENTS) / sizeof(DOCUMENTS[0]); i++)
        if (strcmp(DOCUMENTS[i].name, name) == 0)
            DOCUMENTS[i].write(&text);
    fputs(text.data ? text.data : "", stdout);
    const bool written = text.length > 0 && !text.failed;
    buffer_done(&text);
    return written ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return print_document(argv[1]);
    print_commands();
    print_detectors();
    print_options();
    print_keys();
    print_views();
    print_filter_words();
    for (size_t i = 0; i < column_count; i++)
        printf("column\t%s\t%s\n", columns[i].id, columns[i].help);
    for (size_t i = 0; i < setting_count; i++)
        printf("setting\t%s\t%s\t%s\t%s\n", SETTINGS[i].section, SETTINGS[i].key,
               SETTINGS[i].argument, SETTINGS[i].help);
    printf("setting\t%s\tNAME\tFILTER\tfilters that the prompt offers, by its key Up\n",
           SETTINGS_FILTERS);
    printf("setting\t%s\tID.KEY\tVALUE\ta limit of a detector, as --set takes it\n",
           SETTINGS_FINDINGS);
    printf("setting\t%s\tonly\tID,...\trun these detectors and no others\n", SETTINGS_FINDINGS);
    printf("setting\t%s\tskip\tID,...\tdo not run these detectors; \"all\" runs none\n",
           SETTINGS_FINDINGS);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        printf("role\t%s\t%s\n", ROLE_NAMES[i].name, ROLE_NAMES[i].help);
    printf("exit\t%d\nexit\t%d\nexit\t%d\nexit\t%d\n", EXIT_DONE, EXIT_FAILED, EXIT_USAGE,
           EXIT_PARTLY);
    return 0;
}
