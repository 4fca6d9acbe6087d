/* --help, printed from the tables of commands, options and columns. */
#include "core/column/column.h"
#include "options/table.h"

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

static void print_options(void)
{
    puts("\nOptions:");
    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];
        char left[60], letter[8] = "   ";

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

void options_print_help(void)
{
    puts("Usage: tcplens [COMMAND] [OPTION]... [FILTER]\n"
         "Shows every TCP connection of this machine: whose it is, since when, what changed.\n");
    print_commands();
    print_options();
    print_columns();
    puts("\nExit: 0 done, 1 failed, 2 usage, 3 part of what was asked was not done, "
         "128+n signal n");
}
