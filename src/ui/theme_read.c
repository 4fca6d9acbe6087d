/* theme_read: each line has a role, or a background, and its look in words. */
#include "ui/theme_read.h"

#include "core/text/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS          " \t\r\n"
#define CONTRAST_TEXT   4.5 /* WCAG 2, 1.4.3 */
#define CONTRAST_ROW    3.0 /* of a selected or tagged row: as for large text there */
#define PALETTE_BLACK   16  /* of the 256: the first 16 depend on the terminal */
#define PALETTE_WHITE   231
#define PALETTE_GREYS   232
#define PALETTE_DEFINED 16

struct rgb {
    int red, green, blue;
};

/* xterm's first sixteen. */
static const struct rgb BASIC[] = {{0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
                                   {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
                                   {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
                                   {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};

static const char *const COLOR_NAMES[] = {
    "black",        "red",           "green",       "yellow",         "blue",
    "magenta",      "cyan",          "white",       "gray",           "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white"};
#define COLOR_NAME_COUNT (sizeof(COLOR_NAMES) / sizeof(COLOR_NAMES[0]))

static const struct {
    const char *name;
    uint8_t attribute;
} ATTRIBUTES[] = {{"bold", LOOK_BOLD},
                  {"dim", LOOK_DIM},
                  {"underline", LOOK_UNDERLINE},
                  {"reverse", LOOK_REVERSE}};

static const struct {
    const char *name;
    size_t place; /* of an int16_t in struct theme_looks */
} GROUNDS[] = {{"foreground", offsetof(struct theme_looks, ground)},
               {"background", offsetof(struct theme_looks, ground) + sizeof(int16_t)},
               {"selected", offsetof(struct theme_looks, selected)},
               {"tagged", offsetof(struct theme_looks, tagged)}};

bool theme_name_is_valid(const char *name)
{
    static const char ALLOWED[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const size_t length = strlen(name);
    enum theme ours;

    return length > 0 && length < THEME_NAME_MAX && name[0] != '.' && name[0] != '-' &&
           strspn(name, ALLOWED) == length && theme_from_name(name, &ours) != 0 &&
           strcmp(name, "help") != 0;
}

/* --- colours --- */

static struct rgb rgb_of(int index)
{
    static const int STEPS[] = {0, 95, 135, 175, 215, 255};

    if (index < PALETTE_DEFINED)
        return BASIC[index];
    if (index >= PALETTE_GREYS) {
        const int grey = 8 + (index - PALETTE_GREYS) * 10;
        return (struct rgb){grey, grey, grey};
    }
    index -= PALETTE_DEFINED;
    return (struct rgb){STEPS[index / 36], STEPS[index / 6 % 6], STEPS[index % 6]};
}

static int distance(struct rgb a, struct rgb b)
{
    const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;

    return red * red + green * green + blue * blue;
}

static int nearest(struct rgb color, int first, int end)
{
    int best = first;

    for (int i = first + 1; i < end; i++)
        if (distance(rgb_of(i), color) < distance(rgb_of(best), color))
            best = i;
    return best;
}

/* "#rrggbb": the nearest of the 256 colours that is the same on every terminal. */
static bool read_rgb(const char *word, int *index)
{
    char *end;

    if (word[0] != '#' || strlen(word) != 7 || strspn(word + 1, "0123456789abcdefABCDEF") != 6)
        return false;
    const long all = strtol(word + 1, &end, 16);
    *index = nearest((struct rgb){(int)(all >> 16), (int)(all >> 8 & 255), (int)(all & 255)},
                     PALETTE_DEFINED, 256);
    return true;
}

static bool read_number(const char *word, int *index)
{
    if (strlen(word) > 3 || strspn(word, "0123456789") != strlen(word))
        return false;
    *index = atoi(word);
    return *index < 256;
}

static bool read_color(const char *word, int *index)
{
    if (strcasecmp(word, "default") == 0) {
        *index = COLOR_NONE;
        return true;
    }
    for (size_t i = 0; i < COLOR_NAME_COUNT; i++)
        if (strcasecmp(word, COLOR_NAMES[i]) == 0) {
            *index = (int)i;
            return true;
        }
    return read_rgb(word, index) || read_number(word, index);
}

/* The nearest colour of terminals with 8 or 16 colours. */
static int8_t plain_of(int index)
{
    if (index < PALETTE_DEFINED)
        return (int8_t)index;
    return (int8_t)nearest(rgb_of(index), 0, 8);
}

/* --- lines --- */

static uint8_t attribute_of(const char *word)
{
    for (size_t i = 0; i < sizeof(ATTRIBUTES) / sizeof(ATTRIBUTES[0]); i++)
        if (strcasecmp(word, ATTRIBUTES[i].name) == 0)
            return ATTRIBUTES[i].attribute;
    return 0;
}

static int refuse_word(const char *word, char *why)
{
    snprintf(why, THEME_WHY_MAX,
             "\"%.30s\" is not a colour: write red, bright-red, 0 to 255, #rrggbb or default, and "
             "bold, dim, underline, reverse",
             word);
    return -EINVAL;
}

static int read_look(const char *value, struct look *look, char *why)
{
    char text[128], *rest, *word;
    struct look read = {COLOR_NONE, COLOR_NONE, 0};
    bool colored = false;

    snprintf(text, sizeof(text), "%s", value);
    for (word = strtok_r(text, BLANKS, &rest); word; word = strtok_r(NULL, BLANKS, &rest)) {
        int index;
        const uint8_t attribute = attribute_of(word);
        if (attribute) {
            read.attributes |= attribute;
            continue;
        }
        if (colored || !read_color(word, &index))
            return refuse_word(word, why);
        colored = true;
        read.rich = (int16_t)index;
        read.plain = plain_of(index);
    }
    if (!colored && read.attributes == 0)
        return refuse_word("", why);
    *look = read;
    return 0;
}

static int take_base(struct theme_looks *looks, const char *value, char *why)
{
    char name[THEME_NAME_MAX];
    enum theme base;

    if (theme_from_name(value, &base) != 0) {
        snprintf(why, THEME_WHY_MAX, "base: \"%.30s\": write dark, light, safe, mono or contrast",
                 value);
        return -EINVAL;
    }
    memcpy(name, looks->name, sizeof(name));
    theme_looks_of(looks, base);
    memcpy(looks->name, name, sizeof(name));
    return 0;
}

static int take_ground(int16_t *ground, const char *value, char *why)
{
    struct look look;
    const int error = read_look(value, &look, why);

    if (!error && look.attributes) {
        snprintf(why, THEME_WHY_MAX, "it takes a colour alone, without bold or the like");
        return -EINVAL;
    }
    if (!error)
        *ground = look.rich;
    return error;
}

static int refuse_key(const char *key, char *why)
{
    const char *near = NULL;
    unsigned edits = UINT_MAX;

    for (size_t i = 0; i < sizeof(GROUNDS) / sizeof(GROUNDS[0]); i++)
        if (text_is_nearer(key, GROUNDS[i].name, &edits))
            near = GROUNDS[i].name;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (text_is_nearer(key, ROLE_NAMES[i].name, &edits))
            near = ROLE_NAMES[i].name;
    snprintf(why, THEME_WHY_MAX, "there is no role \"%.30s\"%s%s%s", key,
             near ? "; did you mean \"" : ": tcplens.conf(5) lists them", near ? near : "",
             near ? "\"?" : "");
    return -EINVAL;
}

int theme_take(struct theme_looks *looks, const char *key, const char *value, char *why)
{
    if (strcmp(key, "base") == 0)
        return take_base(looks, value, why);
    for (size_t i = 0; i < sizeof(GROUNDS) / sizeof(GROUNDS[0]); i++)
        if (strcmp(key, GROUNDS[i].name) == 0)
            return take_ground((int16_t *)(void *)((char *)looks + GROUNDS[i].place), value, why);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strcmp(key, ROLE_NAMES[i].name) == 0)
            return read_look(value, &looks->roles[i], why);
    return refuse_key(key, why);
}

static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

int theme_take_line(struct theme_looks *looks, char *line, char *why)
{
    char *key = trim(line), *equals = strchr(key, '=');

    if (key[0] == '\0' || key[0] == '#' || key[0] == ';')
        return 0;
    if (!equals) {
        snprintf(why, THEME_WHY_MAX, "\"%.30s\": write ROLE = COLOUR", key);
        return -EINVAL;
    }
    *equals = '\0';
    return theme_take(looks, trim(key), trim(equals + 1), why);
}

/* --- contrast --- */

static double linear(int value)
{
    const double part = value / 255.0;

    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(int index)
{
    const struct rgb color = rgb_of(index);

    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

double theme_contrast(int color, int other)
{
    const double a = luminance(color), b = luminance(other);

    return ((a > b ? a : b) + 0.05) / ((a > b ? b : a) + 0.05);
}

/* If the file has none, the terminal's: black or white, by the theme it is based on. Other themes
 * suit both. */
static int ground_of(const struct theme_looks *looks)
{
    if (looks->ground[1] != COLOR_NONE)
        return looks->ground[1];
    return looks->base == THEME_DARK    ? PALETTE_BLACK
           : looks->base == THEME_LIGHT ? PALETTE_WHITE
                                        : COLOR_NONE;
}

/* On its original background a built-in theme is not judged: only changes are. */
static bool is_of_base(const struct theme_looks *looks, size_t role, int ground)
{
    const bool same_ground =
        memcmp(looks->ground, THEME_GROUND[looks->base], sizeof(looks->ground)) == 0 &&
        ground == ground_of(looks);

    return same_ground && looks->roles[role].rich == THEME[role][looks->base].rich;
}

struct weakest {
    const char *role, *on;
    double ratio, wanted;
    unsigned count; /* of roles with too little contrast */
};

static void judge(struct weakest *weakest, const struct theme_looks *looks, int ground,
                  const char *on, double wanted)
{
    for (size_t role = 0; ground != COLOR_NONE && role < ROLE_COUNT; role++) {
        const int own = looks->roles[role].rich;
        const int color = own == COLOR_NONE ? looks->ground[0] : own;
        if (color == COLOR_NONE || role == ROLE_BORDER || is_of_base(looks, role, ground))
            continue;
        const double ratio = theme_contrast(color, ground);
        if (ratio >= wanted)
            continue;
        weakest->count++;
        if (weakest->role && ratio / wanted >= weakest->ratio / weakest->wanted)
            continue;
        *weakest = (struct weakest){ROLE_NAMES[role].name, on, ratio, wanted, weakest->count};
    }
}

bool theme_weakness(const struct theme_looks *looks, char *text, size_t size)
{
    struct weakest weakest = {.role = NULL};

    judge(&weakest, looks, ground_of(looks), "the background", CONTRAST_TEXT);
    if (looks->selected != THEME_SELECTED[looks->base])
        judge(&weakest, looks, looks->selected, "the selected row", CONTRAST_ROW);
    if (looks->tagged != THEME_TAGGED[looks->base])
        judge(&weakest, looks, looks->tagged, "tagged rows", CONTRAST_ROW);
    if (!weakest.role)
        return false;
    int length =
        snprintf(text, size, "%s is hard to read on %s: contrast %.1f, at least %.1f is wanted",
                 weakest.role, weakest.on, weakest.ratio, weakest.wanted);
    if (weakest.count > 1 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, " (and %u more)", weakest.count - 1);
    return true;
}
