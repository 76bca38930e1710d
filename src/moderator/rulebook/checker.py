"""Whether the rules do what their examples say."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from moderator.domain.finding import Hit
from moderator.domain.rule import Rule
from moderator.matching.masking import excerpt
from moderator.matching.screening import Screen
from moderator.policy.weighing import ladder_for
from moderator.rulebook.faults import Fault
from moderator.rulebook.packs import PackedRule, Sample
from moderator.rulebook.reading import POLICY_FILE, Reading, read_directory
from moderator.rulebook.regressions import Regression, read_regressions
from moderator.rulebook.samples import UnknownPlaceholder, expand


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check looked at and every fault it found, by file and line."""

    rules: int
    enabled: int
    samples: int
    regressions: int
    faults: tuple[Fault, ...]


def check_rules(directory: Path) -> Report:
    """Check all rule files of a directory, and prove every rule by its examples."""
    reading = read_directory(directory)
    regressions, faults = read_regressions(directory)
    found = {
        *reading.faults,
        *faults,
        *_without_consequence(reading),
        *_sample_faults(reading),
        *_false_alarms(reading, regressions),
    }
    return Report(
        rules=len(reading.rules),
        enabled=sum(packed.rule.enabled for packed in reading.rules),
        samples=sum(
            len(packed.examples) + len(packed.counter_examples) for packed in reading.rules
        ),
        regressions=len(regressions),
        faults=tuple(sorted(found)),
    )


def _without_consequence(reading: Reading) -> Iterator[Fault]:
    if reading.policy is None:
        return
    for packed in reading.rules:
        rule = packed.rule
        if ladder_for(reading.policy.policy, rule.category, rule.severity) is None:
            message = f"no ladder of {POLICY_FILE} fits {rule.category}, {rule.severity.label}"
            yield Fault(packed.file, packed.line, f"{message}: nothing would follow", rule.id)


def _sample_faults(reading: Reading) -> Iterator[Fault]:
    screen = _screen(replace(packed.rule, enabled=True) for packed in reading.rules)
    for packed in reading.rules:
        for sample in packed.examples:
            yield from _missed(packed, sample, screen)
        for sample in packed.counter_examples:
            yield from _mistaken(packed, sample, screen)


def _missed(packed: PackedRule, sample: Sample, screen: Screen) -> Iterator[Fault]:
    text = yield from _expanded(packed, sample)
    if text is None or _own(packed.rule, screen.screen(text)):
        return
    # Where a more telling rule takes the same place, the example must still hit the rule alone.
    hits = _screen([replace(packed.rule, enabled=True)]).screen(text)
    if not _own(packed.rule, hits):
        yield _fault(packed, sample, f"the example does not hit: {sample.text}")


def _mistaken(packed: PackedRule, sample: Sample, screen: Screen) -> Iterator[Fault]:
    text = yield from _expanded(packed, sample)
    hits = _own(packed.rule, screen.screen(text)) if text is not None else ()
    for hit in hits:
        message = f"the counter-example hits at {hit.start}-{hit.end}: {sample.text}"
        yield _fault(packed, sample, message)


def _false_alarms(reading: Reading, regressions: Iterable[Regression]) -> Iterator[Fault]:
    screen = _screen(packed.rule for packed in reading.rules)
    known = {packed.rule.id for packed in reading.rules}
    for regression in regressions:
        for rule in regression.rules - known:
            yield Fault(regression.file, regression.line, "there is no such rule", rule)
        for hit in screen.screen(regression.text):
            if not regression.rules or hit.rule in regression.rules:
                message = f"must not hit, but does: {excerpt(regression.text, hit)}"
                yield Fault(regression.file, regression.line, message, hit.rule)


def _expanded(packed: PackedRule, sample: Sample) -> Generator[Fault, None, str | None]:
    try:
        return expand(sample.text, seed=packed.rule.id) if packed.rule.masked else sample.text
    except UnknownPlaceholder as error:
        yield _fault(packed, sample, str(error))
        return None


def _own(rule: Rule, hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple(hit for hit in hits if hit.rule == rule.id)


def _screen(rules: Iterable[Rule]) -> Screen:
    return Screen([rule for rule in rules if rule.enabled])


def _fault(packed: PackedRule, sample: Sample, message: str) -> Fault:
    return Fault(packed.file, sample.line, message, packed.rule.id)
