/* Feeds every file of a folder to a fuzz target, once, where there is no libFuzzer. Knows nothing
 * of what the target does with it. */
#include "fuzz_target.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* Exactly as many bytes as the file has, so that the address sanitizer sees a read behind them. */
static int run_file(const char *path)
{
    int result = -EIO;
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -errno;
    if (fseek(file, 0, SEEK_END) != 0)
        goto out;
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto out;
    data = malloc(size > 0 ? (size_t)size : 1);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size)
        goto out;
    LLVMFuzzerTestOneInput(data, (size_t)size);
    result = 0;
out:
    free(data);
    fclose(file);
    return result;
}

static int run_folder(const char *folder, DIR *listing, unsigned *count)
{
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        int error = length < (int)sizeof(path) ? run_file(path) : -ENAMETOOLONG;
        if (error != 0) {
            fprintf(stderr, "%s/%s: %s\n", folder, entry->d_name, strerror(-error));
            return error;
        }
        ++*count;
    }
    return 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    DIR *listing = opendir(argv[1]);
    if (listing == NULL) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    int error = run_folder(argv[1], listing, &count);
    closedir(listing);
    if (error == 0 && count == 0)
        fprintf(stderr, "%s: no inputs: a corpus holds one at least\n", argv[1]);
    else if (error == 0)
        printf("%u inputs\n", count);
    return error == 0 && count != 0 ? 0 : 1;
}
