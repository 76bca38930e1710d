# Keywords and runs of digits: whether what stands around them may match; what windows.py does.

cdef enum:
    MOST_KEYWORDS = 64  # in one text; where there are more, the closer look is taken
    UNLIMITED = 65535  # characters around a keyword
    OPENING = 1  # a match begins with the text
    CLOSING = 2  # a match ends with the text
    SIGNS = 63  # the lowest bits of what a character is to expressions; the highest: it is a digit
    LETTERS = (1 << 27) - 2  # bits of a-z
    LETTER = 61
    ANY_DIGIT = 62

cdef struct Stretch:
    Py_ssize_t start
    Py_ssize_t end

cdef struct Traits:
    uint64_t signs
    int run
    int digits


cdef inline uint32_t written(const Look* look, Py_ssize_t at) noexcept nogil:
    """The character as it stands in the text."""
    if look.width == 1:
        return (<const uint8_t*> look.original)[at]
    if look.width == 2:
        return (<const uint16_t*> look.original)[at]
    return (<const uint32_t*> look.original)[at]


cdef Traits traits(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """What a stretch of the text has that expressions need."""
    cdef Traits found
    cdef Py_ssize_t at
    cdef int run = 0
    cdef uint8_t sign
    found.signs, found.run, found.digits = 0, 0, 0
    for at in range(start, end):
        sign = look.signs_of[written(look, at)]
        found.signs |= <uint64_t> 1 << (sign & SIGNS)
        found.digits += sign >> 7
        run = run + 1 if look.text[at] & VISIBLE else 0
        found.run = max(found.run, run)
    if found.signs & LETTERS:
        found.signs |= <uint64_t> 1 << LETTER
    if found.digits:
        found.signs |= <uint64_t> 1 << ANY_DIGIT
    return found


cdef inline bint has(const Traits* found, const Need* need) noexcept nogil:
    return (
        need.run <= found.run
        and need.digits <= found.digits
        and not need.signs & ~found.signs
        and (not need.choice or need.choice & found.signs)
    )


cdef bint may_match(const Look* look, const Traits* whole, const Stretch* around, const Need* need) noexcept nogil:
    """Whether an expression may match in a stretch of the text."""
    cdef Traits there
    if whole.signs >> SIGNS or need.before == UNLIMITED or need.after == UNLIMITED:
        return True
    if (need.edges & OPENING and around.start) or (need.edges & CLOSING and around.end < look.length):
        return False
    there = traits(look, around.start, around.end)
    return has(&there, need)


cdef void keep(Look* look, Py_ssize_t at, uint64_t needs, int digits) noexcept nogil:
    """Keep a place around which an expression may match, in order."""
    cdef int number = look.keywords
    cdef Keyword* kept = look.kept
    look.keywords += 1
    if number >= MOST_KEYWORDS:
        return
    while number and kept[number - 1].at > at:
        kept[number] = kept[number - 1]
        number -= 1
    kept[number].at, kept[number].needs, kept[number].digits = at, needs, digits


cdef inline Traits of_all(const Look* look, bint letters) noexcept nogil:
    cdef Traits whole = traits(look, 0, look.length)
    if not letters:
        whole.run = 0
    return whole


cdef Stretch window(const Look* look, int number, const Need* need) noexcept nogil:
    """What stands around the place that was kept under this number, and around others close by."""
    cdef int first = number, last = number, reach = need.before + need.after
    cdef const Keyword* kept = look.kept
    cdef Stretch found
    while first and kept[first].at - kept[first - 1].at <= reach:
        first -= 1
    while last + 1 < look.keywords and kept[last + 1].at - kept[last].at <= reach:
        last += 1
    found.start, found.end = max(0, kept[first].at - need.before), min(look.length, kept[last].at + need.after)
    return found


cdef bint asks(const Look* look, const Traits* whole, int number, const Need* need) noexcept nogil:
    """Whether an expression may match around the place that was kept under this number."""
    cdef Stretch around
    if need.fewest > look.kept[number].digits or not has(whole, need):
        return False
    around = window(look, number, need)
    return may_match(look, whole, &around, need)


cdef bint any_may_match(const Look* look, bint letters) noexcept nogil:
    """Whether an expression may match around any of the places that were kept."""
    cdef Traits whole
    cdef int number
    cdef const Need* need
    cdef const Need* end
    if look.keywords > MOST_KEYWORDS:
        return True
    whole = of_all(look, letters)
    for number in range(look.keywords):
        need = look.needs + (look.kept[number].needs >> 16)
        end = need + (look.kept[number].needs & 0xFFFF)
        while need < end:
            if asks(look, &whole, number, need):
                return True
            need += 1
    return False


cdef int put_askers(list found, const Look* look, bint letters) except -1:
    """Put down the needs that may be met around places that were kept, these places, and how far around."""
    cdef Traits whole = of_all(look, letters)
    cdef Stretch around
    cdef int number
    cdef uint64_t need, end
    for number in range(look.keywords):
        need = look.kept[number].needs >> 16
        end = need + (look.kept[number].needs & 0xFFFF)
        while need < end:
            if asks(look, &whole, number, look.needs + need):
                around = window(look, number, look.needs + need)
                found.append((need, look.kept[number].at, around.start, around.end))
            need += 1
    return 0


cdef inline bint is_digit_gap(uint32_t code) noexcept nogil:
    return code == c" " or code == c"-"


cdef bint digits(Look* look) noexcept nogil:
    """Whether an expression may match where a run of digits begins."""
    cdef Py_ssize_t at, start = 0, digit = -9
    cdef int number = 0
    if not look.digits:
        return False
    look.keywords = 0
    for at in range(look.length):
        if not look.text[at] & DIGIT:
            continue
        if digit < at - 1 and (digit < at - 2 or not is_digit_gap(code_at(look, at - 1))):
            if number >= look.digits:
                keep(look, start, look.digit_needs, number)
            start, number = at, 0
        number, digit = number + 1, at
    if number >= look.digits:
        keep(look, start, look.digit_needs, number)
    return look.keywords and any_may_match(look, True)
