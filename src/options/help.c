/* --help, printed from the tables of commands, options and columns. */
#include "core/column/column.h"
#include "options/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_CELLS 78

static void print_commands(void)
{
    char left[40];

    puts("Commands:");
    for (int i = 0; i < RUN_COUNT; i++) {
        const struct command_name *command = &COMMAND_NAMES[i];

        snprintf(left, sizeof(left), "%s %s", command->name, command->operands);
        printf("  %-22s %s\n", left, command->help);
    }
}

static void print_options(enum command_kind command)
{
    puts("\nOptions:");
    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];
        char left[60], letter[8] = "   ";

        if (command != RUN_COUNT && !(option->commands >> command & 1))
            continue;
        if (option->letter)
            snprintf(letter, sizeof(letter), "-%c%s", option->letter, option->name ? "," : "");
        snprintf(left, sizeof(left), "%s %s%s%s%s", letter, option->name ? "--" : "",
                 option->name ? option->name : "", option->argument ? " " : "",
                 option->argument ? option->argument : "");
        printf("  %-22s %s\n", left, option->help);
    }
}

static void print_columns(void)
{
    size_t used = 0;

    puts("\nColumns:");
    for (size_t i = 0; i < column_count; i++) {
        size_t length = strlen(columns[i].id) + 1;

        if (used && used + length > LINE_MAX_CELLS) {
            putchar('\n');
            used = 0;
        }
        used += (size_t)printf("%s%s", used ? " " : "  ", columns[i].id);
    }
    putchar('\n');
}

static bool takes_columns(enum command_kind command)
{
    for (size_t i = 0; i < option_name_count; i++)
        if (OPTION_NAMES[i].reader == READ_COLUMNS)
            return command == RUN_COUNT || OPTION_NAMES[i].commands >> command & 1;
    return false;
}

static void print_usage(enum command_kind command)
{
    const struct command_name *name = &COMMAND_NAMES[command];

    printf("Usage: tcplens %s [OPTION]...%s%s\n%c%s.\n", name->name, name->operands[0] ? " " : "",
           name->operands, toupper((unsigned char)name->help[0]), name->help + 1);
}

void options_print_help(enum command_kind command)
{
    if (command == RUN_COUNT) {
        puts(
            "Usage: tcplens [COMMAND] [OPTION]... [FILTER]\n"
            "Shows every TCP connection of this machine: whose it is, since when, what changed.\n");
        print_commands();
    } else {
        print_usage(command);
    }
    print_options(command);
    if (takes_columns(command))
        print_columns();
    if (command == RUN_COUNT)
        puts("\nThe options of one command: tcplens help COMMAND, or COMMAND --help");
    if (command == RUN_DOCTOR)
        puts("\nExit: 0 nothing, 1 a warning, 2 something critical, 3 not known, 128+n signal n");
    else
        puts("\nExit: 0 done, 1 failed, 2 usage, 3 part of what was asked was not done, "
             "128+n signal n");
}
