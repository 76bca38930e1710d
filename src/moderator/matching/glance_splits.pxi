# Characters written as their parts; what sieve.py and joining.py do.


cdef enum:
    MOST_PARTS = 3  # that a split character is written as


cdef uint32_t made_by(const Look* look, Py_ssize_t start, Py_ssize_t parts) noexcept nogil:
    """What the characters at `start`, so many as `parts` says, make if they are a split character."""
    cdef uint64_t place
    cdef Py_ssize_t at
    if start < 0 or start + parts > look.length:
        return 0
    place = place_of(look, code_at(look, start), code_at(look, start + 1))
    for at in range(start + 2, start + parts):
        place = child(look, place, code_at(look, at)) if place else 0
    return note(look, place, MAKES) if place and roles(look, place) & SPLIT else 0


cdef bint stands_well(const Look* look, Py_ssize_t start, Py_ssize_t end, uint32_t made) noexcept nogil:
    """Whether what parts make makes a pair with a neighbour, which may be split itself."""
    cdef uint32_t before, after
    cdef Py_ssize_t parts
    if start > 1 and not look.text[start - 1] & ALNUM:  # over one mark or space
        start -= 1
    if end < look.length and not look.text[end] & ALNUM:
        end += 1
    if start > 0 and are_pair(look, code_at(look, start - 1), made):
        return True
    if end < look.length and are_pair(look, made, code_at(look, end)):
        return True
    for parts in range(2, MOST_PARTS + 1):
        before, after = made_by(look, start - parts, parts), made_by(look, end, parts)
        if (before and are_pair(look, before, made)) or (after and are_pair(look, made, after)):
            return True
    return False


cdef void joined(const Look* apart, Look* view) noexcept nogil:
    """Write the text with split characters put together, of overlapping ones the first; mark these."""
    cdef Py_ssize_t at = 0, end
    cdef uint64_t place
    cdef uint32_t made
    view.length = 0
    while at < apart.length:
        made = 0
        if passes(apart.starts, apart.starts_mask, code_at(apart, at), code_at(apart, at + 1)):
            place, end = place_of(apart, code_at(apart, at), code_at(apart, at + 1)), at + 2
            while place and not made:
                if roles(apart, place) & SPLIT and stands_well(apart, at, end, note(apart, place, MAKES)):
                    made = note(apart, place, MAKES)
                    break
                place = child(apart, place, code_at(apart, end)) if end < apart.length else 0
                end += 1
        view.text[view.length] = (made & CODE) | MADE | ALNUM if made else apart.text[at] & ~<uint32_t> MADE
        view.length += 1
        at = end if made else at + 1


cdef bint makes_word(Look* look, const Look* view) noexcept nogil:
    """Whether a character that was put together is part of a word."""
    cdef Py_ssize_t start, end
    cdef uint64_t place
    cdef uint32_t some
    cdef int64_t steps = STEPS * view.length + SLACK
    for start in range(view.length - 1):
        if not passes(look.starts, look.starts_mask, code_at(view, start), code_at(view, start + 1)):
            continue
        place, end = place_of(look, code_at(view, start), code_at(view, start + 1)), start + 2
        some = view.text[start] | view.text[start + 1]
        while place:
            if some & MADE and roles(look, place) & (WORD | GUARDED):
                if roles(look, place) & WORD:
                    return True
                look.guarded |= note(look, place, NEEDS)
                look.refined = True
            some |= view.text[end] if end < view.length else 0
            place = child(look, place, code_at(view, end)) if end < view.length else 0
            end, steps = end + 1, steps - 1
        if steps < 0:
            return True
    return False


cdef bint joins_word(Look* look) noexcept nogil:
    """Whether split characters, put together, make a word, as they stand or without what is between."""
    cdef Look view = look[0], tight = look[0]
    view.text = look.spare
    joined(look, &view)
    if makes_word(look, &view):
        return True
    tight.text = look.spare
    tighten(&tight, look)
    view.text = <uint32_t*> look.places
    joined(&tight, &view)
    return makes_word(look, &view)


cdef void tighten(Look* view, const Look* look) noexcept nogil:
    """Leave out what stands between letters, and letters that follow themselves."""
    cdef Py_ssize_t at
    cdef uint32_t kind, last = 0
    view.length = 0
    for at in range(look.length):
        kind = look.text[at]
        if kind & ALNUM and not kind & UNSEEN and kind & CODE != last:
            view.text[view.length], last = kind, kind & CODE
            view.length += 1
