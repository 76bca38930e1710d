# Windows around places of one text: which of them have what an expression needs.

cdef enum:
    SEEN = 1 << 6  # of the sign of a character, below the highest bit: it is a visible one of ASCII


cdef class Surroundings:
    """What stands around places in one text, as expressions read it; what surroundings.py does.

    `signs_of` are the signs of characters, see `Asking`.
    """

    cdef bytes signs
    cdef Py_ssize_t length
    cdef Traits whole

    def __init__(self, str text not None, bytes signs_of not None):
        cdef Py_ssize_t at
        cdef uint32_t code
        cdef const uint8_t* known = <const uint8_t*> PyBytes_AS_STRING(signs_of)
        cdef int width = PyUnicode_KIND(text)
        cdef const void* data = PyUnicode_DATA(text)
        self.length = PyUnicode_GET_LENGTH(text)
        self.signs = zeros(self.length)
        cdef uint8_t* signs = <uint8_t*> PyBytes_AS_STRING(self.signs)
        for at in range(self.length):
            if width == PyUnicode_1BYTE_KIND:
                code = (<const uint8_t*> data)[at]
            elif width == PyUnicode_2BYTE_KIND:
                code = (<const uint16_t*> data)[at]
            else:
                code = (<const uint32_t*> data)[at]
            if code < CODES:
                signs[at] = known[code] | (SEEN if 0x21 <= code <= 0x7E else 0)
        self.whole = self.traits(0, self.length)

    cdef Traits traits(self, Py_ssize_t start, Py_ssize_t end) noexcept:
        cdef Traits found
        cdef Py_ssize_t at
        cdef int run = 0
        cdef uint8_t sign
        cdef const uint8_t* signs = <const uint8_t*> PyBytes_AS_STRING(self.signs)
        found.signs, found.run, found.digits = 0, 0, 0
        for at in range(start, end):
            sign = signs[at]
            found.signs |= <uint64_t> 1 << (sign & SIGNS)
            found.digits += sign >> 7
            run = run + 1 if sign & SEEN else 0
            found.run = max(found.run, run)
        if found.signs & LETTERS:
            found.signs |= <uint64_t> 1 << LETTER
        if found.digits:
            found.signs |= <uint64_t> 1 << ANY_DIGIT
        return found

    cdef bint may_match(self, Py_ssize_t start, Py_ssize_t end, const Need* need) noexcept:
        cdef Traits around
        if (need.edges & OPENING and start) or (need.edges & CLOSING and end < self.length):
            return False
        around = self.traits(start, end)
        return around.signs >> SIGNS or has(&around, need)

    def windows(self, list places not None, int before, int after, bytes needed not None) -> list:
        """The stretches around places, which are in order, that an expression may match in.

        Overlapping ones are joined.
        """
        cdef const Need* need = <const Need*> PyBytes_AS_STRING(needed)
        cdef Py_ssize_t first = -1, last = -1, place
        cdef list found = []
        if not self.whole.signs >> SIGNS and not has(&self.whole, need):
            return found
        for place in places:
            if first < 0:
                first = place
            elif place - last > before + after:
                self.put(found, first - before, last + after, need)
                first = place
            last = place
        if first >= 0:
            self.put(found, first - before, last + after, need)
        return found

    cdef int put(self, list found, Py_ssize_t start, Py_ssize_t end, const Need* need) except -1:
        start, end = max(0, start), min(end, self.length)
        if self.may_match(start, end, need):
            found.append((start, end))
        return 0


def put_starts(found, known, list matches not None):
    """Put down where the matches with known numbers start, by their numbers."""
    cdef tuple match
    for match in matches:
        number = match[2]
        if number in known:
            found[number].append(match[0])


def thinned(list positions not None, int reach) -> list:
    """Of ordered positions so many that windows of length `reach` still cover the same stretch."""
    cdef Py_ssize_t position, last = positions[0], kept = last
    cdef list found = [kept]
    for position in positions:
        if position - kept > reach:
            kept = position if last == kept else last
            found.append(kept)
        last = position
    found.append(last)
    return found
