# The tables, what is known of one text, and how a table is asked.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    CODES = 0x20000  # characters beyond always call for the closer look
    CODE = CODES - 1
    ROLE_BITS = 20
    MADE = 1 << 24  # above the code of a character that was put together
    LONGEST_PHRASE = 32  # characters of a phrase before the word that it excuses
    SYMBOL_BITS = 18
    FIRST = 1 << 25  # the parent of second characters is the first one, beyond all places

cpdef enum Kind:
    """What a character is: the bits above the code of the one that it stands for."""
    SPECIAL = 1 << 17  # only the closer look knows
    ALNUM = 1 << 18
    GAP = 1 << 19  # may stand between the characters of a word
    UNSEEN = 1 << 20
    SIGN = 1 << 21  # of a Latin token: letters, digits, marks of leet
    SOLO = 1 << 22  # a literal by itself
    VISIBLE = 1 << 23  # of a run that an expression may need
    FOLDED = 1 << 24  # was written otherwise
    LOOKALIKE = 1 << 25
    LATIN = 1 << 26  # a-z
    DIGIT = 1 << 27  # 0-9
    STOP = 1 << 28  # a sentence mark
    INNER = 1 << 29  # stands within words that may be parted by sentence marks
    PATIENT = 1 << 30  # stands in words that any sentence mark may part

cpdef enum Role:
    """What a literal is: the lowest bits of its slot, below its last character and its parent."""
    KEYWORD = 1  # of an expression
    HARMLESS = 1 << 1  # a word that only counts in disguise
    EXCUSED = 1 << 2  # a word that phrases excuse
    PHRASE = 1 << 3  # such a phrase
    ABRIDGED = 1 << 4  # a word with an initial for a character, within no longer run of letters
    APART = 1 << 5  # the parts of a split character, with a space between
    WORD = 1 << 6
    GUARDED = 1 << 7  # a word that needs company
    COMPANY = 1 << 8
    DOUBLED = 1 << 9
    SPLIT = 1 << 10
    CALLING = 1 << 11  # calls for the closer look wherever it stands
    ALIKE = 1 << 12  # begins words in characters that sound or look alike
    WHOLE = 1 << 13  # a word, within no longer one
    PREFIX = 1 << 14  # a word, within no longer one that begins earlier
    PAIR = 1 << 15  # two neighbours in a word
    PINYIN = 1 << 16  # the syllables of a word, as signs
    CLOSE = 1 << 17  # a word that sentence marks do not part, but at its ends or spelled out
    TWOFOLD = 1 << 18  # a word that some rules look for only in disguise
    ESCAPE = 1 << 19  # left out where the closer look looks at words

cpdef enum Note:
    """What is written beside a literal."""
    NEEDS = 0  # which company a word needs
    OFFERS = 1  # for which words a literal is company
    MAKES = 2  # the character that parts make
    FOLLOWS = 3  # how words go on that begin so: where that stands, then 16 bits of how many ways
    ASKS = 4  # what expressions need around a keyword: the first need, then 16 bits of how many

cpdef enum Token:
    """What a Latin token may be."""
    INITIALS = 0
    REPEATED = 1
    LEET = 2
    STARRED = 3
    PHRASED = 4  # a word of a phrase
    EXCUSES = 5  # no token: that a phrase at some place excuses a word
    NEXT = 6  # no token: that one word follows another in a phrase

cdef struct Need:
    uint64_t signs  # bits; see Needs
    uint64_t choice
    uint16_t before  # characters around the keyword
    uint16_t after
    uint8_t run  # length of the longest run of visible characters
    uint8_t digits
    uint8_t edges
    uint8_t fewest  # digits in a run that calls for the expression

cdef struct Keyword:
    Py_ssize_t at
    uint64_t needs  # see ASKS
    int digits  # of the run that stands here

