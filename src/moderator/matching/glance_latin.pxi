# Latin letters and digits: tokens, runs, encodings; what latin.py, verdicts.py and triggers.py do.

cdef enum:
    FEWEST_REPEATED = 4  # letters
    FEWEST_IN_LEET = 3
    LONGEST_TOKEN = 36  # characters; longer tokens are no disguised word
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


cdef bint tokens(Look* look) noexcept nogil:
    """Whether a token may be a disguised word, or letters are spelled out one by one."""
    cdef Py_ssize_t start, end = 0
    while end < look.length:
        start = end
        while start < look.length and not look.text[start] & SIGN:
            start += 1
        end = start
        while end < look.length and look.text[end] & SIGN:
            end += 1
        if end - start > 1 and is_disguised(look, start, end):
            return True
    return spelled_out(look)


cdef bint is_disguised(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token may be initials, or a word in leet, starred or with repeated letters."""
    cdef Py_ssize_t first = start, last = end
    while first < last and is_mark(look.text[first]):
        first += 1
    while first < last and is_mark(look.text[last - 1]):
        last -= 1
    cdef Py_ssize_t at
    cdef uint32_t kind, previous = 0, every = LATIN, seen = 0
    cdef uint64_t key = 0, squeezed_key = 0
    cdef int length = 0
    cdef bint plain
    for at in range(first, last):
        kind = look.text[at]
        seen, every, key = seen | kind, every & kind, grown(key, kind & CODE)
        if not is_mark(kind) and kind & CODE != previous:
            previous = kind & CODE
            squeezed_key, length = grown(squeezed_key, previous), length + 1
    if not seen & ALNUM:
        return False
    look.plausible |= seen & LATIN
    if length < last - first > 3 and is_known(look, squeezed_key, REPEATED):
        return True
    if every and is_known(look, key, INITIALS):
        return True
    plain = every and last - first == end - start
    return (
        is_leet(look, start, end, plain)
        or (last < end and is_leet(look, start, last, False))
        or (first > start and is_leet(look, first, last, False))
    )


cdef bint is_leet(Look* look, Py_ssize_t start, Py_ssize_t end, bint plain) noexcept nogil:
    """Whether the token may be a word in leet, starred, or of a phrase."""
    cdef Py_ssize_t at
    cdef uint32_t kind, code, previous = 0
    cdef bint marked = False, letters = False
    cdef uint64_t key = 0
    cdef Py_ssize_t once = 0  # letters, repeated ones counted once
    for at in range(start, end):
        kind = look.text[at]
        letters |= kind & LATIN != 0
        once += not (at > start and kind & LATIN and kind & CODE == code_at(look, at - 1))
        code = kind & CODE
        code, marked = look.leet[code] if code < look.leet_size else code, marked or is_mark(kind)
        if code and code != previous:
            key, previous = grown(key, code), code
    if is_known(look, key, PHRASED):
        look.phrased = True
        if letters and end - start >= (FEWEST_REPEATED if plain else FEWEST_IN_LEET) and (
            not plain or repeats(look, start, end)
        ):
            return True
    if plain or not letters:
        return False
    if end - start > LONGEST_TOKEN:
        look.phrased = True
        return False
    if is_known(look, key, LEET):
        return True
    return marked and (is_starred(look, start, end - start) or (once < end - start and is_starred(look, start, once)))


cdef inline bint is_starred(const Look* look, Py_ssize_t start, Py_ssize_t length) noexcept nogil:
    """Whether there is a word of that length that begins so."""
    return is_known(look, grown(grown(0, <uint32_t> length), code_at(look, start)), STARRED)


cdef bint repeats(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a letter follows itself."""
    cdef Py_ssize_t at
    for at in range(start + 1, end):
        if code_at(look, at) == code_at(look, at - 1):
            return True
    return False


cdef bint has_single_letter(const Look* look) noexcept nogil:
    cdef Py_ssize_t start, end = 0
    while end < look.length:
        start, end = end, end + 1
        if in_ascii(look, start):
            while end < look.length and in_ascii(look, end):
                end += 1
            if end == start + 1 and look.text[start] & LATIN:
                return True
    return False


cdef inline bint is_spelling_gap(uint32_t kind) noexcept nogil:
    """Whether spelled-out letters may be parted so; spaces and the marks of text.spelling."""
    cdef uint32_t code = kind & CODE
    return not kind & ALNUM and (
        code <= 32 or code >= 128 or code == c"." or code == c"_" or code == c"-" or code == c"*"
        or code == c"/" or code == c"|" or code == c"~"
    )


cdef bint spelled_out(const Look* look) noexcept nogil:
    """Whether at least three single letters follow one another, with little between them."""
    cdef Py_ssize_t at, before, closed = -1
    cdef int letters[8]
    cdef uint32_t kind
    if not has_single_letter(look):
        return False
    memset(letters, 0, sizeof(letters))
    for at in range(look.length):
        kind = look.text[at]
        letters[at & 7] = 0
        if kind & SIGN and not (at + 1 < look.length and in_ascii(look, at + 1)) and not (
            kind & (LATIN | DIGIT) and at and in_ascii(look, at - 1)
        ):
            letters[at & 7] = 1 if kind & LATIN else 0
            for before in range(max(at - 4, closed, 0), at - 1):
                if letters[before & 7]:
                    letters[at & 7] = max(letters[at & 7], letters[before & 7] + 1)
            if letters[at & 7] == 3:
                return True
        if not is_spelling_gap(kind):
            closed = at
    return False
