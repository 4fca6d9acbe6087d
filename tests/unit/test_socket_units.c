/* Which unit systemd starts for a listener of its own, by files in a tree made here. */
#include "source/owners/socket_units.h"
#include "tree.h"

#include <arpa/inet.h>
#include <sys/types.h>
#include <unistd.h>

#define LIBRARY "usr/lib/systemd/system/"
#define ADMIN   "etc/systemd/system/"

static struct tuple listener(const char *address, uint16_t port)
{
    struct tuple at = {.local_port = port};
    if (strchr(address, ':')) {
        at.family = FAMILY_INET6;
        assert_int_equal(inet_pton(AF_INET6, address, at.local.bytes), 1);
    } else {
        at.family = FAMILY_INET;
        assert_int_equal(inet_pton(AF_INET, address, at.local.bytes), 1);
    }
    return at;
}

static void assert_starts(const char *address, uint16_t port, const char *wanted)
{
    const struct tuple at = listener(address, port);
    char unit[SOCKET_UNIT_MAX];
    const bool found = socket_units_find(root, &at, unit);
    assert_string_equal(unit, wanted);
    assert_int_equal(found, wanted[0] != '\0');
}

static void a_listener_is_that_of_its_unit(void **state)
{
    (void)state;
    put(LIBRARY "cups.socket", "[Unit]\nListenStream=1\n[Socket]\nListenStream=/run/cups.sock\n"
                               "ListenStream = [::1]:631 \nListenStream=127.0.0.1:631\n");
    put(LIBRARY "ssh.socket", "# a comment\n[Socket]\nListenStream=22\nAccept=no\n[Install]\n");
    put(LIBRARY "finger.socket", "[Socket]\nListenStream=0.0.0.0:79\nAccept=yes");
    put(LIBRARY "web.socket", "[Socket]\nListenStream=8080\nService=nginx.service\n");
    assert_starts("::1", 631, "cups.service");
    assert_starts("127.0.0.1", 631, "cups.service");
    assert_starts("127.0.0.2", 631, "");
    assert_starts("::", 631, "");
    assert_starts("::", 1, "");
    assert_starts("::", 22, "ssh.service");
    assert_starts("0.0.0.0", 22, "ssh.service");
    assert_starts("10.0.0.5", 22, "");
    assert_starts("0.0.0.0", 79, "finger@.service");
    assert_starts("::", 8080, "nginx.service");
}

static void the_file_of_the_administrator_counts(void **state)
{
    (void)state;
    char path[PATH_MAX];
    put(LIBRARY "ssh.socket", "[Socket]\nListenStream=22\n");
    put(ADMIN "ssh.socket", "[Socket]\nListenStream=2222\n");
    put(LIBRARY "web.socket", "[Socket]\nListenStream=80\n");
    put(ADMIN "web.socket.d/port.conf", "[Socket]\nListenStream=\nListenStream=8080\n");
    put(ADMIN "web.socket.d/README", "[Socket]\nListenStream=81\n");
    put(LIBRARY "masked.socket", "[Socket]\nListenStream=90\n");
    snprintf(path, sizeof(path), "%s/" ADMIN "masked.socket", root);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_starts("::", 22, "");
    assert_starts("::", 2222, "ssh.service");
    assert_starts("::", 80, "");
    assert_starts("::", 81, "");
    assert_starts("::", 8080, "web.service");
    assert_starts("::", 90, "");
}

static void of_two_units_neither_is_taken(void **state)
{
    (void)state;
    char path[PATH_MAX];
    put(LIBRARY "a.socket", "[Socket]\nListenStream=80\n");
    snprintf(path, sizeof(path), "%s/" LIBRARY "alias.socket", root);
    assert_int_equal(symlink("a.socket", path), 0);
    assert_starts("::", 80, "a.service");
    put(LIBRARY "b.socket", "[Socket]\nListenStream=80\nService=a.service\n");
    assert_starts("::", 80, "a.service");
    put(LIBRARY "c.socket", "[Socket]\nListenStream=80\n");
    assert_starts("::", 80, "?");
}

static void files_that_are_none_are_passed_over(void **state)
{
    (void)state;
    char path[PATH_MAX];
    static char giant[9 << 20];
    memset(giant, '\n', sizeof(giant));
    memcpy(giant, "[Socket]\nListenStream=80\n", 25);
    write_file(LIBRARY "giant.socket", giant, sizeof(giant));
    snprintf(path, sizeof(path), "%s/" LIBRARY "fifo.socket", root);
    assert_int_equal(mkfifo(path, 0644), 0);
    snprintf(path, sizeof(path), "%s/" LIBRARY "folder.socket", root);
    assert_int_equal(mkdir(path, 0755), 0);
    put(LIBRARY "template@.socket", "[Socket]\nListenStream=80\n");
    put(LIBRARY ".socket", "[Socket]\nListenStream=80\n");
    assert_starts("::", 80, "");
}

static void any_text_is_read(void **state)
{
    static const char alphabet[] = "[]=:#;\n \t\\Socket0189ListenStreamAcceptService%[::]";
    const struct tuple at = listener("::", 80);
    uint64_t seed = 20261128;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct socket_unit unit = {.service = ""};
        char text[160] = "[Socket]\nListenStream=";
        size_t length = round % 2 ? strlen(text) : 0;
        for (; length < sizeof(text) - 1; length++)
            text[length] = alphabet[unit_random(&seed) % (sizeof(alphabet) - 1)];
        text[unit_random_below(&seed, sizeof(text))] = '\0';
        socket_unit_read(&unit, text, &at);
        assert_true(memchr(unit.service, '\0', sizeof(unit.service)) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_listener_is_that_of_its_unit), IN_TREE(the_file_of_the_administrator_counts),
        IN_TREE(of_two_units_neither_is_taken),  IN_TREE(files_that_are_none_are_passed_over),
        cmocka_unit_test(any_text_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
