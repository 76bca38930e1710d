"""Too much: the same text again and again, or more messages than anybody reads."""

from collections.abc import Iterable, Iterator

from moderator.domain.finding import Hit
from moderator.domain.message import TextField
from moderator.domain.rule import Behaviour, Rule
from moderator.matching.gist import Gist
from moderator.matching.recollection import DEPTH, Flood, Said, Talk

PATIENCE = 3  # times the limit: what short replies (好的, 收到, 1, 👍) may be repeated
MOST_MESSAGES = DEPTH - 1
MOST_REPEATS = MOST_MESSAGES // PATIENCE


class Flooding:
    """The rules about behaviour.  Immutable; `window` is the longest time that any looks back."""

    __slots__ = ("_least", "_rules", "window")

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(
            (rule, rule.behaviour) for rule in rules if rule.enabled and rule.behaviour is not None
        )
        limits = [limit.messages or limit.repeats for _, limit in self._rules]
        self._least = min(limits, default=DEPTH)
        self.window = max((limit.within for _, limit in self._rules), default=0.0)

    def hits(self, talk: Talk, said: Said, where: TextField) -> list[Hit]:
        """The limits that `said` is the first to exceed; again the same if it is asked again.

        A flood is one hit: the next comes when it goes on for another `within`.
        """
        if len(talk.said) <= self._least:
            return []
        return [
            _hit(rule, flood.note, where)
            for rule, limit in self._rules
            if (flood := _flood(rule, limit, talk, said)) is not None
        ]


def _flood(rule: Rule, limit: Behaviour, talk: Talk, said: Said) -> Flood | None:
    last = talk.floods.get(rule.id)
    if last is not None and last.key == said.key:
        return last
    if last is not None and said.at - last.at < limit.within:
        return None
    note = _excess(limit, talk, said)
    if not note:
        return None
    flood = talk.floods[rule.id] = Flood(said.key, said.at, note)
    return flood


def _excess(limit: Behaviour, talk: Talk, said: Said) -> str:
    """What exceeds the limit, in words; empty where nothing does."""
    most = limit.messages or limit.repeats
    if len(talk.said) <= most or said.at - talk.said[-most - 1].at > limit.within:
        return ""
    times = [one.at for one in _counted(limit, talk, said)]
    if limit.repeats and len(times) > most and _gist(said).short:
        most *= PATIENCE
    if len(times) <= most:
        return ""
    what = "messages" if limit.messages else "times the same text"
    return f"{len(times)} {what} within {round(max(times) - min(times))} s"


def _counted(limit: Behaviour, talk: Talk, said: Said) -> Iterator[Said]:
    near = (one for one in talk.said if 0 <= said.at - one.at <= limit.within)
    if limit.messages:
        return near
    gist = _gist(said)
    return (one for one in near if gist.resembles(_gist(one)))


def _gist(said: Said) -> Gist:
    if said.gist is None:
        said.gist = Gist.of(said.text)
    return said.gist


def _hit(rule: Rule, note: str, where: TextField) -> Hit:
    return Hit(
        rule=rule.id,
        version=rule.version,
        category=rule.category,
        severity=rule.severity,
        start=0,
        end=len(where.text),
        masked=rule.masked,
        notes=(note,),
        field=where.name,
    )
