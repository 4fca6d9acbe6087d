#include "caught_output.h"

#include "fuzz_target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct caught catch_output(int standard)
{
    const struct caught caught = {standard, dup(standard), memfd_create("caught", MFD_CLOEXEC)};

    CHECK(caught.kept >= 0 && caught.file >= 0 && dup2(caught.file, standard) == standard);
    return caught;
}

char *caught_text(const struct caught *caught)
{
    CHECK(fflush(stdout) == 0 && fflush(stderr) == 0);
    const off_t size = lseek(caught->file, 0, SEEK_END);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;

    CHECK(text && pread(caught->file, text, (size_t)size, 0) == size);
    text[size] = '\0';
    CHECK(dup2(caught->kept, caught->standard) == caught->standard);
    close(caught->kept);
    close(caught->file);
    return text;
}
