/* Any bytes as the kernel's files of counters: nothing is read beyond them, and what is known has a
 * value. The first byte chooses the file. */
#include "core/host_facts.h"
#include "fuzz_target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_facts facts;

    if (size == 0)
        return 0;
    memset(&facts, 0, sizeof(facts));
    const size_t length = size - 1;
    char *text = malloc(length ? length : 1); /* of its own, so that a sanitizer sees its end */
    CHECK(text != NULL);
    memcpy(text, data + 1, length);
    host_facts_parse(&facts, (enum fact_file)(data[0] % (FACT_FILE_SOFTNET + 1)), text, length);
    host_facts_parse_sysctl(&facts, FACT_PORT_LAST, text, length);
    host_facts_parse_reserved(&facts, text, length);
    CHECK(facts.reserved_count <= PORT_SPANS_MAX);
    for (unsigned i = 0; i < facts.reserved_count; i++)
        CHECK(facts.reserved[i].first <= facts.reserved[i].last);
    for (int fact = 0; fact < FACT_COUNT; fact++)
        CHECK(host_fact_known(&facts, (enum host_fact)fact) || facts.values[fact] == 0);
    CHECK(host_facts_local_ports(&facts) <= 65536);
    free(text);
    return 0;
}
