"""What each sender said lately, in bounded memory and nowhere else."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from moderator.domain.message import Message
from moderator.matching.gist import SPAN, Gist
from moderator.matching.overhearing import Overheard, Remark

DEPTH = 64  # messages of one sender in one chat
_WHOLE = 2  # of these so many, the last ones, are kept in full
_FULL = 4096  # characters; WeCom's own messages end at 2,048 bytes

Speaker = tuple[str, str, str]


@dataclass(slots=True, eq=False)
class Said:
    """One message: its key, when it was sent (Unix seconds), the end of its text."""

    key: str
    at: float
    text: str
    gist: Gist | None = None


@dataclass(frozen=True, slots=True)
class Flood:
    """A limit exceeded: by which message, when, and what is told of it."""

    key: str
    at: float
    note: str


@dataclass(slots=True, eq=False)
class Talk:
    """What one sender said in one chat, in the order of arrival, and the floods in it by rule.

    `heard`: how far what other processes heard of it is known here.
    """

    speaker: Speaker
    said: list[Said] = field(default_factory=list)
    floods: dict[str, Flood] = field(default_factory=dict)
    heard: Sequence[int] = ()

    def before(self, said: Said, *, within: float) -> list[str]:
        """The texts of the last messages that came before `said`, oldest first."""
        place = self.said.index(said)
        near = self.said[max(0, place - _WHOLE) : place]
        return [one.text for one in near if said.at - one.at <= within]


class Recollection:
    """The talk of all senders: at most `most` messages, the longest silent sender is forgotten.

    What is older than `within` is forgotten when anybody says something.
    """

    def __init__(self, *, most: int = 50_000, overheard: Overheard | None = None) -> None:
        """`overheard` is what other processes of this machine hear."""
        self._most = most
        self._overheard = overheard
        self._held = 0
        self._looked = 0.0  # when the silent ones were looked for; once a second is enough
        self._talks: OrderedDict[Speaker, Talk] = OrderedDict()

    def __len__(self) -> int:
        return self._held

    def hear(self, message: Message, *, within: float) -> tuple[Talk, Said]:
        """Add a message to its sender's talk; one that was heard before is found there again."""
        # An app's callback names no chat: what is written to it is a chat with the app.
        speaker = (message.corp, message.chat or message.app, message.sender)
        at = message.sent_at.timestamp()
        talk = self._talks.get(speaker)
        if talk is None:
            talk = self._talks[speaker] = Talk(speaker)
        else:
            self._talks.move_to_end(speaker)
        if self._overheard is not None:
            self._listen(talk, self._overheard, at - within)
        for said in talk.said:
            if said.key == message.key:
                return talk, said
        self._shorten(talk, at - within)
        said = Said(message.key, at, _text(message))
        talk.said.append(said)
        self._held += 1
        if self._overheard is not None:
            self._overheard.tell(speaker, Remark(said.key, at, said.text))
        if self._held > self._most or not -1 < at - self._looked < 1:
            self._looked = at
            self._forget(at - within)
        return talk, said

    def tell(self, talk: Talk, floods: Iterable[str]) -> None:
        """Let other processes know of floods, by their rules: the next one there is no new one."""
        if self._overheard is not None:
            for rule in floods:
                flood = talk.floods[rule]
                self._overheard.tell(talk.speaker, Remark(flood.key, flood.at, flood.note, rule))

    def _listen(self, talk: Talk, overheard: Overheard, since: float) -> None:
        remarks, talk.heard = overheard.hear(talk.speaker, talk.heard, since=since)
        if not remarks:
            return
        known = {said.key for said in talk.said}
        for remark in remarks:
            if remark.rule:
                flood = talk.floods.get(remark.rule)
                if flood is None or flood.at < remark.at:
                    talk.floods[remark.rule] = Flood(remark.key, remark.at, remark.text)
            elif remark.key not in known:
                insort(talk.said, Said(remark.key, remark.at, remark.text), key=attrgetter("at"))
                self._held += 1
        for said in talk.said[:-_WHOLE]:
            said.text = said.text[-SPAN:]

    def _shorten(self, talk: Talk, before: float) -> None:
        said = talk.said
        while said and (said[0].at < before or len(said) >= DEPTH):
            del said[0]
            self._held -= 1
        if len(said) > _WHOLE:
            said[-_WHOLE - 1].text = said[-_WHOLE - 1].text[-SPAN:]

    def _forget(self, before: float) -> None:
        while self._talks:
            speaker, talk = next(iter(self._talks.items()))
            if talk.said[-1].at >= before and self._held <= self._most:
                return
            self._held -= len(talk.said)
            del self._talks[speaker]


def _text(message: Message) -> str:
    fields = message.fields
    text = fields[0].text if len(fields) == 1 else "\n".join(field.text for field in fields)
    return text[-_FULL:]