cdef struct Look:
    const uint32_t* kinds
    const uint64_t* slots  # of literals
    uint64_t size
    const uint32_t* starts  # a filter of the first two characters of literals
    uint32_t starts_mask
    const uint64_t* pair_slots  # of neighbours in words, of words in signs, of sets and what is in them
    uint64_t pair_size
    const uint32_t* pairs  # a filter of neighbours in words
    uint32_t pairs_mask
    const uint32_t* parted  # a filter of those that sentence marks may part
    uint32_t parted_mask
    const uint32_t* spoken  # a filter of neighbours in words of which one is a sign
    uint32_t spoken_mask
    const uint16_t* endings  # how many characters are to come, and of which sets; one after the other
    const uint64_t* notes
    uint64_t notes_mask
    const Need* needs
    uint64_t digit_needs  # of expressions that are called for by digits
    const uint8_t* signs_of  # for each character as it is written: its bit in needs
    const uint64_t* known  # tokens, each with the words that it may stand for
    uint64_t known_mask
    const uint8_t* meant  # these words, each after its length
    const uint8_t* leet  # for each sign the letter of all that may mean the same, and two that it means
    uint32_t leet_size
    const uint16_t* signs  # of the syllables of ideographs
    const uint16_t* syllables  # for each beginning of one: its sign, and how it goes on with a-z
    int digits  # of the shortest run that counts
    # One text, and what is known of it so far.
    uint32_t* text
    uint32_t* spare
    Py_ssize_t* places
    Py_ssize_t length
    const void* original
    int width  # bytes of an original character
    Keyword* kept
    int keywords  # how many were found; no more than MOST_KEYWORDS are kept
    uint32_t seen
    uint64_t guarded
    uint64_t company
    int splits  # split characters stand beside what they may make a word with
    int squeeze  # something may stand within a word
    int refined  # the closer look would look at words
    int escaped  # such a one is there
    int sounds  # the closer look would look at words, whatever is left out
    int noise  # letters or digits stand where they may be noise
    int plausible  # a run of letters may be pinyin
    int phrased  # two words of phrases stand beside each other, not as they are written there
    int altered  # the last one, or one before it
    Py_ssize_t phrase_end  # where it ends
    uint64_t phrase_key


cdef int fill(
    Look* look, bytes kinds, bytes slots, bytes pair_slots, bytes starts, bytes pairs, bytes parted,
    bytes spoken, bytes endings, bytes notes, bytes needs, bytes signs_of, bytes known, bytes meant, bytes leet,
    bytes signs, bytes syllables, int digits, uint64_t digit_needs,
) except -1:
    look.kinds = <const uint32_t*> PyBytes_AS_STRING(kinds)
    look.slots, look.size = <const uint64_t*> PyBytes_AS_STRING(slots), len(slots) // 8
    look.starts, look.starts_mask = <const uint32_t*> PyBytes_AS_STRING(starts), len(starts) * 8 - 1
    look.pairs, look.pairs_mask = <const uint32_t*> PyBytes_AS_STRING(pairs), len(pairs) * 8 - 1
    look.pair_slots, look.pair_size = <const uint64_t*> PyBytes_AS_STRING(pair_slots), len(pair_slots) // 8
    look.parted, look.parted_mask = <const uint32_t*> PyBytes_AS_STRING(parted), len(parted) * 8 - 1
    look.spoken, look.spoken_mask = <const uint32_t*> PyBytes_AS_STRING(spoken), len(spoken) * 8 - 1
    look.syllables = <const uint16_t*> PyBytes_AS_STRING(syllables)
    look.notes, look.notes_mask = <const uint64_t*> PyBytes_AS_STRING(notes), len(notes) // 16 - 1
    look.known, look.known_mask = <const uint64_t*> PyBytes_AS_STRING(known), len(known) // 16 - 1
    look.meant = <const uint8_t*> PyBytes_AS_STRING(meant)
    look.leet, look.leet_size = <const uint8_t*> PyBytes_AS_STRING(leet), len(leet) // 3
    look.signs = <const uint16_t*> PyBytes_AS_STRING(signs)
    look.endings = <const uint16_t*> PyBytes_AS_STRING(endings)
    look.needs, look.signs_of = <const Need*> PyBytes_AS_STRING(needs), <const uint8_t*> PyBytes_AS_STRING(signs_of)
    look.digits, look.digit_needs = digits, digit_needs
    return 0


