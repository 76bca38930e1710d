# Words, plain and with something between their characters; what sieve.py does.

cdef inline bint is_mark(uint32_t kind) noexcept nogil:
    return kind & SIGN and not kind & (LATIN | DIGIT)

cdef enum:
    STEPS = 32  # for each character, before the closer look is thought cheaper
    SLACK = 1024  # the same for each text
    NEAR = 8  # characters within which a mixed word goes on with an ideograph


cdef inline bint are_pair(const Look* look, uint32_t left, uint32_t right) noexcept nogil:
    """Whether two characters stand side by side in a word."""
    cdef uint64_t place
    if not passes(look.pairs, look.pairs_mask, left, right):
        return False
    place = searched(look.pair_slots, look.pair_size, FIRST + left, right)
    return place and look.pair_slots[place - 1] & PAIR


cdef inline bint in_word(const Look* look, Py_ssize_t at) noexcept nogil:
    """Whether the character continues an ASCII word; digits and underscores do."""
    cdef uint32_t code = code_at(look, at)
    return 0 < code < 128 and (look.text[at] & ALNUM or code == c"_")


cdef inline bint is_latin(const Look* look, Py_ssize_t one, Py_ssize_t other) noexcept nogil:
    """Whether letters of one run stand there."""
    return 0 <= one < look.length and 0 <= other < look.length and look.text[one] & look.text[other] & LATIN


cdef bint is_cut(const Look* look, Py_ssize_t start, Py_ssize_t end, uint32_t role) noexcept nogil:
    """Whether a word that must stand alone is part of a longer one."""
    if role & ABRIDGED and (is_latin(look, start, start - 1) or is_latin(look, end, end - 1)):
        return True
    if role & (WHOLE | PREFIX) and in_word(look, start) and in_word(look, start - 1):
        return True
    return role & WHOLE and in_word(look, end) and in_word(look, end - 1)


cdef inline bint is_among(const Look* look, uint32_t name, uint32_t code) noexcept nogil:
    """Whether the character is in the set of that name."""
    cdef uint64_t place = searched(look.pair_slots, look.pair_size, FIRST + name, code)
    return place and look.pair_slots[place - 1] & ALIKE


cdef bint goes_on(const Look* look, uint64_t place, Py_ssize_t end) noexcept nogil:
    """Whether the text goes on as a disguised word that begins so."""
    cdef uint64_t follows = note(look, place, FOLLOWS)
    cdef int left = follows & 0xFFFF, at
    cdef const uint16_t* ending = look.endings + (follows >> 16)
    while left:
        at = 0
        while at < ending[0] and is_among(look, ending[1 + at], code_at(look, end + at)):
            at += 1
        if at == ending[0]:
            return True
        ending, left = ending + 1 + ending[0], left - 1
    return False


