/* column_keys: prints each JSON key of columns[] with its JSON type and column id, for the check of
 * doc/json.md. */
#include "core/column/column.h"

#include <stdio.h>

static const char *json_type(const struct column *column)
{
    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
    case TYPE_ADDRESS:
    case TYPE_STATE:
        return "string";
    case TYPE_TIME:
        return "time";
    case TYPE_FLAG:
        return "boolean";
    case TYPE_PORT:
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_RATE:
    case TYPE_DURATION:
    case TYPE_SHARE:
        break;
    }
    return column->put_json ? "array" : "number";
}

int main(void)
{
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].json)
            printf("%s %s %s\n", columns[i].json, json_type(&columns[i]), columns[i].id);
    }
    return 0;
}
