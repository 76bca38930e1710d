# Words spelled out letter by letter; what text/spelling.py and the last stage of words.py do.

cdef enum:
    MOST_SPELLED = 128  # letters and spaces between words; where there are more, the closer look is taken
    FEWEST_SPELLED = 3  # letters
    WIDEST_SPELLED = 3  # characters between two letters
    LONG_SPELLED = 5  # letters of a word that is seen within a longer one


cdef inline bint is_spelling_gap(uint32_t kind) noexcept nogil:
    """Whether spelled-out letters may be parted so; spaces and the marks of text.spelling."""
    cdef uint32_t code = kind & CODE
    return not kind & ALNUM and (
        code <= 32 or code >= 128 or code == c"." or code == c"_" or code == c"-" or is_formula(code)
    )


cdef inline bint is_formula(uint32_t code) noexcept nogil:
    """Whether three letters with the mark between them are a formula."""
    return (
        code == c"*" or code == c"/" or code == c"|" or code == c"~" or code == c"+" or code == c"^"
        or code == c"=" or code == c"&" or code == c"%" or code == c"<" or code == c">"
        or code == c"`" or code == c"'"
    )


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


cdef Py_ssize_t next_spelled(const Look* look, Py_ssize_t at) noexcept nogil:
    """Where the next spelled-out letter stands; 0 where none follows the one at `at`."""
    cdef Py_ssize_t after = at + 1
    while after < look.length and after <= at + WIDEST_SPELLED and is_spelling_gap(look.text[after]):
        after += 1
    if after == at + 1 or after >= look.length or (after + 1 < look.length and in_ascii(look, after + 1)):
        return 0
    if in_ascii(look, after) or code_at(look, after) in (c"@", c"$", c"!"):
        return after
    return 0


cdef bint is_spelled(const Look* look, Py_ssize_t start) noexcept nogil:
    """Whether letters are spelled out from here, and are no formula."""
    cdef Py_ssize_t at = start, after, between
    cdef int letters = 1
    cdef bint formula = False
    if not look.text[start] & LATIN or (start and in_ascii(look, start - 1)):
        return False
    while letters <= FEWEST_SPELLED:
        after = next_spelled(look, at)
        if not after:
            break
        for between in range(at + 1, after):
            formula |= is_formula(code_at(look, between))
        at, letters = after, letters + 1
    return letters > FEWEST_SPELLED or (letters == FEWEST_SPELLED and not formula)


cdef Py_ssize_t respell(const Look* look, Look* view, Py_ssize_t start) noexcept nogil:
    """Put down the letters from here, with a space where they are wider apart; where they end."""
    cdef Py_ssize_t at, after, narrowest = WIDEST_SPELLED + 1
    at, after = start, next_spelled(look, start)
    while after:
        narrowest = min(narrowest, after - at)
        at, after = after, next_spelled(look, after)
    at = start
    while view.length + 1 < MOST_SPELLED:
        after = next_spelled(look, at)
        view.text[view.length] = look.text[at]
        view.length += 1
        if not after or after - at > narrowest:
            view.text[view.length] = look.kinds[c" "]
            view.length += 1
        if not after:
            break
        at = after
    return at + 1


cdef bint spells_out(Look* look, const Look* view) noexcept nogil:
    """Whether a word stands in the view, whole or long enough."""
    cdef Py_ssize_t start, end
    cdef uint64_t place
    cdef bint whole
    for start in range(view.length - 1):
        place, end = place_of(look, code_at(view, start), code_at(view, start + 1)), start + 2
        while place:
            whole = not (start and view.text[start - 1] & ALNUM) and not view.text[end] & ALNUM
            if roles(look, place) & (WORD | GUARDED) and (whole or end - start >= LONG_SPELLED):
                if roles(look, place) & WORD:
                    return True
                look.guarded |= note(look, place, NEEDS)
            place = child(look, place, code_at(view, end)) if end < view.length else 0
            end += 1
    return False


cdef bint spelled_out(Look* look) noexcept nogil:
    """Whether letters that are spelled out one by one are a word, plain or in disguise."""
    cdef uint32_t text[MOST_SPELLED + 1]
    cdef uint32_t spare[MOST_SPELLED + 1]
    cdef Py_ssize_t places[MOST_SPELLED + 1]
    cdef Py_ssize_t at = 0
    cdef Look view
    if not has_single_letter(look):
        return False
    view = look[0]
    view.text, view.spare, view.places, view.length = text, spare, places, 0
    while at < look.length and view.length + 1 < MOST_SPELLED:
        at = respell(look, &view, at) if is_spelled(look, at) else at + 1
    if not view.length:
        return False
    look.refined = True
    if view.length + 1 >= MOST_SPELLED or look.seen & UNSEEN:
        return True
    text[view.length] = 0
    view.phrased = view.phrase_end = 0
    return spells_out(look, &view) or is_any_disguised(&view) or view.phrased or syllables(&view)
