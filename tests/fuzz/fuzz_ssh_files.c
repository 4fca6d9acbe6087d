/* Any bytes as the configuration of ssh and as its known_hosts: what is offered to continue a word continues it, and is a host
 * that can be reached. */
#include "caught_output.h"
#include "command/complete.h"
#include "fuzz_target.h"
#include "source/remote/command.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define CANDIDATE_MAX 160

static char home[] = FUZZ_FOLDER "/ssh_files.XXXXXX";
static int folder = -1;
static const char *const FILES[] = {".ssh/config", ".ssh/known_hosts"};

static void remove_home(void)
{
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        CHECK(unlinkat(folder, FILES[i], 0) == 0);
    CHECK(unlinkat(folder, ".ssh", AT_REMOVEDIR) == 0 && rmdir(home) == 0);
}

static void make_home(void)
{
    CHECK(mkdtemp(home) && setenv("HOME", home, 1) == 0);
    folder = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(folder >= 0 && mkdirat(folder, ".ssh", 0700) == 0 && atexit(remove_home) == 0);
}

static void write_files(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        const int file = openat(folder, FILES[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
        close(file);
    }
}

static void check_candidates(char *offered, const char *word)
{
    char why[CANDIDATE_MAX], *rest = NULL;

    for (char *line = strtok_r(offered, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        CHECK(strncasecmp(line, word, strlen(word)) == 0);
        CHECK(remote_target_check(line, why, sizeof why) == 0 && !strpbrk(line, "*?!\t"));
    }
}

static void complete(const char *word)
{
    const struct completion at = {.word = word};
    const struct caught printed = catch_output(STDOUT_FILENO);

    complete_hosts(&at);
    char *offered = caught_text(&printed);
    check_candidates(offered, word);
    free(offered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const WORDS[] = {"", "w", "[", "ann@"};

    if (folder < 0)
        make_home();
    write_files(data, size);
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        complete(WORDS[i]);
    return 0;
}
