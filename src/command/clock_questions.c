/* clock_questions: see clock_questions.h. */
#include "command/clock_questions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MOST 40u
#define WORD      "clock "

void clock_questions_begin(struct clock_questions *questions, int descriptor)
{
    struct stat status;

    *questions = (struct clock_questions){.descriptor = -1, .scratch = {-1, -1}};
    if (fstat(descriptor, &status) != 0 || (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode)))
        return;
    questions->is_socket = S_ISSOCK(status.st_mode);
    if (questions->is_socket || pipe2(questions->scratch, O_CLOEXEC | O_NONBLOCK) == 0)
        questions->descriptor = descriptor;
}

void clock_questions_done(struct clock_questions *questions)
{
    for (int i = 0; i < 2; i++)
        if (questions->scratch[i] >= 0)
            close(questions->scratch[i]);
    *questions = (struct clock_questions){.descriptor = -1, .scratch = {-1, -1}};
}

/* The next bytes, which are not consumed. 0: the end. */
static ssize_t look(const struct clock_questions *questions, char *line, size_t size)
{
    if (questions->is_socket)
        return recv(questions->descriptor, line, size, MSG_PEEK | MSG_DONTWAIT);
    const ssize_t found =
        tee(questions->descriptor, questions->scratch[1], size, SPLICE_F_NONBLOCK);
    return found > 0 ? read(questions->scratch[0], line, size) : found;
}

/* There will be no more questions. */
static enum clock_news end(struct clock_questions *questions)
{
    const bool has_asked = questions->has_asked;

    clock_questions_done(questions);
    return has_asked ? CLOCK_END : CLOCK_NOTHING;
}

enum clock_news clock_questions_take(struct clock_questions *questions, uint64_t *id)
{
    char line[LINE_MOST + 1], *rest;
    const ssize_t found = look(questions, line, LINE_MOST);

    if (found < 0 && (errno == EAGAIN || errno == EINTR))
        return CLOCK_NOTHING;
    if (found <= 0)
        return end(questions);
    line[found] = '\0';
    char *newline = strchr(line, '\n');
    if (!newline || strncmp(line, WORD, strlen(WORD)) != 0) {
        clock_questions_done(questions);
        return CLOCK_NOTHING;
    }
    if (read(questions->descriptor, line, (size_t)(newline + 1 - line)) <= 0)
        return CLOCK_NOTHING;
    *id = strtoull(line + strlen(WORD), &rest, 10);
    questions->has_asked = true;
    return CLOCK_QUESTION;
}
