/* Damage: a small .zst log cut at every byte and with every bit flipped, a plain one cut at every
 * byte (some of them, unless the argument is "full"). Nothing crashes; each frame that replays is
 * one that was recorded, or says that the log is damaged; what a flip changes is named; a recorder
 * appends to whatever a cut left. */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "source/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 6
#define NEEDS  (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

static const struct wish no_wish;
static size_t cut_stride = 97, flip_stride = 61; /* with the argument "full": 1 */

struct bytes {
    uint8_t *data;
    size_t length;
    char path[128];
};

static void read_all(struct bytes *bytes, const char *path)
{
    FILE *file = fopen(path, "r");
    bytes->data = malloc(1 << 22);
    assert_true(file && bytes->data);
    bytes->length = fread(bytes->data, 1, 1 << 22, file);
    fclose(file);
    const char *name = strrchr(path, '/') + 1; /* whose ending says whether it is compressed */
    snprintf(bytes->path, sizeof(bytes->path), "%.*sdamaged-%s", (int)(name - path), path, name);
}

static void write_all(const struct bytes *bytes, size_t length)
{
    int descriptor = open(bytes->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(write(descriptor, bytes->data, length) == (ssize_t)length);
    close(descriptor);
}

struct outcome {
    uint32_t equal, marked;
    bool named; /* refused, or damage was reported */
};

/* Replays the damaged copy. Every frame is equal to the recorded one of its number, or marked. */
static struct outcome replay_all(const struct demo_log *log, const char *path,
                                 struct frame_pool *pool)
{
    struct outcome outcome = {0, 0, false};
    struct source *source = NULL;
    char why[200] = "";
    int error = replay_open(&source, path, why, sizeof(why));

    if (error) {
        assert_true(why[0] != '\0');
        outcome.named = true;
        return outcome;
    }
    while (!error) {
        struct frame *frame = frame_new(pool);
        error = source_next(source, frame, &no_wish);
        if (!error && (frame->missing.reasons & MISSING_LOG)) {
            outcome.marked++;
        } else if (!error) {
            assert_true(frame->number >= 1 && frame->number <= log->count);
            const char *differs = frames_differ(log->frames[frame->number - 1], frame);
            if (differs)
                fail_msg("frame %llu: %s", (unsigned long long)frame->number, differs);
            outcome.equal++;
        }
        frame_release(frame);
    }
    outcome.named = replay_damage(source)[0] || replay_is_torn(source) || error != -ENODATA;
    source_close(source);
    return outcome;
}

/* As the next recorder would: the last frame again, behind what is left. */
static void append_to(const struct demo_log *log, const char *path, size_t cut)
{
    struct log_settings settings = demo_log_settings(log);
    struct log_writer writer;
    char why[200] = "";

    settings.path = path;
    if (log_writer_open(&writer, &settings, why, sizeof(why)))
        fail_msg("cut at %zu: %s", cut, why);
    assert_int_equal(log_writer_frame(&writer, log->frames[FRAMES - 1], NULL, 0, 0), 0);
    log_writer_close(&writer);
}

/* Bytes by which a log is known to be one. */
static size_t start_of(const char *name)
{
    return strstr(name, ".zst") ? 16 : strlen("{\"ev\":\"head\",");
}

static void check_cuts(const char *name)
{
    struct demo_log log;
    struct bytes bytes;
    struct frame_pool *pool = frame_pool_new();
    uint32_t before = 0;

    demo_log_init(&log, name, 8, NEEDS);
    demo_log_make(&log, FRAMES);
    read_all(&bytes, log.path);
    for (size_t length = 0; length <= bytes.length; length += cut_stride) {
        write_all(&bytes, length);
        struct outcome outcome = replay_all(&log, bytes.path, pool);
        if (outcome.marked || outcome.equal < before)
            fail_msg("cut at %zu: %u frames, %u before, %u marked", length, outcome.equal, before,
                     outcome.marked);
        before = outcome.equal;
        if (length > 0 && length < start_of(name))
            continue; /* refused: see test_short */
        append_to(&log, bytes.path, length);
        outcome = replay_all(&log, bytes.path, pool);
        if (outcome.named || outcome.marked || outcome.equal != before + 1)
            fail_msg("cut at %zu, then continued: %u frames, %u before, %u marked", length,
                     outcome.equal, before, outcome.marked);
    }
    write_all(&bytes, bytes.length);
    assert_int_equal(replay_all(&log, bytes.path, pool).equal, FRAMES);
    free(bytes.data);
    frame_pool_release(pool);
    demo_log_done(&log);
}

/* Of a torn first line, so much must be left that it is known to be a log's; else nothing is removed. */
static void check_short(const char *name)
{
    struct demo_log log;
    struct bytes bytes;

    demo_log_init(&log, name, 8, NEEDS);
    demo_log_make(&log, 1);
    read_all(&bytes, log.path);
    for (size_t length = 1; length < start_of(name) + 3; length++) {
        struct log_settings settings = demo_log_settings(&log);
        struct log_writer writer;
        struct stat status;
        char why[200] = "";

        write_all(&bytes, length);
        settings.path = bytes.path;
        const int error = log_writer_open(&writer, &settings, why, sizeof(why));
        assert_int_equal(stat(bytes.path, &status), 0);
        assert_int_equal(status.st_size, length < start_of(name) ? length : 0);
        assert_int_equal(error, length < start_of(name) ? -EINVAL : 0);
        if (error) {
            assert_non_null(strstr(why, "not a session log to append to"));
            continue;
        }
        assert_int_equal(writer.stats.incidents, 1);
        assert_non_null(strstr(writer.stats.incident, "which was cut off"));
        log_writer_close(&writer);
    }
    free(bytes.data);
    demo_log_done(&log);
}

static void test_short(void **state)
{
    (void)state;
    check_short("log.jsonl");
    check_short("log.jsonl.zst");
}

static void test_cut_plain(void **state)
{
    (void)state;
    check_cuts("log.jsonl");
}

static void test_cut_zst(void **state)
{
    (void)state;
    check_cuts("log.jsonl.zst");
}

static void test_flips(void **state)
{
    struct demo_log log;
    struct bytes bytes;
    struct frame_pool *pool = frame_pool_new();
    uint32_t harmless = 0, named = 0;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 4, NEEDS);
    demo_log_make(&log, FRAMES);
    read_all(&bytes, log.path);
    for (size_t bit = 0; bit < bytes.length * 8; bit += flip_stride) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        write_all(&bytes, bytes.length);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct outcome outcome = replay_all(&log, bytes.path, pool);
        if (!outcome.named && outcome.equal != FRAMES)
            fail_msg("bit %zu of byte %zu: %u frames are lost and nothing is said", bit % 8,
                     bit / 8, FRAMES - outcome.equal);
        *(outcome.named ? &named : &harmless) += 1;
    }
    print_message("%zu bytes: %u flips named, %u change nothing\n", bytes.length, named, harmless);
    free(bytes.data);
    frame_pool_release(pool);
    demo_log_done(&log);
}

