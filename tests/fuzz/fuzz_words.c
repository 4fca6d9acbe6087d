/* Any words, each ended by a NUL, as a command line: it is taken, or refused in one line that says why; and as one that a
 * shell completes: what is offered continues the last word. */
#include "caught_output.h"
#include "command/complete.h"
#include "fuzz_target.h"
#include "options/options.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MOST 64

struct line {
    char *text, *list[WORDS_MOST + 1];
    int count;
};

static void split(struct line *line, const uint8_t *data, size_t size)
{
    *line = (struct line){.text = malloc(size + 1)};
    CHECK(line->text != NULL);
    memcpy(line->text, data, size);
    line->text[size] = '\0';
    for (size_t at = 0; at < size && line->count < WORDS_MOST; at += strlen(line->text + at) + 1)
        line->list[line->count++] = line->text + at;
}

static void check_message(int code, const char *text)
{
    const size_t length = strlen(text);

    if (code <= EXIT_DONE) {
        CHECK(length == 0);
        return;
    }
    CHECK(length > 0 && text[length - 1] == '\n');
    for (size_t i = 0; i < length; i++)
        CHECK((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

static void parse(const struct line *line)
{
    static char program[] = "tcplens";
    char *words[WORDS_MOST + 2] = {program};
    struct options options;

    memcpy(words + 1, line->list, (size_t)line->count * sizeof(*words));
    const struct caught printed = catch_output(STDOUT_FILENO), said = catch_output(STDERR_FILENO);
    const int code = options_parse(&options, line->count + 1, words);
    char *help = caught_text(&printed), *message = caught_text(&said);
    check_message(code, message);
    CHECK(code == EXIT_DONE || !*help);
    if (code < 0)
        CHECK(options.command < RUN_COUNT && options.interval_ns > 0);
    options_done(&options);
    free(help);
    free(message);
}

static void complete(struct line *line)
{
    const struct caught printed = catch_output(STDOUT_FILENO);
    const int code = complete_print(line->count, line->list);
    char *offered = caught_text(&printed);

    CHECK(code == EXIT_DONE);
    free(offered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct line line;

    split(&line, data, size);
    parse(&line);
    complete(&line);
    free(line.text);
    return 0;
}
