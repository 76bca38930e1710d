# Words written in pinyin, wholly or in part; what phonetic.py does.

cdef enum:
    TYPED = 1 << 17  # bits above the sign of a unit: it is typed,
    OPENS = 1 << 18  # first in its run of letters,
    ENDS = 1 << 19  # last in it
    LONGEST_RUN = 36  # letters
    LONGEST_SYLLABLE = 6
    FIRST_READ = 0x4E00
    FIRST_LETTER = 97  # a
    BRANCHES = 27  # for each beginning of a syllable
    LAST_READ = 0x9FFF

cdef struct Run:
    int length
    bint possible[LONGEST_RUN + 1]  # whether the rest is made of syllables
    uint32_t signs[LONGEST_RUN][LONGEST_SYLLABLE + 1]  # of the syllables, by start and length


cdef bint is_pinyin(const Look* look, Py_ssize_t start, Py_ssize_t end, Run* run) noexcept nogil:
    """Whether a run of letters is made of syllables."""
    cdef int at, length
    cdef const uint16_t* beginning
    run.length = <int> (end - start)
    run.possible[run.length] = True
    for at in range(run.length - 1, -1, -1):
        memset(run.signs[at], 0, sizeof(run.signs[at]))
        run.possible[at], length, beginning = False, 0, look.syllables
        while length < LONGEST_SYLLABLE and at + length < run.length:
            beginning = look.syllables + beginning[code_at(look, start + at + length) - FIRST_LETTER + 1] * BRANCHES
            length += 1
            if beginning == look.syllables:
                break
            if beginning[0] and run.possible[at + length]:
                run.signs[at][length], run.possible[at] = beginning[0], True
    return run.possible[0]


cdef int spoken(const Run* run, uint32_t* units, bint shortest) noexcept nogil:
    """Write the syllables of a run, the longest or the shortest ones first; their number."""
    cdef int at = 0, length, number = 0
    while at < run.length:
        length = 2 if shortest else LONGEST_SYLLABLE
        while not run.signs[at][length]:
            length += 1 if shortest else -1
        units[number] = run.signs[at][length] | TYPED | (0 if number else OPENS)
        at, number = at + length, number + 1
    units[number - 1] |= ENDS
    return number


cdef inline uint32_t sign_of(const Look* look, uint32_t code) noexcept nogil:
    """The sign of the commonest reading of an ideograph; others stand for themselves."""
    cdef uint32_t sign = look.signs[code - FIRST_READ] if FIRST_READ <= code <= LAST_READ else 0
    return sign if sign else code


cdef bint syllables(Look* look) noexcept nogil:
    """Whether typed syllables may be a word, or part of one."""
    cdef bint ambiguous = False
    return reading(look, False, &ambiguous) or (ambiguous and reading(look, True, &ambiguous))


cdef bint reading(Look* look, bint shortest, bint* ambiguous) noexcept nogil:
    """Whether the text, read as syllables, holds a word of which some are typed."""
    cdef Py_ssize_t start, end = 0
    cdef int number
    cdef Run run
    cdef uint32_t others[LONGEST_RUN]
    cdef bint typed = False
    cdef Look view = look[0]
    view.text, view.length = look.spare, 0
    while end < look.length:
        start, end = end, end + 1
        if not look.text[start] & ALNUM:
            continue
        view.places[view.length] = code_at(look, start)
        view.text[view.length] = sign_of(look, code_at(look, start)) | OPENS | ENDS
        view.length += 1
        if not look.text[start] & LATIN:
            continue
        while end < look.length and look.text[end] & LATIN:
            end += 1
        if 1 < end - start <= LONGEST_RUN and is_pinyin(look, start, end, &run):
            number = spoken(&run, view.text + view.length - 1, shortest)
            if not shortest:
                if spoken(&run, others, True) != number or differ(others, view.text + view.length - 1, number):
                    ambiguous[0] = True
            view.length, typed = view.length - 1 + number, True
    return typed and spells_word(look, &view)


cdef bint differ(const uint32_t* one, const uint32_t* other, int length) noexcept nogil:
    cdef int at
    for at in range(length):
        if one[at] != other[at]:
            return True
    return False


cdef bint spells_word(const Look* look, const Look* view) noexcept nogil:
    """Whether units are a word of which some are typed and the others may be its own."""
    cdef Py_ssize_t start, end
    cdef uint64_t place
    cdef uint32_t unit, every, some
    cdef int64_t steps = STEPS * look.length + SLACK
    for start in range(view.length - 1):
        unit = view.text[start]
        if not unit & OPENS or not passes(look.spoken, look.spoken_mask, unit & CODE, code_at(view, start + 1)):
            continue
        place, end, every, some = FIRST + (unit & CODE), start + 1, unit, unit
        while place and end < view.length and are_neighbours(view, end - 1):
            place = searched(look.pair_slots, look.pair_size, place, code_at(view, end))
            unit = view.text[end]
            every, some, end, steps = every & unit, some | unit, end + 1, steps - 1
            if place and look.pair_slots[place - 1] & PINYIN and some & TYPED and unit & ENDS:
                if not every & TYPED or not is_english(look, view, start, end):
                    return True
        if steps < 0:
            return True
    return False


cdef inline bint is_english(const Look* look, const Look* view, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether two tokens of a text without Chinese are syllables by chance."""
    return view.text[start] & ENDS and end - start == 2 < view.length and look.seen & CODE < 128


cdef bint are_neighbours(const Look* view, Py_ssize_t at) noexcept nogil:
    """Whether a character beside a typed syllable stands there in some word."""
    cdef uint32_t left = view.text[at], right = view.text[at + 1]
    if (left ^ right) & TYPED == 0:
        return True
    if left & TYPED:
        return passes(view.spoken, view.spoken_mask, left & CODE, <uint32_t> view.places[at + 1])
    return passes(view.spoken, view.spoken_mask, <uint32_t> view.places[at], right & CODE)
