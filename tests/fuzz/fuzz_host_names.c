/* Any bytes as what a name server answers: in the place of the name, or of all behind the number of the question. What is
 * taken for a name is safe to print, and what is not leaves the cache usable. The first byte chooses. */
#include "dns_stub.h"
#include "fuzz_target.h"
#include "ui/host_names.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NUMBER_SIZE 2
#define MESSAGE_MAX 65000
#define ARRIVES_MS  1000 /* it is on its way already */

static const struct addr ADDRESS = {{198, 18, 0, 5}};

/* One for all inputs: nothing of it outlives a question. */
static int open_server(char *servers, size_t size)
{
    static int server = -1;
    static uint16_t port;

    if (server < 0)
        server = dns_stub_open(&port);
    CHECK(server >= 0);
    snprintf(servers, size, "127.0.0.1:%u", port);
    return server;
}

static void answer_all(int server, const struct dns_question *question, const uint8_t *data,
                       size_t size)
{
    uint8_t *message = malloc(NUMBER_SIZE + size);

    CHECK(message != NULL);
    memcpy(message, question->bytes, NUMBER_SIZE);
    memcpy(message + NUMBER_SIZE, data, size);
    (void)sendto(server, message, NUMBER_SIZE + size, 0, (const struct sockaddr *)&question->from,
                 sizeof(question->from));
    free(message);
}

static void take_answer(struct host_names *names)
{
    struct pollfd waits[HOST_NAMES_DESCRIPTORS];
    int timeout_ms = ARRIVES_MS;
    const size_t count = host_names_descriptors(names, waits, &timeout_ms);

    if (poll(waits, count, ARRIVES_MS) > 0)
        (void)host_names_pump(names, waits, count, 1);
}

static void check_name(struct host_names *names)
{
    const char *name = host_names_find(names, &ADDRESS, FAMILY_INET, 2);
    const struct host_names_counts counts = host_names_counts(names);

    CHECK(counts.named + counts.refused <= counts.asked && (name != NULL) == (counts.named > 0));
    CHECK(!name || host_name_is_sound(name));
    for (; name && *name; name++)
        CHECK(*name > ' ' && *name < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char servers[32];
    struct dns_question question;
    struct host_names *names;

    if (size == 0 || size > MESSAGE_MAX)
        return 0;
    const int server = open_server(servers, sizeof(servers));
    CHECK(host_names_new(&names, servers) == 0);
    CHECK(!host_names_find(names, &ADDRESS, FAMILY_INET, 1));
    while (!dns_stub_read(server, &question))
        CHECK(poll(&(struct pollfd){server, POLLIN, 0}, 1, ARRIVES_MS) == 1);
    if (data[0] % 2)
        answer_all(server, &question, data + 1, size - 1);
    else
        dns_stub_answer(server, &question, data + 1, size - 1);
    take_answer(names);
    check_name(names);
    host_names_free(names);
    while (dns_stub_read(server, &question)) /* what was asked again */
        continue;
    return 0;
}
