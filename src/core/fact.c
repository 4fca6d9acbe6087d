/* Facts: reading and writing a member through its description. */
#include "core/fact.h"

uint64_t fact_most(const struct fact *fact)
{
    if (fact->high)
        return (UINT64_C(1) << 40) - 1;
    if (fact->size == 0 || fact->size == sizeof(uint64_t))
        return UINT64_MAX;
    return (UINT64_C(1) << 8 * fact->size) - 1;
}

static void put_number(const struct fact *fact, void *base, uint64_t value)
{
    uint64_t most = fact_most(fact);

    if (value > most)
        value = most;
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;
    void *at = (char *)base + fact->offset;

    if (fact->size == sizeof(one))
        memcpy(at, &one, sizeof(one));
    else if (fact->size == sizeof(two))
        memcpy(at, &two, sizeof(two));
    else if (fact->size == sizeof(four))
        memcpy(at, &four, sizeof(four));
    else if (fact->size == sizeof(value))
        memcpy(at, &value, sizeof(value));
    if (fact->high)
        ((uint8_t *)base)[fact->high - 1] = (uint8_t)(value >> 32);
}

/* Where one of two facts with the same bit is unknown, the bit of the other stays. */
static void set_bits(const struct fact *fact, struct conn *conn, bool known)
{
    if (known)
        conn->known = (conn->known | fact->known) & ~fact->without;
    else if (!fact->without)
        conn->known &= ~fact->known;
    else if (conn->known & fact->known)
        conn->known |= fact->without;
}

static void set_known(const struct fact *fact, void *base, bool known)
{
    if (fact->known)
        set_bits(fact, base, known);
    else if (fact->flag)
        ((uint8_t *)base)[fact->flag - 1] = known;
}

void fact_set(const struct fact *fact, void *base, uint64_t value)
{
    set_known(fact, base, true);
    put_number(fact, base, value);
}

void fact_forget(const struct fact *fact, void *base)
{
    set_known(fact, base, false);
    if (fact->form == FACT_TEXT)
        memset((char *)base + fact->offset, 0, fact->size);
    else
        put_number(fact, base, fact->absent);
}