/* Claims that cost memory: endless lines, deep nesting, many rows in few bytes. */
static void test_claims(void **state)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    static const char head[] = "{\"ev\":\"head\",\"t\":\"2026-11-22T12:16:31Z\",\"format\":"
                               "\"tcplens-session\",\"version\":\"1.0\"}\n";

    (void)state;
    demo_log_init(&log, "log.jsonl", 4, NEEDS);
    FILE *file = fopen(log.path, "w");
    fputs(head, file);
    for (unsigned i = 0; i < 8u << 20; i++)
        fputc('[', file);
    fputs("\n", file);
    fputs("{\"ev\":\"frame\",\"t\":\"2026-11-22T12:16:32Z\",\"rows\":4000000000}\n", file);
    fclose(file);
    struct source *source = NULL;
    char why[200];
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    struct frame *frame = frame_new(pool);
    assert_int_equal(source_next(source, frame, &no_wish), 0);
    assert_true(frame->missing.reasons & MISSING_LOG);
    frame_release(frame);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

/* A frame to be passed over whose length does not fit into 32 bits: reading ends there. */
static void test_long_skip(void **state)
{
    static const uint8_t skip[] = {0x50, 0x2a, 0x4d, 0x18, 0xf8, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    struct demo_log log;
    struct bytes bytes;
    struct frame_pool *pool = frame_pool_new();

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 4, NEEDS);
    demo_log_make(&log, FRAMES);
    read_all(&bytes, log.path);
    memcpy(bytes.data + bytes.length, skip, sizeof(skip));
    write_all(&bytes, bytes.length + sizeof(skip));
    const struct outcome outcome = replay_all(&log, bytes.path, pool);
    assert_int_equal(outcome.equal, FRAMES);
    assert_true(outcome.named);
    free(bytes.data);
    frame_pool_release(pool);
    demo_log_done(&log);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "full") == 0)
        cut_stride = flip_stride = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_plain), cmocka_unit_test(test_cut_zst),
        cmocka_unit_test(test_flips),     cmocka_unit_test(test_claims),
        cmocka_unit_test(test_long_skip), cmocka_unit_test(test_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
