/* doc/session-log.md names every key of every kind of line, and none that there is not; its example
 * can be read. */
#include "unit.h"

#include "session/format/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC PROJECT_DIR "/doc/session-log.md"

enum { TABLES = 4 };

struct section {
    const char *title; /* "### head" */
    uint32_t records;
    bool tables[TABLES]; /* rows, details, processes, frames */
};

static const struct section sections[] = {
    {"### head", RECORD_BIT(RECORD_HEAD), {false}},
    {"### frame", RECORD_BIT(RECORD_FRAME), {false, false, false, true}},
    {"### row and sample", RECORD_BIT(RECORD_ROW) | RECORD_BIT(RECORD_SAMPLE), {true, true}},
    {"### open, state, close",
     RECORD_BIT(RECORD_OPEN) | RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE),
     {false}},
    {"### proc", RECORD_BIT(RECORD_PROC), {false, false, true}},
    {"### flow", RECORD_BIT(RECORD_FLOW), {false}},
    {"### netns", RECORD_BIT(RECORD_NETNS), {false}},
    {"### failure", RECORD_BIT(RECORD_FAILURE), {false}},
    {"### finding", RECORD_BIT(RECORD_FINDING), {false}},
    {"### gap", RECORD_BIT(RECORD_GAP), {false}},
    {"### clock", RECORD_BIT(RECORD_CLOCK), {false}},
    {"### host", RECORD_BIT(RECORD_HOST), {false}},
};

static char *read_doc(void)
{
    FILE *file = fopen(DOC, "r");
    char *text = calloc(1, 1 << 20);
    if (!file || !text)
        fail_msg("cannot read " DOC);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static bool is_named(const char *begin, const char *end, const char *key)
{
    char row[80];
    snprintf(row, sizeof(row), "\n| `%s` |", key);
    const char *found = strstr(begin, row);
    return found && found < end;
}

static bool in_table(const struct fact *keys, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(keys[i].key) == length && !memcmp(keys[i].key, name, length))
            return true;
    }
    return false;
}

static struct logged_facts facts;

static bool is_of(const struct session_key *key, enum record_kind kind)
{
    return !key->records || (key->records & RECORD_BIT(kind));
}

static bool is_a_key(const struct section *section, const char *name, size_t length)
{
    const struct fact *tables[] = {facts.rows.list, facts.details.list, SESSION_PROC_KEYS,
                                   SESSION_FRAME_KEYS};
    const size_t counts[] = {facts.rows.count, facts.details.count, session_proc_key_count,
                             session_frame_key_count};

    for (size_t i = 0; i < TABLES; i++) {
        if (section->tables[i] && in_table(tables[i], counts[i], name, length))
            return true;
    }
    for (enum record_kind kind = RECORD_HEAD; kind < RECORD_COUNT; kind++) {
        for (size_t i = 0; (section->records & RECORD_BIT(kind)) && i < RECORDS[kind].keys->count;
             i++) {
            const struct session_key *key = &RECORDS[kind].keys->list[i];
            if (is_of(key, kind) && strlen(key->name) == length && !memcmp(key->name, name, length))
                return true;
        }
    }
    return false;
}

static void check_section(const char *doc, const struct section *section)
{
    const char *begin = strstr(doc, section->title);
    if (!begin)
        fail_msg("no section \"%s\"", section->title);
    const char *end = strstr(begin + 4, "\n##");
    end = end ? end : begin + strlen(begin);
    for (enum record_kind kind = RECORD_HEAD; kind < RECORD_COUNT; kind++) {
        for (size_t i = 0; (section->records & RECORD_BIT(kind)) && i < RECORDS[kind].keys->count;
             i++) {
            const struct session_key *key = &RECORDS[kind].keys->list[i];
            if (is_of(key, kind) && !is_named(begin, end, key->name))
                fail_msg("%s: \"%s\" is missing", section->title, key->name);
        }
    }
    const struct fact *tables[] = {facts.rows.list, facts.details.list, SESSION_PROC_KEYS,
                                   SESSION_FRAME_KEYS};
    const size_t counts[] = {facts.rows.count, facts.details.count, session_proc_key_count,
                             session_frame_key_count};
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t i = 0; section->tables[t] && i < counts[t]; i++) {
            if (!is_named(begin, end, tables[t][i].key))
                fail_msg("%s: \"%s\" is missing", section->title, tables[t][i].key);
        }
    }
    for (const char *row = strstr(begin, "\n| `"); row && row < end;
         row = strstr(row + 1, "\n| `")) {
        const char *name = row + 4, *name_end = strchr(name, '`');
        if (!is_a_key(section, name, (size_t)(name_end - name)))
            fail_msg("%s: \"%.*s\" is no key", section->title, (int)(name_end - name), name);
    }
}

static void test_keys(void **state)
{
    char *doc = read_doc();
    (void)state;
    logged_facts_gather(&facts);
    assert_true(facts.rows.count < FACT_LIST_MAX && facts.details.count < FACT_LIST_MAX);
    for (size_t i = 0; i < UNIT_COUNT(sections); i++)
        check_section(doc, &sections[i]);
    free(doc);
}

static void test_example(void **state)
{
    char *doc = read_doc();
    struct session_state session;
    struct session_line line = {.kind = RECORD_NONE};
    uint32_t kinds = 0;
    char why[200];

    (void)state;
    session_state_init(&session);
    const char *at = strstr(doc, "\n{\"ev\":\"head\"");
    for (; at && at[1] == '{'; at = strchr(at + 1, '\n')) {
        const char *end = strchr(at + 1, '\n');
        if (session_read_line(&session, at + 1, (size_t)(end - at - 1), &line, why, sizeof(why)))
            fail_msg("the example: %s", why);
        kinds |= RECORD_BIT(line.kind);
    }
    assert_int_equal(line.kind, RECORD_FRAME);
    assert_true(kinds & RECORD_BIT(RECORD_ROW));
    assert_true(kinds & RECORD_BIT(RECORD_SAMPLE));
    assert_true(kinds & RECORD_BIT(RECORD_STATE));
    assert_int_equal(session.row_count, 1);
    session_state_done(&session);
    free(doc);
}

static void test_version(void **state)
{
    char *doc = read_doc(), version[40];
    (void)state;
    snprintf(version, sizeof(version), "now `%u.%u`", SESSION_MAJOR, SESSION_MINOR);
    assert_non_null(strstr(doc, version));
    free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
