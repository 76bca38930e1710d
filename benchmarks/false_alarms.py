"""How often ordinary messages are taken for something else."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from families import harmless as placeholders
from moderator.domain.finding import Hit
from moderator.matching.screening import Screen
from moderator.rehearsal.chat import clean
from moderator.rulebook.regressions import read_regressions
from phrasings import FILES
from phrasings import harmless as phrased_harmless
from prose import harmless
from report import table

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "clean_comments.jsonl"
JUDGED = Path(__file__).with_name("judged.yaml")
COMMENTS = "comments"
HELD_OUT = "phrasings, held out"  # whose texts nobody is to read
_CHAT_MESSAGES = 4000
_HARMLESS_TURNS = 20


@dataclass(frozen=True, slots=True)
class Alarm:
    """A hit on a text that was thought clean; `deserved` says that somebody read it and agrees."""

    source: str
    number: int
    text: str
    hit: Hit
    deserved: str

    @property
    def verdict(self) -> str:
        return f"deserved: {self.deserved}" if self.deserved else "FALSE"

    @property
    def quotation(self) -> str:
        return self.text[self.hit.start : self.hit.end]


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """The messages of each source and every hit on them."""

    messages: Mapping[str, int]
    alarms: tuple[Alarm, ...]

    def of(self, source: str) -> int:
        """How many messages of the source were hit without deserving it."""
        return len(_messages(alarm for alarm in self._in(source) if not alarm.deserved))

    def per_10_000(self, source: str) -> float:
        return 10_000 * self.of(source) / max(1, self.messages[source])

    def table(self) -> str:
        rows = [
            (
                source,
                count,
                len(_messages(self._in(source))),
                self.of(source),
                self.per_10_000(source),
            )
            for source, count in self.messages.items()
        ]
        return table(("source", "messages", "hit", "of these false", "false per 10,000"), rows)

    def by_layer(self) -> Counter[str]:
        """Hits for each layer without which they would not be."""
        return Counter(
            layer for alarm in self.alarms for layer in map(str, alarm.hit.layers or ("none",))
        )

    def _row(self, source: str) -> tuple[str, int, int, int, float]:
        hit = len(_messages(self._in(source)))
        return source, self.messages[source], hit, self.of(source), self.per_10_000(source)

    def _in(self, source: str) -> list[Alarm]:
        return [alarm for alarm in self.alarms if alarm.source == source]


def _messages(alarms: Iterable[Alarm]) -> set[int]:
    return {alarm.number for alarm in alarms}


def false_alarms(screen: Screen, rules: Path) -> FalseAlarms:
    """Screen the comments where they are present, generated chat, regressions and office talk."""
    judged = _judged()
    messages: Counter[str] = Counter()
    alarms: list[Alarm] = []
    for source, number, text in _texts(rules):
        messages[source] += 1
        for hit in screen.screen(text):
            deserved = judged.get((source, number, hit.rule), "")
            alarms.append(Alarm(source, number, text, hit, deserved))
    return FalseAlarms(messages, tuple(alarms))


def _texts(rules: Path) -> Iterator[tuple[str, int, str]]:
    if CORPUS.exists():
        for line in CORPUS.read_text("utf-8").splitlines():
            comment = json.loads(line)
            yield COMMENTS, comment["id"], comment["text"]
    chance = random.Random(20_261_122)
    for number in range(_CHAT_MESSAGES):
        yield "generated chat", number, clean(chance).text
    for number, regression in enumerate(read_regressions(rules)[0]):
        yield "regression texts", number, regression.text
    for number, text in enumerate(harmless(_HARMLESS_TURNS)):
        yield "technical office talk", number, text
    for number, (_, text) in enumerate(placeholders()):
        yield "placeholders", number, text
    for part in FILES:
        for number, (_, text) in enumerate(phrased_harmless(part)):
            yield f"phrasings, {part}", number, text


def _judged() -> Mapping[tuple[str, int, str], str]:
    """The comments that were read and deserve their hit, and why."""
    entries = yaml.safe_load(JUDGED.read_text("utf-8"))
    return {(COMMENTS, entry["id"], entry["rule"]): entry["why"] for entry in entries}
