# Latin tokens: words in leet, starred or with repeated letters, initials; what latin.py and leet.py do.

cdef enum:
    FEWEST_IN_LEET = 3
    FEWEST_STARRED = 4
    TELLING = 5  # characters of a token in leet that may have only one letter
    LONGEST_TOKEN = 36  # characters; longer tokens are no disguised word
    LONGEST_GAP = 12  # characters between the words of a phrase
    MOST_WORDS = 256  # under one key; where there are more, the closer look is taken


cdef bint tokens(Look* look) noexcept nogil:
    """Whether a token is a disguised word, or letters are spelled out one by one."""
    return is_any_disguised(look) or spelled_out(look)


cdef bint is_any_disguised(Look* look) noexcept nogil:
    cdef Py_ssize_t start, end = 0
    while end < look.length:
        start = end
        while start < look.length and not look.text[start] & SIGN:
            start += 1
        end = start
        while end < look.length and look.text[end] & SIGN:
            end += 1
        if end - start > 1 and is_disguised(look, start, end):
            return True
        if end - start == 1:
            in_phrase(look, start, end)
    return False


cdef bint is_disguised(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token is initials, or a word in leet, starred or with repeated letters."""
    cdef Py_ssize_t at, first = start, last = end
    cdef uint32_t kind, previous = 0, every = LATIN, seen = 0
    cdef uint64_t key = 0, squeezed_key = 0
    cdef int length = 0
    cdef bint plain
    while first < last and is_mark(look.text[first]):
        first += 1
    while first < last and is_mark(look.text[last - 1]):
        last -= 1
    for at in range(first, last):
        kind = look.text[at]
        seen, every, key = seen | kind, every & kind, grown(key, kind & CODE)
        if not is_mark(kind) and kind & CODE != previous:
            previous = kind & CODE
            squeezed_key, length = grown(squeezed_key, previous), length + 1
    if not seen & ALNUM:
        return False
    look.plausible |= seen & LATIN
    if length < last - first > 3 and stands_for(look, squeezed_key, REPEATED, first, last):
        return True
    if every and stands_for(look, key, INITIALS, first, last) and may_abridge(look, first, last):
        return True
    plain = every and last - first == end - start
    if plain:
        look.refined |= in_phrase(look, start, end)
        return False
    look.refined |= may_be_phrased(look, start, end) or may_be_phrased(look, first, last)
    in_phrase_without_marks(look, start, end)
    if not seen & LATIN:
        return False
    if end - start > LONGEST_TOKEN:
        look.phrased = True
        return False
    return in_leet(look, start, end) or (last < end and in_leet(look, start, last))


cdef bint may_abridge(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether initials are read: in Chinese, and where they are all that somebody wrote."""
    cdef Py_ssize_t at
    if look.seen & CODE >= 128:
        return True
    for at in range(look.length):
        if not start <= at < end and code_at(look, at) > 32:
            return False
    return True


cdef bint in_leet(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token is a word in leet, or a starred one; repeated letters may count once."""
    cdef uint32_t first = code_at(look, start)
    cdef Py_ssize_t at, once = 0
    cdef bint marked = False
    for at in range(start, end):
        marked |= is_mark(look.text[at])
        once += not follows_itself(look, start, at)
    if stands_for(look, leet_key(look, start, end, True), LEET, start, end):
        return True
    return marked and (
        stands_for(look, grown(grown(0, <uint32_t> (end - start)), first), STARRED, start, end)
        or stands_for(look, grown(grown(0, <uint32_t> once), first), STARRED, start, end)
    )


cdef inline bint follows_itself(const Look* look, Py_ssize_t start, Py_ssize_t at) noexcept nogil:
    return at > start and look.text[at] & LATIN and code_at(look, at) == code_at(look, at - 1)


cdef inline uint32_t leet_class(const Look* look, uint32_t code) noexcept nogil:
    """The letter for all signs that may mean the same; others stand for themselves."""
    cdef uint32_t letter = look.leet[3 * code] if code < look.leet_size else 0
    return letter if letter else code


cdef inline bint means(const Look* look, uint32_t code, uint8_t letter) noexcept nogil:
    if code == letter:
        return True
    return code < look.leet_size and (look.leet[3 * code + 1] == letter or look.leet[3 * code + 2] == letter)


cdef uint64_t leet_key(const Look* look, Py_ssize_t start, Py_ssize_t end, bint marks) noexcept nogil:
    """The same for a token and all that it may be in leet; with what its marks mean, or without."""
    cdef Py_ssize_t at
    cdef uint32_t code, previous = 0
    cdef uint64_t key = 0
    for at in range(start, end):
        code = code_at(look, at)
        code = look.leet[3 * code] if code < look.leet_size and (marks or not is_mark(look.text[at])) else 0
        if code and code != previous:
            key, previous = grown(key, code), code
    return key


cdef bint stands_for(Look* look, uint64_t key, int kind, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token is, in such a disguise, one of the words under the key; if there are any,
    the closer look would look at words."""
    cdef const uint8_t* word
    cdef uint64_t meant
    cdef int left
    if not is_known(look, key, kind, &meant):
        return False
    look.refined = True
    left, word = meant & 0xFFFF, look.meant + (meant >> 16)
    if kind == INITIALS or left > MOST_WORDS:
        return True
    while left:
        if kind == REPEATED and is_repeated(look, start, end, word):
            return True
        if kind == LEET and is_lettered(look, start, end) and (
            spells(look, start, end, word) or stretches(look, start, end, word)
        ):
            return True
        if kind == STARRED and masks(look, start, end, word):
            return True
        word, left = word + 1 + word[0], left - 1
    return False


cdef bint is_repeated(const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word) noexcept nogil:
    """Whether the token, without marks around it, is the word with letters repeated."""
    cdef Py_ssize_t at = start
    cdef int letter = 0, there, needed, most = 0
    cdef bint differs = False
    while letter < word[0]:
        there, needed = 0, 1
        while letter + needed < word[0] and word[1 + letter + needed] == word[1 + letter]:
            needed += 1
        while at < end and (is_mark(look.text[at]) or code_at(look, at) == word[1 + letter]):
            there += code_at(look, at) == word[1 + letter]
            at += 1
        if there < needed:
            return False
        differs |= there > needed
        most, letter = max(most, there), letter + needed
    return at == end and (differs or end - start > word[0]) and (most > 2 or word[0] > 3)


cdef bint spells(const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word) noexcept nogil:
    """Whether each character of the token is, or stands for, that of the word, and one does."""
    cdef Py_ssize_t at
    cdef bint differs = False
    if end - start != word[0]:
        return False
    for at in range(start, end):
        if not means(look, code_at(look, at), word[1 + at - start]):
            return False
        differs |= code_at(look, at) != word[1 + at - start]
    return differs


cdef bint is_lettered(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether enough of a token are letters for leet."""
    cdef Py_ssize_t at
    cdef int letters = 0
    cdef bint marked = False
    for at in range(start, end):
        letters += look.text[at] & LATIN != 0
        marked |= is_mark(look.text[at])
    return 2 * letters >= end - start or end - start >= TELLING or marked


cdef bint stretches(const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word) noexcept nogil:
    """The same, with letters repeated."""
    cdef Py_ssize_t at = start
    cdef int letter = 0, there, needed
    cdef bint meant
    cdef uint32_t group
    while letter < word[0] and at < end:
        group, there, needed, meant = leet_class(look, word[1 + letter]), 0, 1, False
        while letter + needed < word[0] and leet_class(look, word[1 + letter + needed]) == group:
            needed += 1
        while at + there < end and leet_class(look, code_at(look, at + there)) == group:
            meant |= means(look, code_at(look, at + there), word[1 + letter])
            there += 1
        if there < needed or not meant:
            return False
        at, letter = at + there, letter + needed
    return at == end and letter == word[0]


cdef inline bint is_vowel(uint8_t letter) noexcept nogil:
    return letter == c"a" or letter == c"e" or letter == c"i" or letter == c"o" or letter == c"u"


cdef bint masks(const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word) noexcept nogil:
    """Whether the token, as it is or with repeated letters once, is the word with letters starred out."""
    return hides(look, start, end, word, False) or hides(look, start, end, word, True)


cdef bint hides(
    const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word, bint once
) noexcept nogil:
    cdef Py_ssize_t at
    cdef uint32_t code
    cdef int letter = 0, hidden = 0
    for at in range(start, end):
        code = code_at(look, at)
        if once and follows_itself(look, start, at):
            continue
        if letter == word[0]:
            return False
        if is_mark(look.text[at]):
            hidden += 1
            if not (code == c"*" or code == c"#") and not is_vowel(word[1 + letter]):
                return False
        elif code != word[1 + letter]:
            return False
        letter += 1
    return letter == word[0] >= FEWEST_STARRED and 0 < hidden <= letter // 2


cdef bint may_be_phrased(const Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token may be a word of a phrase in disguise."""
    cdef uint64_t meant
    return is_known(look, leet_key(look, start, end, True), PHRASED, &meant)


cdef inline bint ends_phrased(uint32_t code) noexcept nogil:
    """Whether words of phrases neither begin nor end with the mark."""
    return code == c"!" or code == c"|" or code == c"+" or code == c"(" or code == c"*" or code == c"#"


cdef void in_phrase_without_marks(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    while start < end and ends_phrased(code_at(look, start)):
        start += 1
    while start < end and ends_phrased(code_at(look, end - 1)):
        end -= 1
    in_phrase(look, start, end)


cdef bint in_phrase(Look* look, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Whether a token is a word of a phrase, as it is or in disguise, which is kept."""
    cdef bint disguised = False
    cdef uint64_t key = leet_key(look, start, end, True), bare = leet_key(look, start, end, False)
    cdef bint phrased = is_phrased(look, key, start, end, &disguised)
    if bare != key and is_phrased(look, bare, start, end, &disguised):
        look.phrased |= phrased  # whichever of them it is
        key, phrased = bare, True
    if phrased:
        put_phrased(look, start, end, key, disguised)
    return disguised


cdef bint is_phrased(
    const Look* look, uint64_t key, Py_ssize_t start, Py_ssize_t end, bint* disguised
) noexcept nogil:
    """Whether the token is one of the words of phrases under the key."""
    cdef uint64_t meant
    cdef const uint8_t* word
    cdef int left
    cdef bint plain = False
    if not is_known(look, key, PHRASED, &meant):
        return False
    left, word = meant & 0xFFFF, look.meant + (meant >> 16)
    if left > MOST_WORDS:
        disguised[0] = True
        return True
    while left:
        plain |= is_written(look, start, end, word)
        if is_repeated(look, start, end, word) or (word[0] >= FEWEST_IN_LEET and spells(look, start, end, word)):
            disguised[0] = plain = True
        word, left = word + 1 + word[0], left - 1
    return plain


cdef bint is_written(const Look* look, Py_ssize_t start, Py_ssize_t end, const uint8_t* word) noexcept nogil:
    cdef Py_ssize_t at
    if end - start != word[0]:
        return False
    for at in range(start, end):
        if code_at(look, at) != word[1 + at - start]:
            return False
    return True


cdef void put_phrased(Look* look, Py_ssize_t start, Py_ssize_t end, uint64_t key, bint disguised) noexcept nogil:
    """Keep a word of a phrase, and whether it follows another, one of them in disguise or both far apart."""
    cdef Py_ssize_t at
    cdef uint64_t meant
    cdef bint follows = look.phrase_end and start - look.phrase_end <= LONGEST_GAP and is_known(
        look, followed(look.phrase_key, key), NEXT, &meant
    )
    for at in range(look.phrase_end, start):
        follows = follows and not look.text[at] & ALNUM
    if not follows:
        look.altered = False
    elif start - look.phrase_end > 1 or code_at(look, start - 1) != c" ":
        look.altered = True
    look.altered |= disguised
    if follows and look.altered:
        look.phrased = True
    look.phrase_end, look.phrase_key = end, key
