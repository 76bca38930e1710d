"""The tables of the native first look, made from what the matcher in Python looks for."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from moderator.domain.rule import Boundary, Layer, Separators
from moderator.matching.asking import Askers, Asking
from moderator.matching.entries import Neighbours
from moderator.matching.judging import is_harmless
from moderator.matching.latin import LatinTokens, is_sign
from moderator.matching.literals import Literals, separators
from moderator.matching.phonetic import Phonetics
from moderator.matching.runs import longest_run
from moderator.matching.sieve import guarded
from moderator.matching.soundalikes import Soundalikes
from moderator.matching.surroundings import signs_of_characters
from moderator.matching.triggers import PatternTriggers
from moderator.matching.windows import PatternRef
from moderator.text.characters import UMLAUTS, Characters, characters
from moderator.text.escapes import USUAL
from moderator.text.leet import MEANINGS, key
from moderator.text.lookalikes import LOOKALIKES
from moderator.text.pinyin import Pinyin

try:
    from moderator.matching import glance
    from moderator.matching.glance import Kind, Note, Role, Token
except ImportError:  # not compiled on this machine: the matcher in Python looks at every text
    COMPILED = False
else:
    COMPILED = True

# What the first look answers: nothing; from here on, words are no matter; from here on, it tells
# what patterns ask for; it was not asked.
NONE, ENCODED, KEYWORD_FOUND, UNKNOWN = 0, 12, 13, -1
CODES = 0x20000
_CODE = CODES - 1
_FINAL_SIGMA = 0x3A3  # its lower case depends on what stands beside it
_MOST_COMPANIES = 64
_PRIVATE = range(0xE000, 0xF900)
_BRANCHES = 27
_READ = range(0x4E00, 0xA000)
_NoteOf = tuple[int, int, int]  # place, kind of note, value
_ExcuseOf = tuple[int, tuple[int, int, int], str, Collection[str]]
_LONGEST_PHRASE = 32


def first_look(
    literals: Literals,
    triggers: PatternTriggers,
    latin: LatinTokens,
    phonetics: Phonetics,
    soundalikes: Soundalikes,
    spelled: Collection[str],
    pinyin: Pinyin,
) -> "tuple[glance.Glance | None, Askers]":
    """What tells texts that are done with, and the patterns that it speaks of by number.

    None where it is not compiled.

    `spelled` are the words of all rules in the signs of their syllables.
    """
    if not COMPILED:
        return None, ()
    sought = _Sought(literals, triggers, soundalikes)
    kinds = sought.kinds.tobytes()
    prefixes = _prefixes(kinds, sought.roles, sought.phrases)
    asking = Asking()
    digit_needs = asking.asked(triggers.digit_patterns)
    notes = list(sought.added(prefixes, asking))
    excuses = list(sought.excuses(prefixes))
    pairs, ends, beside = list(literals.pairs), list(literals.parting.ends), phonetics.beside
    look = glance.Glance(
        kinds,
        prefixes.table(),
        _pairs(kinds, pairs, spelled, sought.endings.sets),
        glance.filter_of(kinds, list(sought.roles)),
        glance.filter_of(kinds, pairs),
        glance.filter_of(kinds, ends),
        glance.filter_of(kinds, [*beside, *spelled]),
        sought.endings.table(),
        glance.notes_of(notes),
        asking.table(),
        signs_of_characters(),
        *glance.tokens_of([*_tokens(latin), *excuses]),
        _leet(),
        array("H", (_sign(pinyin, chr(code)) for code in _READ)).tobytes(),
        _syllables(pinyin),
        triggers.digits,
        digit_needs,
    )
    return look, tuple(asking.askers)


def _prefixes(kinds: bytes, *groups: Iterable[str]) -> "glance.Prefixes":
    literals = chain.from_iterable(groups)
    return glance.Prefixes(kinds, sum(max(1, len(literal) - 1) for literal in literals))


def _pairs(
    kinds: bytes, pairs: Collection[str], spelled: Collection[str], sets: Collection[str]
) -> bytes:
    prefixes = _prefixes(kinds, pairs, spelled, sets)
    for role, added in ((Role.PAIR, pairs), (Role.PINYIN, spelled), (Role.ALIKE, sets)):
        for literal in added:
            prefixes.add(literal, role)
    return prefixes.table()


class _Sought:
    """What is looked for: literals with their roles, and what characters tell by themselves."""

    def __init__(
        self, literals: Literals, triggers: PatternTriggers, soundalikes: Soundalikes
    ) -> None:
        self.kinds = array("I", _kinds())
        self.endings = _Endings(soundalikes, self.kinds)
        self._literals = literals
        self._refs = triggers.refs
        self._guarded = guarded(literals.forms)
        self._numbers = _numbers(self._guarded)
        self.roles: dict[str, int] = {}
        self._excuses = _excuses(literals)
        self.phrases = {text for found in self._excuses.values() for text, _ in found}
        for number, name in enumerate(literals.names):
            role = self._role(number, name)
            if number in self._refs:
                role |= Role.KEYWORD
            if role:
                self.roles[name] = role
        self._company = _company(self._numbers)
        for word in self._company:
            self.roles[word] = self.roles.get(word, 0) | Role.COMPANY
        for escape in USUAL:
            self.roles[escape] = self.roles.get(escape, 0) | Role.ESCAPE
        self._mark_characters()

    def added(self, prefixes: "glance.Prefixes", asking: Asking) -> Iterator[_NoteOf]:
        """Put the literals where they are looked for; the notes on them."""
        places = {literal: prefixes.add(literal, role) for literal, role in self.roles.items()}
        names, splits = self._literals.names, self._literals.splits
        for number, needs in self._guarded.items():
            for need in needs:
                yield places[names[number]], Note.NEEDS, self._numbers[need]
        for word, bits in self._company.items():
            yield places[word], Note.OFFERS, bits
        for number, whole in splits.items():
            yield places[names[number]], Note.MAKES, self.kinds[ord(whole)] & _CODE
        for pair, following in self.endings.notes.items():
            yield places[pair], Note.FOLLOWS, following
        refs: dict[int, list[PatternRef]] = {}
        for number, found in self._refs.items():
            refs.setdefault(places[names[number]], []).extend(found)
        for place, gathered in refs.items():
            yield place, Note.ASKS, asking.asked(gathered)

    def excuses(self, prefixes: "glance.Prefixes") -> Iterator[_ExcuseOf]:
        """Put the phrases where they are looked for; which of them excuses which word."""
        phrases = {text: prefixes.add(text, Role.PHRASE) for text in self.phrases}
        for number, found in self._excuses.items():
            word = prefixes.add(self._literals.names[number], Role.EXCUSED)
            for text, offset in found:
                if word and phrases[text]:
                    yield Token.EXCUSES, (word, phrases[text], offset), "", ()

    def _role(self, number: int, name: str) -> int:
        """What a literal is, keywords aside; 0 for those that characters tell by themselves."""
        bounds = self._literals.bounds
        role = Role.SPLIT if number in self._literals.splits else 0
        if number in self._literals.marks:
            self.kinds[ord(name)] |= Kind.GAP
        if number < bounds.wording:
            return role | self._word(number)
        if bounds.telling <= number < bounds.spacing:
            return role | (Role.CALLING if len(name) > 1 else 0)
        if bounds.spacing <= number < bounds.doubling:
            return role | Role.DOUBLED
        if number < bounds.splitting:
            return role
        if number in self._literals.apart:
            return role | Role.APART
        return role | (Role.ALIKE if name in self.endings.notes else Role.CALLING)

    def _word(self, number: int) -> int:
        forms = self._literals.forms[number]
        words = [form.entry.word for form in forms]
        boundaries = {word.boundary for word in words}
        patient = any(word.separators is Separators.ANY for word in words)
        role = 0 if patient else Role.CLOSE
        if boundaries == {Boundary.ANYWHERE} and all(Layer.PINYIN in one.layers for one in forms):
            role |= Role.ABRIDGED
        twofold = any(map(is_harmless, forms))
        if twofold:
            role |= Role.TWOFOLD
        if number in self._guarded:
            return role | Role.GUARDED | (Role.WORD | Role.HARMLESS if twofold else 0)
        role |= Role.WORD
        if boundaries == {Boundary.WHOLE}:
            return role | Role.WHOLE
        return role if Boundary.ANYWHERE in boundaries else role | Role.PREFIX

    def _flag(self, letters: Iterable[str], kind: int) -> None:
        for letter in letters:
            if ord(letter) < CODES:
                self.kinds[ord(letter)] |= kind

    def _mark_characters(self) -> None:
        """Mark the single literals, and whatever is read as a character that is marked."""
        parting = self._literals.parting
        self._flag(parting.marks, Kind.STOP)
        self._flag(parting.inner, Kind.INNER)
        self._flag(parting.patient, Kind.PATIENT)
        self._flag((literal for literal in self.roles if len(literal) == 1), Kind.SOLO)
        marked = int(Kind.SOLO | Kind.GAP | Kind.STOP | Kind.INNER | Kind.PATIENT)
        kinds = self.kinds
        self.kinds = array("I", (kind | kinds[kind & _CODE] & marked for kind in kinds))


def _excuses(literals: Literals) -> dict[int, set[tuple[str, int]]]:
    """The phrases that excuse a word in every rule that has it, and where in them it stands."""
    found: dict[int, set[tuple[str, int]]] = {}
    for number, group in enumerate(literals.forms):
        phrases = [
            {(one.text, one.offset) for one in form.phrases if one.offset <= _LONGEST_PHRASE}
            for form in group
            if not is_harmless(form)
        ]
        if phrases and (shared := set.intersection(*phrases)):
            found[number] = shared
    return found


class _Endings:
    """How words in characters that sound or look alike go on after their first two.

    Sets of characters are named by some that no text means anything by.
    """

    def __init__(self, soundalikes: Soundalikes, kinds: "array[int]") -> None:
        self.sets: list[str] = []  # each with its name before what is in it
        self._named: dict[frozenset[str], int] = {}
        self._known: dict[int, int] = {}
        self._table = array("H")
        self._written: dict[tuple[tuple[int, ...], ...], int] = {}
        self.notes: dict[str, int] = {}
        alike: dict[tuple[int, ...], list[str]] = {}  # those that are read as one
        for pair in soundalikes.pairs:
            if max(map(ord, pair)) < CODES:  # texts with the others call
                alike.setdefault(tuple(kinds[ord(one)] & _CODE for one in pair), []).append(pair)
        for pairs in alike.values():
            endings = {
                tuple(map(self._name, ending))
                for pair in pairs
                for ending in soundalikes.endings(pair)
            }
            self.notes |= dict.fromkeys(pairs, self._put(tuple(sorted(endings))))

    def table(self) -> bytes:
        return self._table.tobytes()

    def _name(self, found: Iterable[str]) -> int:
        if id(found) not in self._known:
            characters = frozenset(found)
            if characters not in self._named:
                self._named[characters] = _PRIVATE.start + len(self._named) % len(_PRIVATE)
                self.sets += (chr(self._named[characters]) + one for one in characters)
            self._known[id(found)] = self._named[characters]
        return self._known[id(found)]

    def _put(self, endings: tuple[tuple[int, ...], ...]) -> int:
        """Where the endings stand and, in the lowest 16 bits, how many they are."""
        if endings not in self._written:
            self._written[endings] = len(self._table) << 16 | len(endings)
            for ending in endings:
                self._table.extend((len(ending), *ending))
        return self._written[endings]


def _numbers(guarded: Mapping[int, Iterable[Neighbours]]) -> dict[Neighbours, int]:
    """A bit for each company that words need; from the 65th on they share."""
    distinct = dict.fromkeys(chain.from_iterable(guarded.values()))
    return {need: 1 << number % _MOST_COMPANIES for number, need in enumerate(distinct)}


def _company(numbers: Mapping[Neighbours, int]) -> dict[str, int]:
    """The words that must be somewhere in the text, of each company those of one group."""
    found: dict[str, int] = {}
    for need, bit in numbers.items():
        for word in min(need.groups, key=len):
            found[word] = found.get(word, 0) | bit
    return found


def _syllables(pinyin: Pinyin) -> bytes:
    """For each beginning of a syllable its sign, if it is whole, and where a-z lead to."""
    numbers = {"": 0}
    rows = [[0] * _BRANCHES]
    for syllable in sorted(pinyin.typed):
        for end in range(1, len(syllable) + 1):
            beginning = syllable[:end]
            if beginning not in numbers:
                numbers[beginning] = len(rows)
                rows[numbers[beginning[:-1]]][ord(beginning[-1]) - ord("a") + 1] = len(rows)
                rows.append([0] * _BRANCHES)
        rows[numbers[syllable]][0] = ord(pinyin.signs[syllable])
    return array("H", chain.from_iterable(rows)).tobytes()


def _tokens(latin: LatinTokens) -> Iterator[tuple[int, int | str, str, Collection[str]]]:
    """What tokens may be, the length of those that are starred, their letters, their words."""
    for before, after in latin.following:
        yield Token.NEXT, before, after, ()
    for name, found in latin.sought.items():
        kind = Token[name.upper()]
        for token, words in found.items():
            starred = kind is Token.STARRED
            yield kind, int(token[:-1]) if starred else 0, token[-1] if starred else token, words


def _sign(pinyin: Pinyin, character: str) -> int:
    sign = pinyin.sign(character)
    return 0 if sign == character else ord(sign)


def _leet() -> bytes:
    """What each character is in the key of a token in leet, and the two letters that it means.

    0 for what leaves no trace there, and where it means no other letter.
    """
    found = bytearray()
    for sign in map(chr, range(max(map(ord, MEANINGS)) + 1)):
        one = key(sign)
        found.append(ord(one) if one.isalnum() and one.isascii() else 0)
        found += MEANINGS.get(sign, "").ljust(2, "\0").encode("ascii")
    return bytes(found)


@cache
def _kinds() -> bytes:
    """The kinds of characters that do not depend on rules; a constant."""
    table = characters()
    gaps, triggers = frozenset(separators(table)), table.triggers
    found = [_kind(code, table, triggers, gaps) for code in range(CODES)]
    for code, kind in enumerate(found):
        if found[kind & _CODE] & _CODE != kind & _CODE:  # not what it stands for itself
            found[code] |= Kind.SPECIAL
    return array("I", found).tobytes()


def _kind(code: int, table: Characters, triggers: frozenset[str], gaps: frozenset[str]) -> int:
    character = chr(code)
    plain, kind = character.lower(), 0
    if code in table.folds:
        plain, kind = _folded(character, plain, table)
    elif plain in triggers:
        kind = Kind.LOOKALIKE if plain in LOOKALIKES else Kind.SPECIAL
    elif character in table.disguised:
        kind = Kind.FOLDED
    if len(plain) != 1 or code in (0, _FINAL_SIGMA) or 0xD800 <= code < 0xE000:
        return Kind.SPECIAL
    if character.lower() in UMLAUTS:
        return Kind.SPECIAL
    if ord(plain) >= CODES:
        return Kind.SPECIAL
    return ord(plain) | kind | _class(plain, gaps) | (Kind.VISIBLE if longest_run(character) else 0)


def _folded(character: str, lower: str, table: Characters) -> tuple[str, int]:
    plain = table.folds[ord(character)].lower()
    if character in table.unseen and lower in table.unseen:
        return character, Kind.UNSEEN
    if len(plain) == 1 and plain not in LOOKALIKES:
        return plain, Kind.FOLDED
    return character, Kind.SPECIAL


def _class(character: str, gaps: frozenset[str]) -> int:
    kind = Kind.ALNUM if character.isalnum() else 0
    if character in gaps:
        kind |= Kind.GAP
    if is_sign(character):
        kind |= Kind.SIGN
        if character.isalnum():
            kind |= Kind.DIGIT if character.isdigit() else Kind.LATIN
    return kind
