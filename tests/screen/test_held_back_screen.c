/* test_held_back_screen TCPLENS: a real connection whose other end does not read. Its page says that
 * the receiver holds it back and that its window is full; when the other end has closed, the page
 * stays and says so. Its event leads to the moment when it was there. */
#include "pty_screen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS 20000
#define MOSTLY      80.0 /* percent */
#define SKIPPED     77

static void fail(struct pty_screen *screen, const char *what)
{
    char *text = screen ? pty_screen_text(screen) : NULL;

    printf("FAILED: %s\n%s\n", what, text ? text : "");
    free(text);
    pty_screen_free(screen);
    exit(1);
}

static void expect(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS))
        fail(screen, text);
}

/* A connection on the loopback of this machine: ends[0] sends. Its port. */
static uint16_t connect_ends(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        connect(ends[0], (struct sockaddr *)&address, length) != 0)
        fail(NULL, "no connection on the loopback");
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC); /* the program must not hold it, too */
    close(listener);
    if (ends[1] < 0 || getsockname(ends[0], (struct sockaddr *)&address, &length) != 0)
        fail(NULL, "no connection on the loopback");
    return ntohs(address.sin_port);
}

static void fill(int sender)
{
    static const char bytes[65536];

    fcntl(sender, F_SETFL, O_NONBLOCK);
    while (write(sender, bytes, sizeof(bytes)) > 0)
        ;
}

/* "held back by   network 0 %   receiver ████ 99.9 %": what stands behind the name. */
static double share_of(struct pty_screen *screen, const char *name)
{
    char *text = pty_screen_text(screen);
    const char *at = strstr(text, "held back by");
    double share = -1;

    at = at ? strstr(at, name) : NULL;
    if (at) {
        at += strlen(name);
        share = strtod(at + strcspn(at, "0123456789"), NULL);
    }
    free(text);
    return share;
}

static bool is_held_by_receiver(struct pty_screen *screen, void *user)
{
    (void)user;
    return share_of(screen, "receiver") >= MOSTLY && share_of(screen, "program") <= 100 - MOSTLY;
}

int main(int argc, char **argv)
{
    struct pty_screen *screen = NULL;
    char filter[32];
    int ends[2];

    if (argc != 2)
        return 2;
    const uint16_t port = connect_ends(ends);
    fill(ends[0]);
    snprintf(filter, sizeof(filter), "sport = :%u", port);
    const char *const command[] = {argv[1], "-i", "0.2", filter, NULL};
    pty_screen_start(&screen,
                     &(struct pty_screen_options){.rows = 40, .cols = 130, .argv = command});
    if (!screen)
        fail(NULL, "no screen");
    expect(screen, "1 of ");
    if (pty_screen_find(screen, "/proc/net/tcp", NULL, NULL)) {
        puts("skipped: no sock_diag here, and so no tcp_info");
        pty_screen_free(screen);
        return SKIPPED;
    }
    pty_screen_send_keys(screen, "<Enter>");
    expect(screen, "of window 0 B");
    if (!pty_screen_wait_for(screen, is_held_by_receiver, NULL, DEADLINE_MS))
        fail(screen, "the receiver does not hold it back");
    expect(screen, "timer probe");
    close(ends[1]); /* what it had not read makes this a reset */
    expect(screen, "closed at ");
    pty_screen_send_keys(screen, "e");
    expect(screen, "- closed");
    pty_screen_send_keys(screen, "G <Enter>");
    expect(screen, "peer's window 0 B"); /* the page in the past */
    pty_screen_send_keys(screen, "q");
    close(ends[0]);
    pty_screen_free(screen);
    return 0;
}
