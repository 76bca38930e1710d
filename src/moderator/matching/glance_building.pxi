# What the tables are made of.


cdef class Prefixes:
    """Literals as they are collected: each beginning has a place in a table of fixed size.

    `characters` is the most that all literals can have together.
    """

    cdef bytes kinds, slots
    cdef Look look

    def __init__(self, bytes kinds, Py_ssize_t characters):
        cdef Py_ssize_t size = 3 * characters // 2 + 64
        if size >= FIRST:
            raise MemoryError("too many literals")
        self.kinds, self.slots = kinds, zeros(8 * size)
        self.look.kinds = <const uint32_t*> PyBytes_AS_STRING(kinds)
        self.look.slots, self.look.size = <const uint64_t*> PyBytes_AS_STRING(self.slots), size

    def add(self, str literal not None, uint32_t role) -> int:
        """Give a literal a role more; its place, or 0 where texts with it always call."""
        cdef uint64_t place = 0
        cdef uint32_t code, number = 0
        for code in literal:
            code = self.look.kinds[code] if code < CODES else SPECIAL
            if code & SPECIAL:
                return 0
            if number == 0 and len(literal) > 1:
                place = FIRST + (code & CODE)
            else:
                place = self.grown(place, code & CODE)
            number += 1
        if place:
            self.play(place, role)
        return place

    cdef uint64_t grown(self, uint64_t parent, uint32_t code):
        cdef uint64_t place = child(&self.look, parent, code), key, at
        if place:
            return place
        key = (parent << SYMBOL_BITS) | (code + 1)
        at = first_slot(key, self.look.size)
        while self.look.slots[at]:
            at = (at + 1) % self.look.size
        (<uint64_t*> self.look.slots)[at] = key << ROLE_BITS
        return at + 1

    cdef void play(self, uint64_t place, uint32_t role):
        (<uint64_t*> self.look.slots)[place - 1] |= role

    def table(self) -> bytes:
        return self.slots


cdef bytes zeros(Py_ssize_t size):
    cdef bytes found = PyBytes_FromStringAndSize(NULL, size)
    memset(PyBytes_AS_STRING(found), 0, size)
    return found


def filter_of(bytes kinds not None, list pairs not None) -> bytes:
    """A filter of the first two characters of strings."""
    cdef Py_ssize_t size = 1024
    cdef uint32_t left, right, at
    cdef const uint32_t* table = <const uint32_t*> PyBytes_AS_STRING(kinds)
    cdef str pair
    while size < 16 * len(pairs) and size < 1 << 27:
        size *= 2
    cdef bytes found = zeros(size // 8)
    cdef uint32_t* bits = <uint32_t*> PyBytes_AS_STRING(found)
    for pair in pairs:
        if len(pair) > 1:
            left, right = pair[0], pair[1]
            if left < CODES and right < CODES:
                at = mixed(table[left] & CODE, table[right] & CODE) & (size - 1)
                bits[at >> 5] |= 1u << (at & 31)
    return found


def tokens_of(list tokens not None) -> tuple:
    """A table of tokens and the words that they may stand for.

    Of each: what it may be, its length where that counts, its letters, its words.  In the same
    table is which phrase excuses which word, by their places and where the word begins, and which
    word follows which in a phrase.
    """
    cdef uint64_t size = 64, at, key, before
    cdef uint32_t code
    cdef str letters
    while size < 2 * <uint64_t> len(tokens):
        size *= 2
    cdef bytes found = zeros(16 * size)
    cdef uint64_t* slots = <uint64_t*> PyBytes_AS_STRING(found)
    meant = bytearray()
    for kind, length, letters, words in tokens:
        key = 0
        if kind == STARRED:
            key = grown(key, length)
        elif kind == EXCUSES:
            for code in length:
                key = grown(key, code)
        for code in letters:
            key = grown(key, code)
        if kind == NEXT:
            before = 0
            for code in <str> length:
                before = grown(before, code)
            key = followed(before, key)
        key = token_key(key, kind)
        at = spread(key) & (size - 1)
        while slots[2 * at] and slots[2 * at] != key:
            at = (at + 1) & (size - 1)
        slots[2 * at] = key
        slots[2 * at + 1] = <uint64_t> len(meant) << 16
        slots[2 * at + 1] |= <uint64_t> put_words(meant, words)
    return found, bytes(meant)


cdef int put_words(meant, words) except -1:
    """Put the words down, each after its length; their number, or more than are looked at."""
    if len(words) > MOST_WORDS or any([len(word) > 255 for word in words]):
        return MOST_WORDS + 1
    for word in words:
        meant.append(len(word))
        meant += word.encode("ascii")
    return len(words)


def notes_of(list notes not None) -> bytes:
    """What stands beside literals: place, kind, value; sets of bits are joined."""
    cdef uint64_t size = 64, at, key
    while size < 2 * <uint64_t> len(notes):
        size *= 2
    cdef bytes found = zeros(16 * size)
    cdef uint64_t* slots = <uint64_t*> PyBytes_AS_STRING(found)
    for place, kind, value in notes:
        if not place:
            continue
        key = (<uint64_t> place << 3) | <uint64_t> kind
        at = spread(key) & (size - 1)
        while slots[2 * at] and slots[2 * at] != key:
            at = (at + 1) & (size - 1)
        slots[2 * at] = key
        slots[2 * at + 1] |= <uint64_t> value
    return found
