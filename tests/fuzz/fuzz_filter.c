/* Any bytes as a filter: whatever is understood prints to text that means the same, its bytecode
 * passes the kernel's audit and keeps back no row that is accepted here. The first bytes choose a
 * row. */
#include "../unit/bytecode_machine.h"
#include "../unit/filter_rows.h"
#include "fuzz_target.h"

static void check_print(const struct filter *filter, const struct conn *conn)
{
    static const struct frame frame;
    const struct column_context context = {.frame = &frame};
    struct filter *again = NULL;
    struct filter_error error;
    struct buffer text;

    buffer_init(&text);
    filter_print(filter, &text);
    CHECK(!text.failed);
    const int result = filter_parse(&again, text.data, &ROW_NAMES, &error);
    /* parentheses and blanks of the print may pass the limits of length and depth */
    CHECK(result == 0 || strstr(error.message, "longer") || strstr(error.message, "nested"));
    if (result == 0) {
        CHECK(filter_equal(filter, again));
        CHECK(filter_accepts(filter, &context, conn) == filter_accepts(again, &context, conn));
        CHECK(filter_states(filter) == filter_states(again));
        CHECK(filter_family(filter) == filter_family(again));
        CHECK(filter_needs(filter) == filter_needs(again));
        CHECK(filter_names_target(filter) == filter_names_target(again));
        filter_free(again);
    }
    buffer_done(&text);
}

static void check_bytecode(const struct filter *filter, const struct conn *conn)
{
    static const struct frame frame;
    const struct column_context context = {.frame = &frame};
    const struct machine_socket socket = machine_socket_of(conn);
    struct buffer code;

    buffer_init(&code);
    if (filter_bytecode(filter, &code) == 0) {
        CHECK(machine_audit(code.data, code.length));
        CHECK(!filter_accepts(filter, &context, conn) ||
              machine_run(code.data, code.length, &socket));
    }
    buffer_done(&code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filter *filter = NULL;
    struct filter_error error = {0};
    uint64_t choice;

    if (size < sizeof choice)
        return 0;
    memcpy(&choice, data, sizeof choice);
    const size_t length = size - sizeof choice;
    char *text = malloc(length + 1);
    CHECK(text);
    memcpy(text, data + sizeof choice, length);
    text[length] = '\0';
    if (filter_parse(&filter, text, &ROW_NAMES, &error) == 0) {
        const struct conn conn = row_make(choice);
        check_print(filter, &conn);
        check_bytecode(filter, &conn);
        filter_free(filter);
    } else {
        CHECK(error.message[0]);
        CHECK(error.column <= strlen(text) && error.length <= strlen(text) - error.column);
    }
    free(text);
    return 0;
}
