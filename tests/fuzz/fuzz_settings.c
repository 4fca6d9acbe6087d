/* Any bytes as the settings file: they are read to an end, and what is wrong with them is said in one line. */
#include "fuzz_target.h"
#include "options/settings.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = FUZZ_FOLDER "/settings.XXXXXX";
static char path[sizeof(folder) + 16], parent[sizeof(folder) + 8];

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(parent);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    static bool made;

    if (made)
        return;
    CHECK(mkdtemp(folder) != NULL);
    snprintf(parent, sizeof(parent), "%s/tcplens", folder);
    snprintf(path, sizeof(path), "%s/config", parent);
    CHECK(mkdir(parent, 0700) == 0);
    CHECK(setenv("XDG_CONFIG_HOME", folder, 1) == 0 && unsetenv("SUDO_UID") == 0);
    CHECK(atexit(remove_folder) == 0);
    made = true;
}

static void write_file(const uint8_t *data, size_t size)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "tcplens";
    char *words[] = {program, NULL};
    struct options options;
    struct settings *settings;

    make_folder();
    write_file(data, size);
    CHECK(options_parse(&options, 1, words) < 0);
    CHECK(settings_new(&settings, &options) == 0);
    CHECK(memchr(settings->notice, '\0', sizeof(settings->notice)) != NULL);
    CHECK(strpbrk(settings->notice, "\n\x1b") == NULL);
    CHECK(settings->problems == 0 || settings->notice[0]);
    CHECK(settings->filter_count <= SETTINGS_LINES && settings->lines.count <= SETTINGS_LINES);
    CHECK(settings->options.interval_ns > 0 && settings->options.budget_percent <= 100);
    settings_free(settings);
    options_done(&options);
    return 0;
}