cdef bint within_pair(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether the letters before and after are neighbours in a word."""
    while start and not look.text[start - 1] & ALNUM:
        start -= 1
    while end < look.length and not look.text[end] & ALNUM and code_at(look, end) != c"&":
        end += 1
    if not start or end == look.length:
        return False
    if code_at(look, end) == c"&" or (in_ascii(look, start - 1) and in_ascii(look, end)):
        return True
    return are_pair(look, code_at(look, start - 1), code_at(look, end))


cdef bint tells(Look* look, Py_ssize_t start, Py_ssize_t end, uint64_t place) noexcept nogil:
    """Whether a literal calls for the closer look by itself; what may do so later is kept."""
    cdef uint32_t role = roles(look, place)
    if role & WORD and not role & HARMLESS:
        if not (is_cut(look, start, end, role) or (role & EXCUSED and is_excused(look, start, end, place))):
            return True
        look.refined = True
    if role & CALLING or (role & ALIKE and goes_on(look, place, end)):
        return True
    if role & ALIKE:
        look.sounds = True
    if role & APART:
        look.splits = look.squeeze = True
    if role & ESCAPE:
        look.escaped |= within_pair(look, start, end)
    if role & SPLIT and not look.splits:
        look.splits = stands_well(look, start, end, note(look, place, MAKES))
    if role & GUARDED:
        look.guarded |= note(look, place, NEEDS)
    if role & COMPANY:
        look.company |= note(look, place, OFFERS)
    if role & KEYWORD:
        keep(look, start, note(look, place, ASKS), 0)
    if role & DOUBLED and end < look.length and are_pair(look, code_at(look, start), code_at(look, end)):
        look.squeeze = True
    return False


cdef bint is_excused(const Look* look, Py_ssize_t start, Py_ssize_t end, uint64_t word) noexcept nogil:
    """Whether the word stands within a phrase that excuses it wherever it is written so."""
    cdef Py_ssize_t first, last
    cdef uint64_t place, key, meant
    for first in range(start, max(0, start - LONGEST_PHRASE) - 1, -1):
        if first + 1 >= look.length:
            continue
        place, last = place_of(look, code_at(look, first), code_at(look, first + 1)), first + 2
        while place:
            if last >= end and roles(look, place) & PHRASE:
                key = grown(grown(grown(0, <uint32_t> word), <uint32_t> place), <uint32_t> (start - first))
                if is_known(look, key, EXCUSES, &meant):
                    return True
            place = child(look, place, code_at(look, last)) if last < look.length else 0
            last += 1
    return False


cdef bint literals(Look* look) noexcept nogil:
    """Whether a literal calls for the closer look."""
    cdef Py_ssize_t start, end
    cdef uint64_t place
    cdef uint32_t left = 0, right
    cdef int64_t steps = STEPS * look.length + SLACK
    for start in range(look.length):
        right = look.text[start]
        if right & SOLO:
            place = child(look, 0, right & CODE)
            if place and tells(look, start, start + 1, place):
                return True
        if passes(look.starts, look.starts_mask, left & CODE, right & CODE):
            place, end = place_of(look, left & CODE, right & CODE), start + 1
            while place:
                if roles(look, place) and tells(look, start - 1, end, place):
                    return True
                place = child(look, place, code_at(look, end)) if end < look.length else 0
                end, steps = end + 1, steps - 1
            if steps < 0:
                return True
        left = right
    return False


cdef inline bint ends_sentence(const Look* look, Py_ssize_t at) noexcept nogil:
    return not 0 <= at < look.length or look.text[at] & STOP


cdef Py_ssize_t last_of(const Look* look, const Look* view, Py_ssize_t letter) noexcept nogil:
    """Where a letter of the view that others follow stands for the last time, if it is repeated."""
    cdef Py_ssize_t at = view.places[letter + 1] - 1
    while code_at(look, at) != code_at(view, letter):
        at -= 1
    return at


cdef bint is_parted(const Look* look, const Look* view, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether sentence marks stand within the word, which is neither spelled out nor at an end of one."""
    cdef Py_ssize_t at, last, letter
    cdef int filled = 0
    cdef bint marked = False, first_marked = False, last_marked = False
    if look.seen & UNSEEN:
        return False
    for letter in range(start, end - 1):
        last, last_marked = last_of(look, view, letter), False
        for at in range(last + 1, view.places[letter + 1]):
            last_marked |= look.text[at] & STOP != 0
            if code_at(look, at) == c"\n" or code_at(look, at) == c"\t":
                return False
        filled, marked = filled + (last + 1 < view.places[letter + 1]), marked | last_marked
        if letter == start:
            first_marked = last_marked
    if not marked or (end - start > 2 and filled == end - start - 1):
        return False
    last = view.places[end - 1] + 1
    while last < look.length and code_at(look, last) == code_at(view, end - 1):
        last += 1
    return not (
        (first_marked and ends_sentence(look, view.places[start] - 1))
        or (last_marked and ends_sentence(look, last))
    )


cdef bint is_filled(const Look* look, const Look* view, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether anything stands within the word but its own characters, repeated."""
    cdef Py_ssize_t letter
    if look.seen & (FOLDED | UNSEEN | LOOKALIKE):
        return True
    for letter in range(start, end - 1):
        if last_of(look, view, letter) + 1 < view.places[letter + 1]:
            return True
    return False


cdef bint counts_apart(
    const Look* look, const Look* view, Py_ssize_t start, Py_ssize_t end, uint64_t place
) noexcept nogil:
    """Whether a word counts of which something was left out in the view, or of its phrase."""
    cdef uint32_t role = roles(look, place)
    if is_cut(look, view.places[start], view.places[end - 1] + 1, role):
        return False
    if role & CLOSE and is_parted(look, view, start, end):
        return False
    if role & HARMLESS:
        return is_filled(look, view, start, end)
    if role & TWOFOLD and is_filled(look, view, start, end):
        return True
    return not (role & EXCUSED and is_excused(view, start, end, place))


cdef bint spans_word(Look* look, const Look* view) noexcept nogil:
    """Whether the view, of which something was left out, holds a word at such a place."""
    cdef Py_ssize_t start, end
    cdef uint64_t place
    cdef uint32_t role
    cdef int64_t steps = STEPS * view.length + SLACK
    for start in range(view.length - 1):
        if not passes(look.starts, look.starts_mask, code_at(view, start), code_at(view, start + 1)):
            continue
        place, end = place_of(look, code_at(view, start), code_at(view, start + 1)), start + 2
        while place:
            role = roles(look, place)
            if role & EXCUSED or (
                role & (WORD | GUARDED) and view.places[end - 1] - view.places[start] >= end - start
            ):
                if role & WORD and counts_apart(look, view, start, end, place):
                    return True
                look.refined = True
                look.guarded |= note(look, place, NEEDS)
            if role & SPLIT and not look.splits:
                look.splits = stands_well(view, start, end, note(look, place, MAKES))
            place = child(look, place, code_at(view, end)) if end < view.length else 0
            end, steps = end + 1, steps - 1
        if steps < 0:
            return True
    return False


cdef bint squeezed(Look* look) noexcept nogil:
    """Whether the text holds a word once gaps, repeats and then noise are left out."""
    cdef Py_ssize_t at
    cdef uint32_t kind, last = 0
    cdef Look view = look[0]
    view.text, view.length = look.spare, 0
    for at in range(look.length):
        kind = look.text[at]
        if kind & ALNUM and not kind & UNSEEN and kind & CODE != last:
            view.text[view.length], view.places[view.length], last = kind, at, kind & CODE
            view.length += 1
    return spans_word(look, &view) or (cleaned(&view) and spans_word(look, &view))


cdef inline bint is_ideograph(uint32_t code) noexcept nogil:
    return 0x3400 <= code <= 0x9FFF


cdef bint cleaned(Look* view) noexcept nogil:
    """Leave out one or two letters or digits between neighbours in a word; whether there were any."""
    cdef Py_ssize_t at = 0, end, length = 0
    while at < view.length:
        end = at
        while end < view.length and end < at + 3 and view.text[end] & (LATIN | DIGIT):
            end += 1
        if at < end < at + 3 and is_noise(view, at, end):
            at = end
            continue
        view.text[length], view.places[length] = view.text[at], view.places[at]
        at, length = at + 1, length + 1
    end, view.length = view.length, length
    return length < end


cdef bint is_noise(const Look* view, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    cdef uint32_t left = code_at(view, start - 1), right = code_at(view, end)
    return is_ideograph(left) and is_ideograph(right) and are_pair(view, left, right)


cdef inline bint meets_unseen(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    return (start and look.text[start - 1] & UNSEEN) or (end < look.length and look.text[end] & UNSEEN)


cdef bint has_noise(const Look* look) noexcept nogil:
    cdef Py_ssize_t start, end = 0
    while end < look.length:
        start, end = end, end + 1
        if in_ascii(look, start):
            while end < look.length and in_ascii(look, end):
                end += 1
            if end - start < 3 and (is_noise(look, start, end) or meets_unseen(look, start, end)):
                return True
    return False


cdef bint noisy(Look* look) noexcept nogil:
    """Whether the text holds a word once noise is left out."""
    cdef Py_ssize_t at
    cdef Look view = look[0]
    if not has_noise(look):
        return False
    view.text = look.spare
    for at in range(look.length):
        view.text[at], view.places[at] = look.text[at], at
    look.noise = True
    return cleaned(&view) and spans_word(look, &view)


cdef bint touches_ideograph(const Look* look, Py_ssize_t at, int step) noexcept nogil:
    """Whether Latin letters close by are followed by anything else that is no separator."""
    cdef int left = NEAR
    while left and 0 <= at < look.length:
        if code_at(look, at) >= 128 or not look.text[at] & ALNUM:
            return look.text[at] & ALNUM
        at, left = at + step, left - 1
    return False


cdef bint within_mixed(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether single letters stand on both sides, as in f u c k, or an ideograph close by."""
    cdef bint before = start >= 2 and look.text[start - 2] & ALNUM
    cdef bint after = end + 1 < look.length and look.text[end + 1] & ALNUM
    return not (before or after) or touches_ideograph(look, start - 1, -1) or touches_ideograph(look, end, 1)


cdef inline bint parts_english(uint32_t code) noexcept nogil:
    """Whether the gap parts words of English all the time."""
    return code == c" " or code == c"-" or code == c"'" or code == c"/" or code == c"_"


cdef bint parts_word(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether the gap may stand within a word."""
    cdef uint32_t left = code_at(look, start - 1), right = code_at(look, end)
    cdef bint ascii
    if not are_pair(look, left, right):
        return False
    ascii = left < 128 and right < 128
    return not ascii or not parts_english(code_at(look, start)) or within_mixed(look, start, end)


cdef bint spaces_word(Look* look, Py_ssize_t at) noexcept nogil:
    """Whether one sentence mark or two may stand within a word."""
    cdef Py_ssize_t right = at + 1
    if at and look.text[at - 1] & PATIENT:
        return True
    if right + 1 < look.length and look.text[right] & INNER and look.text[right + 1] & STOP:
        return True
    if right < look.length and look.text[right] & STOP:
        right += 1
    return at and right < look.length and passes(
        look.parted, look.parted_mask, code_at(look, at - 1), code_at(look, right)
    )


cdef bint gaps(Look* look) noexcept nogil:
    """Whether a mark that nobody sees parts Latin letters; what parts other words is kept."""
    cdef Py_ssize_t start, end = 0
    while end < look.length:
        start, end = end, end + 1
        if look.text[start] & STOP and not look.squeeze:
            look.squeeze = spaces_word(look, start)
        if not look.text[start] & (GAP | UNSEEN):
            continue
        while end < look.length and look.text[end] & (GAP | UNSEEN):
            end += 1
        if start == 0 or end == look.length:
            continue
        if look.text[end - 1] & UNSEEN and in_ascii(look, start - 1) and in_ascii(look, end):
            return True
        look.squeeze |= parts_word(look, start, end)
    return False


cdef inline bint in_ascii(const Look* look, Py_ssize_t at) noexcept nogil:
    return look.text[at] & (LATIN | DIGIT)


cdef bint lookalikes(const Look* look) noexcept nogil:
    """Whether a look-alike stands beside a letter that it may make a word with."""
    cdef Py_ssize_t at
    for at in range(look.length):
        if look.text[at] & LOOKALIKE and (meets_letter(look, at, -1) or meets_letter(look, at, 1)):
            return True
    return False


cdef bint meets_letter(const Look* look, Py_ssize_t at, int step) noexcept nogil:
    """Whether a letter of a script with look-alikes, or a Latin one, follows; over some marks."""
    cdef int marks = 0
    cdef uint32_t kind
    while marks < 4:
        at, marks = at + step, marks + 1
        if not 0 <= at < look.length:
            return False
        kind = look.text[at]
        if kind & (LATIN | LOOKALIKE) or (kind & ALNUM and 0x370 <= kind & CODE < 0x590):
            return True
        if not is_mark(kind):
            return False
    return False
