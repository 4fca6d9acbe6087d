/* A folder of files for tests of what reads files of others: made for each test, and removed. */
#ifndef TCPLENS_UNIT_TREE_H
#define TCPLENS_UNIT_TREE_H

#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];

static inline void write_file(const char *path, const char *text, size_t length)
{
    char whole[PATH_MAX];

    snprintf(whole, sizeof(whole), "%s/%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void put(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

static inline int make_tree(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/tcplens-unit-XXXXXX");
    assert_non_null(mkdtemp(root));
    put("proc/uptime", "");
    return 0;
}

static inline int remove_tree(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

#define IN_TREE(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)

#endif
