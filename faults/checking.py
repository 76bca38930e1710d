"""What must hold whatever happened: pure arithmetic over what was sent, kept and shown."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SETTLED = frozenset({"accepted", "complied", "undone"})
WAITING = frozenset({"queued", "approved", "sending"})
SHOWN_BY = {"warn_sender": "/message/send", "notify_compliance": "/appchat/send"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message; `answered` is whether WeCom had a 200 for any of its deliveries."""

    msgid: str
    sender: str
    breaks_a_rule: bool
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A row of the ledger."""

    id: int
    msgid: str
    sender: str
    offence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A row of the ledger; `history` is (state, whether WeCom may have done it unheard)."""

    id: int
    violation: int
    kind: str
    state: str
    history: tuple[tuple[str, bool], ...]

    @property
    def unheard(self) -> int:
        """Tries after which nobody knows whether WeCom carried them out."""
        return sum(unheard for _, unheard in self.history)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message that the stand-in carried out, in order; `reached` is false where it dropped it."""

    path: str
    violation: int
    reached: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is compared; `spooled` and `failed` are rows that still wait."""

    sent: Sequence[Sent]
    violations: Sequence[Violation]
    actions: Sequence[Action]
    shown: Sequence[Shown]
    spooled: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What does not hold, in sentences, and what was counted."""

    faults: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.faults


def check(evidence: Evidence) -> Verdict:
    """Compare the three sides; the counts tell how much there was to compare."""
    faults = (
        *_recorded_once(evidence),
        *_in_order(evidence.violations),
        *_nothing_waits(evidence),
        *_histories(evidence.actions),
        *_shown_once(evidence),
        *_shown_in_order(evidence),
    )
    return Verdict(faults, _counts(evidence))


def _counts(evidence: Evidence) -> dict[str, int]:
    answered = sum(sent.answered for sent in evidence.sent)
    return {
        "sent": len(evidence.sent),
        "answered": answered,
        "unanswered": len(evidence.sent) - answered,
        "violations": len(evidence.violations),
        "actions": len(evidence.actions),
        "shown": sum(shown.reached for shown in evidence.shown),
        "shown twice in the window": sum(_surplus(evidence).values()),
    }


def _recorded_once(evidence: Evidence) -> Iterator[str]:
    records = Counter((one.msgid, one.sender) for one in evidence.violations)
    sent = {(one.msgid, one.sender): one for one in evidence.sent}
    for key, one in sent.items():
        if one.breaks_a_rule and one.answered and not records[key]:
            yield f"message {one.msgid} was answered 200 and is lost"
    for key, times in records.items():
        if times > 1:
            yield f"message {key[0]} is recorded {times} times"
        if key not in sent:
            yield f"message {key[0]} is recorded and was never sent"
        elif not sent[key].breaks_a_rule:
            yield f"message {key[0]} is recorded and breaks no rule"


def _in_order(violations: Sequence[Violation]) -> Iterator[str]:
    offences = defaultdict(list)
    for one in sorted(violations, key=lambda one: one.id):
        offences[one.sender].append(one.offence)
    for sender, numbers in offences.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"the offences of {sender} are numbered {numbers}"


def _nothing_waits(evidence: Evidence) -> Iterator[str]:
    if evidence.spooled:
        yield f"{evidence.spooled} rows are left in the spool"
    if evidence.failed:
        yield f"{evidence.failed} callbacks are kept as failed"
    known = {one.id for one in evidence.violations}
    for action in evidence.actions:
        if action.state in WAITING or action.state == "failed":
            yield f"action {action.id} ({action.kind}) ends as {action.state}"
        if action.violation not in known:
            yield f"action {action.id} belongs to no violation"
    kinds = Counter((action.violation, action.kind) for action in evidence.actions)
    for one in evidence.violations:
        for kind in SHOWN_BY:
            if kinds[one.id, kind] != 1:
                yield f"violation {one.id} has {kinds[one.id, kind]} actions {kind}"


def _histories(actions: Sequence[Action]) -> Iterator[str]:
    for action in actions:
        states = [state for state, _ in action.history]
        if states.count("accepted") > 1:
            yield f"action {action.id} was accepted {states.count('accepted')} times"
        if action.state in SETTLED and (not states or states[-1] != action.state):
            yield f"action {action.id} is {action.state}, its history ends in {states[-1:]}"


def _shown_once(evidence: Evidence) -> Iterator[str]:
    times = Counter((one.path, one.violation) for one in evidence.shown if one.reached)
    told = {(SHOWN_BY[one.kind], one.violation): one for one in _telling(evidence.actions)}
    for key, number in times.items():
        if key not in told:
            yield f"{key[0]} was called for violation {key[1]}, which calls for nothing there"
        elif number > 1 + told[key].unheard:
            yield f"action {told[key].id} ({told[key].kind}) was shown {number} times"
    for key, action in told.items():
        if action.state in SETTLED and not times[key]:
            yield f"action {action.id} ({action.kind}) is {action.state} and was never shown"
    for one in evidence.shown:
        if not one.reached and one.reason != "duplicate":
            yield f"WeCom dropped a message about violation {one.violation}: {one.reason}"


def _shown_in_order(evidence: Evidence) -> Iterator[str]:
    senders = {one.id: one.sender for one in evidence.violations}
    warned = defaultdict(list)
    for one in evidence.shown:
        if one.path == SHOWN_BY["warn_sender"] and one.reached and one.violation in senders:
            warned[senders[one.violation]].append(one.violation)
    for sender, violations in warned.items():
        first = list(dict.fromkeys(violations))
        if first != sorted(first):
            yield f"{sender} was warned in the order {first}"


def _surplus(evidence: Evidence) -> Counter[tuple[str, int]]:
    times = Counter((one.path, one.violation) for one in evidence.shown if one.reached)
    return Counter({key: number - 1 for key, number in times.items() if number > 1})


def _telling(actions: Sequence[Action]) -> Iterator[Action]:
    return (action for action in actions if action.kind in SHOWN_BY)
