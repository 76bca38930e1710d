# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Texts rewritten in one pass, with a map back; rewriting.py says what each of these does.

Property tests hold the two equal.
"""

from cpython cimport array
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND, PyUnicode_READ
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import array

cdef extern from "Python.h":
    bint Py_UNICODE_ISALNUM(uint32_t code)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    str PyUnicode_FromKindAndData(int kind, const void* data, Py_ssize_t length)

cdef enum:
    LETTER = 1  # kinds of characters in words that may be look-alikes
    FOREIGN = 2
    MARK = 4
    MOST_MARKS = 2
    KINDS = 0x10000
    PAGE = 256
    PAGES = 0x1100
    UCS4 = 4

cdef array.array PLACES = array.array("I")


cdef struct Cell:
    uint32_t at  # in the texts, plus one; 0 where the character stays
    uint32_t length


cdef array.array places(Py_ssize_t length):
    return array.clone(PLACES, length, zero=False)


cdef class Translation:
    """What characters become: as `str.translate`, with a map back."""

    cdef Cell* cells
    cdef uint32_t* texts
    cdef uint16_t pages[PAGES]  # of the cells, plus one
    cdef dict table

    def __cinit__(self, dict table not None):
        cdef Py_ssize_t at = 0
        cdef uint32_t code
        cdef Cell* cell
        used = sorted({code >> 8 for code in table})
        self.table = table
        memset(self.pages, 0, sizeof(self.pages))
        self.cells = <Cell*> malloc((len(used) * PAGE + 1) * sizeof(Cell))
        self.texts = <uint32_t*> malloc((sum(map(len, table.values())) + 1) * sizeof(uint32_t))
        if self.cells == NULL or self.texts == NULL:
            raise MemoryError
        memset(self.cells, 0, len(used) * PAGE * sizeof(Cell))
        for number, page in enumerate(used):
            self.pages[<uint32_t> page] = number + 1
        for code, plain in table.items():
            cell = self.cells + (self.pages[code >> 8] - 1) * PAGE + (code & 0xFF)
            cell.at, cell.length = at + 1, len(plain)
            for character in plain:
                self.texts[at] = ord(character)
                at += 1

    def __dealloc__(self):
        free(self.cells)
        free(self.texts)

    def __reduce__(self):
        return Translation, (self.table,)

    cdef inline const Cell* cell(self, uint32_t code) noexcept:
        cdef uint16_t page = self.pages[code >> 8]
        cdef const Cell* found
        if page == 0:
            return NULL
        found = self.cells + (page - 1) * PAGE + (code & 0xFF)
        return found if found.at else NULL

    def of(self, str text not None):
        """The text translated; where each of its characters stood, None where nothing moved."""
        cdef Py_ssize_t at, put = 0, length = PyUnicode_GET_LENGTH(text), needed = 0
        cdef int kind = PyUnicode_KIND(text)
        cdef const void* data = PyUnicode_DATA(text)
        cdef const Cell* cell
        cdef uint32_t code, part
        cdef bint moved = False
        cdef array.array starts = None
        for at in range(length):
            cell = self.cell(PyUnicode_READ(kind, data, at))
            needed += 1 if cell == NULL else cell.length
            moved = moved or (cell != NULL and cell.length != 1)
        cdef uint32_t* written = <uint32_t*> malloc((needed + 1) * sizeof(uint32_t))
        if written == NULL:
            raise MemoryError
        if moved:
            starts = places(needed)
        for at in range(length):
            code = PyUnicode_READ(kind, data, at)
            cell = self.cell(code)
            if cell == NULL:
                written[put] = code
                if moved:
                    starts.data.as_uints[put] = at
                put += 1
                continue
            for part in range(cell.length):
                written[put] = self.texts[cell.at - 1 + part]
                if moved:
                    starts.data.as_uints[put] = at
                put += 1
        try:
            return PyUnicode_FromKindAndData(UCS4, written, needed), starts
        finally:
            free(written)


def after(array.array starts not None) -> array.array:
    """The place after each."""
    cdef Py_ssize_t at, length = len(starts)
    cdef array.array found = places(length)
    for at in range(length):
        found.data.as_uints[at] = starts.data.as_uints[at] + 1
    return found


def picked(array.array places_of not None, array.array at not None) -> array.array:
    """Those that stand `at` these."""
    cdef Py_ssize_t number, length = len(at)
    cdef array.array found = places(length)
    for number in range(length):
        found.data.as_uints[number] = places_of.data.as_uints[at.data.as_uints[number]]
    return found


def standing(array.array starts not None, list originals not None) -> list:
    """Where these, or the next that were kept, stand in the rewritten text; both are in order."""
    cdef Py_ssize_t low = 0, high, middle, length = len(starts)
    cdef uint32_t original
    cdef list found = []
    for original in originals:
        high = length
        while low < high:
            middle = (low + high) // 2
            if starts.data.as_uints[middle] < original:
                low = middle + 1
            else:
                high = middle
        found.append(low)
    return found


def spliced(str text not None, list splices not None):
    """The text with `splices` (start, end, what stands there instead) in it, in order and apart.

    With it where each of its characters begins and ends in `text`.
    """
    cdef Py_ssize_t at, start, end, put = 0, done = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef Py_ssize_t needed = length
    cdef tuple splice
    cdef str other
    for splice in splices:
        needed += len(<str> splice[2]) - <Py_ssize_t> splice[1] + <Py_ssize_t> splice[0]
    cdef array.array starts = places(needed), ends = places(needed)
    cdef uint32_t* written = <uint32_t*> malloc((needed + 1) * sizeof(uint32_t))
    if written == NULL:
        raise MemoryError
    try:
        for splice in splices:
            start, end, other = splice
            put = copied(written, starts, ends, put, kind, data, done, start)
            for at in range(PyUnicode_GET_LENGTH(other)):
                written[put] = PyUnicode_READ(PyUnicode_KIND(other), PyUnicode_DATA(other), at)
                starts.data.as_uints[put], ends.data.as_uints[put] = start, end
                put += 1
            done = end
        copied(written, starts, ends, put, kind, data, done, length)
        return PyUnicode_FromKindAndData(UCS4, written, needed), starts, ends
    finally:
        free(written)


cdef Py_ssize_t copied(
    uint32_t* written, array.array starts, array.array ends, Py_ssize_t put,
    int kind, const void* data, Py_ssize_t done, Py_ssize_t upto,
) noexcept:
    """Put down what stays as it is; where the next character goes."""
    cdef Py_ssize_t at
    for at in range(done, upto):
        written[put] = PyUnicode_READ(kind, data, at)
        starts.data.as_uints[put], ends.data.as_uints[put] = at, at + 1
        put += 1
    return put


def squeezed(str text not None):
    """Its letters, digits and ideographs, repeats once; where each begins and its repeats end."""
    cdef Py_ssize_t at, put = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef array.array starts = places(length), ends = places(length)
    cdef uint32_t code
    cdef uint32_t* written = <uint32_t*> malloc((length + 1) * sizeof(uint32_t))
    if written == NULL:
        raise MemoryError
    for at in range(length):
        code = PyUnicode_READ(kind, data, at)
        if not Py_UNICODE_ISALNUM(code):
            continue
        if put == 0 or written[put - 1] != code:
            written[put], starts.data.as_uints[put] = code, at
            put += 1
        ends.data.as_uints[put - 1] = at + 1
    array.resize(starts, put)
    array.resize(ends, put)
    try:
        return PyUnicode_FromKindAndData(UCS4, written, put), starts, ends
    finally:
        free(written)


def squeeze(str text not None) -> str:
    """The same without the places."""
    cdef Py_ssize_t at, put = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef uint32_t code
    cdef uint32_t* written = <uint32_t*> malloc((length + 1) * sizeof(uint32_t))
    if written == NULL:
        raise MemoryError
    for at in range(length):
        code = PyUnicode_READ(kind, data, at)
        if Py_UNICODE_ISALNUM(code) and (put == 0 or written[put - 1] != code):
            written[put] = code
            put += 1
    try:
        return PyUnicode_FromKindAndData(UCS4, written, put)
    finally:
        free(written)


def foreign_runs(str text not None, bytes kinds not None) -> list:
    """Where the words stand that have a foreign letter; `kinds` are those of the first plane."""
    cdef Py_ssize_t at, start = -1, end = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef const uint8_t* known = <const uint8_t*> PyBytes_AS_STRING(kinds)
    cdef uint8_t seen = 0, one
    cdef uint32_t code
    cdef list found = []
    for at in range(length):
        code = PyUnicode_READ(kind, data, at)
        one = known[code] if code < KINDS else 0
        if one & (LETTER | FOREIGN):
            if start < 0:
                start, seen = at, 0
            seen |= one
            end = at + 1
        elif start >= 0 and (not one & MARK or at - end >= MOST_MARKS):
            if seen & FOREIGN:
                found.append((start, end))
            start = -1
    if start >= 0 and seen & FOREIGN:
        found.append((start, end))
    return found
