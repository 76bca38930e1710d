# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The first look at a text, compiled: whether anything in it calls for a closer one.

Nine of ten messages end here.  Every character is read once, through a table that gives what it
stands for and what kind it is; literals are looked for only where two characters stand that some
literal begins with.  All doubts are answered with yes, because the closer look, in Python, is the
truth: whenever this one finds nothing, that one would not either.
"""

from cpython.unicode cimport PyUnicode_1BYTE_KIND, PyUnicode_2BYTE_KIND
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND
from libc.stdlib cimport free, malloc
from libc.string cimport memset

include "glance_tables.pxi"
include "glance_keywords.pxi"
include "glance_words.pxi"
include "glance_splits.pxi"
include "glance_tokens.pxi"
include "glance_latin.pxi"
include "glance_pinyin.pxi"
include "glance_spelling.pxi"
include "glance_building.pxi"

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    SHORT = 1024  # characters of a text that needs no memory of its own
    LONG = 4096  # characters of a text that is worth giving other threads their turn

ctypedef fused Character:
    uint8_t
    uint16_t
    uint32_t


cdef void read(Look* look, const Character* text) noexcept nogil:
    cdef Py_ssize_t at
    cdef uint32_t code, kind, seen = 0
    for at in range(look.length):
        code = text[at]
        kind = look.kinds[code] if code < CODES else SPECIAL
        look.text[at] = kind
        seen |= kind
    look.seen = seen


cpdef enum Reason:
    """What calls for the closer look; from ENCODED on, words do not."""
    NONE = 0
    CHARACTER = 1
    LITERAL = 2
    GAP_IN_LATIN = 3
    LOOKALIKES = 4
    SQUEEZED = 5
    TOKEN = 6
    NOISE = 7
    SYLLABLES = 8
    CHANCE = 9
    COMPANY_FOUND = 10
    DISGUISED = 11  # a keyword or a value, perhaps
    ENCODED = 12
    KEYWORD_FOUND = 13
    DIGITS = 14


cdef Reason reason(Look* look) noexcept nogil:
    cdef bint letters = look.seen & (LATIN | DIGIT)
    cdef Reason found = words(look, letters)
    if found != NONE:
        return found
    if letters and encoded(look):
        found = ENCODED
    elif look.keywords and any_may_match(look, letters):
        found = KEYWORD_FOUND
    elif look.seen & DIGIT and digits(look):
        found = DIGITS
    return DISGUISED if found != NONE and look.seen & (FOLDED | UNSEEN | LOOKALIKE) else found


cdef Reason words(Look* look, bint letters) noexcept nogil:
    """What calls for a closer look at words."""
    if look.seen & SPECIAL:
        return CHARACTER
    if literals(look):
        return LITERAL
    if look.seen & (GAP | UNSEEN | STOP) and gaps(look):
        return GAP_IN_LATIN
    if look.seen & LOOKALIKE and lookalikes(look):
        return LOOKALIKES
    if (look.squeeze or look.splits) and squeezed(look):
        return SQUEEZED
    if look.splits and joins_word(look):
        return LITERAL
    if letters and tokens(look):
        return TOKEN
    if letters and noisy(look):
        return NOISE
    if look.plausible and syllables(look):
        return SYLLABLES
    if look.seen & UNSEEN and look.seen & (FOLDED | LOOKALIKE):
        return CHARACTER
    if look.squeeze or look.splits or look.seen & FOLDED:
        look.refined = True
    if (look.refined or look.sounds) and (look.phrased or look.escaped):
        return CHANCE
    if look.seen & UNSEEN and (look.refined or look.noise or look.guarded):
        return CHANCE
    return COMPANY_FOUND if look.guarded & look.company else NONE


cdef Reason glanced(Look* look, const void* text, int width) noexcept nogil:
    if width == PyUnicode_1BYTE_KIND:
        read(look, <const uint8_t*> text)
    elif width == PyUnicode_2BYTE_KIND:
        read(look, <const uint16_t*> text)
    else:
        read(look, <const uint32_t*> text)
    return reason(look)


cdef class Glance:
    """The tables of one set of rules.  Immutable, picklable, safe to share between threads."""

    cdef Look tables
    cdef tuple parts

    def __init__(
        self, bytes kinds not None, bytes slots not None, bytes pair_slots not None,
        bytes starts not None, bytes pairs not None, bytes parted not None, bytes spoken not None,
        bytes endings not None, bytes notes not None, bytes needs not None,
        bytes signs_of not None,
        bytes known not None, bytes meant not None, bytes leet not None, bytes signs not None,
        bytes syllables not None,
        int digits, uint64_t digit_needs,
    ):
        self.parts = (
            kinds, slots, pair_slots, starts, pairs, parted, spoken, endings, notes, needs,
            signs_of, known, meant, leet, signs, syllables, digits, digit_needs,
        )
        memset(&self.tables, 0, sizeof(Look))
        fill(
            &self.tables, kinds, slots, pair_slots, starts, pairs, parted, spoken, endings,
            notes, needs, signs_of, known, meant, leet, signs, syllables, digits, digit_needs,
        )

    def __reduce__(self):
        return Glance, self.parts

    def calls(self, str text not None) -> int:
        """What of the text calls for the closer look; 0 if it would find nothing."""
        cdef uint32_t stack[2 * SHORT]
        cdef Py_ssize_t stack_places[SHORT]
        cdef Keyword kept[MOST_KEYWORDS]
        cdef Look look = self.tables
        cdef const void* data = PyUnicode_DATA(text)
        cdef int width = PyUnicode_KIND(text)
        cdef Reason found
        look.length, look.original, look.width = PyUnicode_GET_LENGTH(text), data, width
        look.kept = kept
        look.text, look.spare, look.places = stack, stack + SHORT, stack_places
        if look.length <= SHORT:
            return glanced(&look, data, width)
        look.places = <Py_ssize_t*> malloc(look.length * (sizeof(Py_ssize_t) + 2 * sizeof(uint32_t)))
        if look.places == NULL:
            raise MemoryError
        look.text = <uint32_t*> (look.places + look.length)
        look.spare = look.text + look.length
        if look.length < LONG:
            found = glanced(&look, data, width)
        else:
            with nogil:
                found = glanced(&look, data, width)
        free(look.places)
        return found

    def asked(self, str text not None) -> list:
        """Which needs expressions have that may be met, and the places around which they are.

        Of a short text from which only expressions may want more; None where it has more keywords.
        """
        cdef uint32_t stack[2 * SHORT]
        cdef Py_ssize_t stack_places[SHORT]
        cdef Keyword kept[MOST_KEYWORDS]
        cdef Look look = self.tables
        cdef bint letters
        cdef list found = []
        look.length, look.original = PyUnicode_GET_LENGTH(text), PyUnicode_DATA(text)
        look.width, look.kept = PyUnicode_KIND(text), kept
        look.text, look.spare, look.places = stack, stack + SHORT, stack_places
        if look.length > SHORT or glanced(&look, look.original, look.width) < KEYWORD_FOUND:
            return None
        # A look that ended with digits has put them where keywords were kept.
        look.keywords = look.splits = look.squeeze = look.guarded = look.company = 0
        letters = look.seen & (LATIN | DIGIT)
        literals(&look)
        if look.keywords > MOST_KEYWORDS:
            return None
        put_askers(found, &look, letters)
        if look.seen & DIGIT and digits(&look):
            if look.keywords > MOST_KEYWORDS:
                return None
            put_askers(found, &look, True)
        return found


include "glance_surroundings.pxi"