cdef inline uint32_t mixed(uint32_t left, uint32_t right) noexcept nogil:
    cdef uint32_t found = (left * 0x9E3779B1u) ^ (right * 0x85EBCA77u)
    return found ^ (found >> 15)


cdef inline bint passes(const uint32_t* sieve, uint32_t mask, uint32_t left, uint32_t right) noexcept nogil:
    """Whether two characters are in a filter; now and then it says so of others."""
    cdef uint32_t at = mixed(left, right) & mask
    return sieve[at >> 5] >> (at & 31) & 1


cdef inline uint64_t spread(uint64_t key) noexcept nogil:
    key = (key ^ (key >> 29)) * 0x9E3779B97F4A7C15u
    return key ^ (key >> 32)


cdef inline uint64_t first_slot(uint64_t key, uint64_t size) noexcept nogil:
    return ((spread(key) & 0xFFFFFFFFu) * size) >> 32


cdef inline uint64_t searched(const uint64_t* slots, uint64_t size, uint64_t parent, uint32_t code) noexcept nogil:
    """The place of what goes on from `parent` with the character; 0 where nothing does."""
    cdef uint64_t key = (parent << SYMBOL_BITS) | (code + 1), at = first_slot(key, size), found
    while True:
        found = slots[at] >> ROLE_BITS
        if found == key:
            return at + 1
        if found == 0:
            return 0
        at = at + 1 if at + 1 < size else 0


cdef inline uint64_t child(const Look* look, uint64_t parent, uint32_t code) noexcept nogil:
    return searched(look.slots, look.size, parent, code)


cdef inline uint64_t place_of(const Look* look, uint32_t first, uint32_t second) noexcept nogil:
    """The place of what begins with two characters."""
    return child(look, FIRST + first, second)


cdef inline uint32_t roles(const Look* look, uint64_t place) noexcept nogil:
    return <uint32_t> (look.slots[place - 1] & ((1 << ROLE_BITS) - 1))


cdef inline uint64_t note(const Look* look, uint64_t place, uint32_t kind) noexcept nogil:
    cdef uint64_t key = (place << 3) | kind, at = spread(key) & look.notes_mask
    while look.notes[2 * at]:
        if look.notes[2 * at] == key:
            return look.notes[2 * at + 1]
        at = (at + 1) & look.notes_mask
    return 0


cdef inline uint64_t token_key(uint64_t key, int kind) noexcept nogil:
    return (key ^ (0xCBF29CE484222325u + <uint64_t> kind * 0x9E3779B97F4A7C15u)) | 1


cdef inline bint is_known(const Look* look, uint64_t key, int kind, uint64_t* meant) noexcept nogil:
    """Whether there is such a token; `meant` is where its words begin, above 16 bits of how many."""
    cdef uint64_t at
    key = token_key(key, kind)
    at = spread(key) & look.known_mask
    while look.known[2 * at]:
        if look.known[2 * at] == key:
            meant[0] = look.known[2 * at + 1]
            return True
        at = (at + 1) & look.known_mask
    return False


cdef inline uint64_t grown(uint64_t key, uint32_t code) noexcept nogil:
    return (key ^ code) * 0x100000001B3u


cdef inline uint64_t followed(uint64_t key, uint64_t following) noexcept nogil:
    return grown(key, 0) ^ following


cdef inline uint32_t code_at(const Look* look, Py_ssize_t at) noexcept nogil:
    return look.text[at] & CODE if 0 <= at < look.length else 0
