"""What a policy file says that cannot be meant, though each entry is well formed."""

from collections.abc import Collection, Iterable, Iterator

from moderator.policy.planning import UNAPPROVED
from moderator.rulebook.policy_format import (
    DAYS,
    ActionEntry,
    ConversionEntry,
    ExemptionEntry,
    LadderEntry,
    PolicyFile,
    RungEntry,
)

Complaint = tuple[tuple[int | str, ...], str]


def contradictions(entry: PolicyFile) -> Iterator[Complaint]:
    """Every one, with the path of what it is about."""
    for name in ("documents", "clauses", "units", "conversions", "exemptions", "ladders"):
        yield from _twice((name,), "id", [each.id for each in getattr(entry, name)])
    yield from _twice(("offsets",), "merit", [offset.merit for offset in entry.offsets])
    yield from _documents(entry)
    yield from _approvals(entry)
    yield from _units(entry)
    yield from _endless_quiet(entry)
    clauses = {clause.id for clause in entry.clauses}
    units = {unit.id for unit in entry.units}
    for index, ladder in enumerate(entry.ladders):
        yield from _below(("ladders", index), _of_ladder(ladder, clauses, units))
    for index, exemption in enumerate(entry.exemptions):
        yield from _below(("exemptions", index), _of_exemption(exemption))
    yield from _shadowed(entry.ladders)


def _below(path: tuple[int | str, ...], found: Iterable[Complaint]) -> Iterator[Complaint]:
    for location, message in found:
        yield (*path, *location), message


def _twice(path: tuple[int | str, ...], key: str, ids: Iterable[str]) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, id_ in enumerate(ids):
        if id_ in seen:
            yield (*path, index, key), f"the {key} `{id_}` stands twice"
        seen.add(id_)


def _documents(entry: PolicyFile) -> Iterator[Complaint]:
    documents = {document.id for document in entry.documents}
    for index, clause in enumerate(entry.clauses):
        if clause.document not in documents:
            yield ("clauses", index, "document"), f"there is no document `{clause.document}`"


def _approvals(entry: PolicyFile) -> Iterator[Complaint]:
    for kind in sorted(UNAPPROVED):
        if entry.approval.get(kind):
            yield ("approval", kind.value), "cannot wait: it tells those who would agree"


def _units(entry: PolicyFile) -> Iterator[Complaint]:
    units = {unit.id for unit in entry.units}
    clauses = {clause.id for clause in entry.clauses}
    for index, offset in enumerate(entry.offsets):
        if offset.of not in units:
            yield ("offsets", index, "of"), f"there is no unit `{offset.of}`"
    for index, conversion in enumerate(entry.conversions):
        known = _of_conversion(conversion, entry.conversions[:index], units, clauses)
        yield from _below(("conversions", index), known)


def _of_conversion(
    conversion: ConversionEntry,
    earlier: Collection[ConversionEntry],
    units: Collection[str],
    clauses: Collection[str],
) -> Iterator[Complaint]:
    for key, unit in (("of", conversion.of), ("into", conversion.into)):
        if unit is not None and unit not in units:
            yield (key,), f"there is no unit `{unit}`"
    if conversion.into is None and not conversion.actions:
        yield (), "leads to nothing: name a unit (`into`) or `actions`"
    into = [each for each in earlier if each.into]
    if conversion.into and any(each.of == conversion.of for each in into):
        yield ("of",), f"never applies: `{conversion.of}` is converted already"
    elif conversion.into and conversion.of in _reachable(conversion.into, into):
        yield ("into",), f"goes round in a circle back to `{conversion.of}`"
    yield from _actions(conversion.actions)
    yield from _unknown("clauses", conversion.clauses, clauses)


def _reachable(unit: str, conversions: Collection[ConversionEntry]) -> set[str]:
    found, edge = {unit}, {unit}
    while edge:
        edge = {each.into for each in conversions if each.of in edge and each.into} - found
        found |= edge
    return found


def _endless_quiet(entry: PolicyFile) -> Iterator[Complaint]:
    hours = entry.quiet_hours.hours if entry.quiet_hours else None
    if hours and hours.start == hours.end and len(hours.days or DAYS) == len(DAYS):
        yield ("quiet_hours", "hours"), "never ends"


def _of_ladder(
    ladder: LadderEntry, clauses: Collection[str], units: Collection[str]
) -> Iterator[Complaint]:
    previous = 0
    for index, rung in enumerate(ladder.rungs):
        if rung.at <= previous:
            message = f"rungs must rise: {rung.at} stands after {previous}"
            yield ("rungs", index, "at"), message
        previous = rung.at
        yield from _below(("rungs", index), _of_rung(rung, clauses, units))


def _of_rung(
    rung: RungEntry, clauses: Collection[str], units: Collection[str]
) -> Iterator[Complaint]:
    yield from _actions(rung.actions)
    yield from _unknown("clauses", rung.clauses, clauses)
    for unit in rung.units:
        if unit not in units:
            yield ("units", unit), f"there is no unit `{unit}`"


def _actions(actions: list[ActionEntry]) -> Iterator[Complaint]:
    if len({(action.do, action.detail) for action in actions}) != len(actions):
        yield ("actions",), "names an action twice"
    for index, action in enumerate(actions):
        if action.do == "propose_to_hr" and not action.detail:
            yield ("actions", index), "must say in `detail` what is proposed to HR"
        if action.approval and action.do in UNAPPROVED:
            yield ("actions", index, "approval"), "cannot wait: it tells those who would agree"


def _unknown(key: str, named: Iterable[str], clauses: Collection[str]) -> Iterator[Complaint]:
    for position, clause in enumerate(named):
        if clause not in clauses:
            yield (key, position), f"there is no clause `{clause}`"


def _of_exemption(exemption: ExemptionEntry) -> Iterator[Complaint]:
    narrowed = (
        *(exemption.people, exemption.departments, exemption.chats),
        *(exemption.rules, exemption.categories, exemption.hours),
    )
    if not any(narrowed):
        yield (), "exempts everybody from everything; `record_only` says that"
    if exemption.since and exemption.since > exemption.until:
        yield ("until",), "ends before it begins"


def _shadowed(ladders: list[LadderEntry]) -> Iterator[Complaint]:
    for index, later in enumerate(ladders):
        for earlier in ladders[:index]:
            if _covers(earlier.categories, later.categories) and _covers(
                earlier.severities, later.severities
            ):
                yield ("ladders", index), f"never applies: ladder `{earlier.id}` fits all of it"
                break


def _covers(earlier: Iterable[str], later: Iterable[str]) -> bool:
    wide, narrow = set(earlier), set(later)
    return not wide or (bool(narrow) and narrow <= wide)
