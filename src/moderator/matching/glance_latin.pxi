# Latin letters and digits: runs, encodings, letters spelled out; what triggers.py and spelling.py do.

cdef enum:
    LONG_ENCODED = 20  # characters of a run that may be base64
    LONGEST_ENCODED = 8192  # the same; longer ones are read in part
    MOST_ESCAPED = 11  # characters from one percent escape to the next
    HEX_PAIRS = 10  # that may be bytes


cdef inline bint is_hexadecimal(uint32_t kind) noexcept nogil:
    return kind & DIGIT or (kind & LATIN and kind & CODE <= c"f")


cdef bint encoded(const Look* look) noexcept nogil:
    """Whether there is a run that may be encoded."""
    cdef Py_ssize_t at
    cdef int run = 0
    cdef uint32_t code
    for at in range(look.length + 1):
        code = code_at(look, at)
        if at < look.length and (look.text[at] & (LATIN | DIGIT) or is_base64_mark(code)):
            run += 1
            continue
        if run >= LONG_ENCODED and may_be_text(look, at - run, at):
            return True
        run = 0
        if code == c"%" and is_escaped(look, at):
            return True
    return look.seen & (GAP | STOP) and has_bytes(look)


cdef inline bint is_base64_mark(uint32_t code) noexcept nogil:
    return code == c"+" or code == c"/" or code == c"_" or code == c"-"


cdef bint may_be_text(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether the run is hexadecimal in part, or base64 of what may be UTF-8."""
    cdef Py_ssize_t at
    cdef uint32_t bits = 0, sign
    cdef int left = 0, follow = 0, hexadecimal = 0
    cdef bint readable = (end - start) % 4 != 1
    if look.seen & (FOLDED | UNSEEN) or end - start > LONGEST_ENCODED:
        return True
    for at in range(start, end):
        hexadecimal = hexadecimal + 1 if is_hexadecimal(look.text[at]) else 0
        if hexadecimal >= LONG_ENCODED:
            return True
        sign = written(look, at)
        bits, left = (bits << 6) | base64_value(sign), left + 6
        if left >= 8 and readable:
            left -= 8
            readable = continues(bits >> left & 0xFF, &follow)
    return readable and not follow


cdef inline uint32_t base64_value(uint32_t sign) noexcept nogil:
    if c"A" <= sign <= c"Z":
        return sign - c"A"
    if c"a" <= sign <= c"z":
        return sign - c"a" + 26
    if c"0" <= sign <= c"9":
        return sign - c"0" + 52
    return 62 if sign == c"+" or sign == c"-" else 63


cdef inline bint continues(uint32_t octet, int* follow) noexcept nogil:
    """Whether a byte may come next in UTF-8; `follow` is how many the character still needs."""
    if follow[0]:
        follow[0] -= 1
        return octet & 0xC0 == 0x80
    follow[0] = 0 if octet < 0x80 else 1 if octet & 0xE0 == 0xC0 else 2 if octet & 0xF0 == 0xE0 else 3
    return octet < 0x80 or 0xC2 <= octet <= 0xF4


cdef inline bint has_byte(const Look* look, Py_ssize_t at) noexcept nogil:
    return at >= 0 and at + 2 <= look.length and is_hexadecimal(look.text[at]) and is_hexadecimal(look.text[at + 1])


cdef bint is_escaped(const Look* look, Py_ssize_t at) noexcept nogil:
    """Whether three percent escapes follow one another from here."""
    cdef int escapes = 0
    cdef Py_ssize_t last = at
    while at < look.length and at <= last + MOST_ESCAPED:
        if code_at(look, at) == c"%" and has_byte(look, at + 1):
            escapes, last = escapes + 1, at
            if escapes == 3:
                return True
        at += 1
    return False


cdef bint has_bytes(const Look* look) noexcept nogil:
    """Whether bytes stand in hexadecimal digits, one after the other or after a backslash."""
    cdef Py_ssize_t at
    cdef int pairs[4]
    cdef uint32_t code
    pairs[0] = pairs[1] = pairs[2] = pairs[3] = 0
    for at in range(look.length - 1):
        pairs[at & 3] = 0
        if has_byte(look, at):
            code = code_at(look, at - 1)
            pairs[at & 3] = 1 + (pairs[(at - 3) & 3] if code == c" " or code == c":" else 0)
            if pairs[at & 3] == HEX_PAIRS:
                return True
            if (code == c"u" or code == c"x") and code_at(look, at - 2) == c"\\":
                return True
    return False
