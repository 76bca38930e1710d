"""What is only seen across messages: floods, and secrets sent in pieces."""

from collections.abc import Sequence
from dataclasses import replace

from moderator.domain.finding import Hit
from moderator.domain.message import Message
from moderator.matching.flooding import Flooding
from moderator.matching.joining import WINDOW, joined, may_complete
from moderator.matching.recollection import Recollection, Said, Talk
from moderator.matching.screening import Screen


class Conversation:
    """Listens to all messages of one process, in the order in which they come.

    It keeps texts in memory, for as long as a rule looks back, and gives none of them away but to
    the other processes of its machine.
    """

    def __init__(self, recollection: Recollection | None = None) -> None:
        self._recollection = Recollection() if recollection is None else recollection

    def hits(
        self, message: Message, alone: Sequence[Hit], *, screen: Screen, flooding: Flooding
    ) -> list[Hit]:
        """The hits that `message` has only together with what its sender said before it.

        `alone` are its other hits.  The same message, delivered again, has the same hits and
        counts once.
        """
        talk, said = self._recollection.hear(message, within=max(WINDOW, flooding.window))
        if len(talk.said) == 1:
            return []
        if floods := flooding.hits(talk, said, message.fields[0]):
            self._recollection.tell(talk, [hit.rule for hit in floods])
        return [*floods, *_joined(talk, said, message, alone, screen)]


def _joined(
    talk: Talk, said: Said, message: Message, alone: Sequence[Hit], screen: Screen
) -> list[Hit]:
    fields = [field for field in message.fields if may_complete(field.text)]
    previous = talk.before(said, within=WINDOW) if fields else ()
    if not previous:
        return []
    return [
        replace(hit, field=field.name)
        for field in fields
        for hit in joined(
            previous,
            field.text,
            [hit for hit in alone if hit.field == field.name],
            screen.screen,
        )
    ]
