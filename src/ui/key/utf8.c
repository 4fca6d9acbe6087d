/* utf8: UTF-8 byte by byte. */
#include "ui/key/utf8.h"

#include <stdbool.h>

enum key_utf8_result key_utf8_begin(struct key_utf8_reader *reader, unsigned char lead)
{
    static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
    if (lead < 0xc2 || lead > 0xf4)
        return KEY_UTF8_BAD;
    reader->more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    reader->least = LEAST[reader->more];
    reader->code = lead & (0x3fu >> reader->more);
    return KEY_UTF8_MORE;
}

enum key_utf8_result key_utf8_take(struct key_utf8_reader *reader, unsigned char byte)
{
    if ((byte & 0xc0) != 0x80) {
        reader->more = 0;
        return KEY_UTF8_BAD;
    }
    reader->code = reader->code << 6 | (byte & 0x3f);
    if (--reader->more > 0)
        return KEY_UTF8_MORE;
    const bool surrogate = reader->code >= 0xd800 && reader->code <= 0xdfff;
    if (reader->code < reader->least || surrogate || reader->code > 0x10ffff)
        reader->code = 0;
    return KEY_UTF8_DONE;
}
