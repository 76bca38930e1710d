"""A person's history weighed again, each violation by the policy of its own time."""

from collections.abc import Mapping
from dataclasses import dataclass

from moderator.domain.decision import ActionKind, Standing
from moderator.ledger.database.engine import Transaction
from moderator.ledger.standing.history import History, Violation
from moderator.ledger.standing.policies import policies_of
from moderator.policy.policy import Policy
from moderator.policy.replay import Past, replay, weigh_again
from moderator.policy.weighing import Scales, Weighed

Called = frozenset[tuple[ActionKind, str]]  # kind and detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Reweighed:
    """What a violation amounted to when `decided` and until now (`kept`), and amounts to now."""

    id: int
    dismissed: bool
    decided: Weighed
    kept: Weighed
    now: Weighed

    @property
    def changed(self) -> bool:
        return self.kept != self.now

    @property
    def dropped(self) -> Called:
        """What is no longer called for."""
        return _called(self.kept) - _called(self.now)

    @property
    def added(self) -> Called:
        """What is called for now and was not until now."""
        return _called(self.now) - _called(self.kept)

    @property
    def spared(self) -> Called:
        """What was decided and is not called for now."""
        return _called(self.decided) - _called(self.now)


async def reweigh(
    transaction: Transaction, history: History, *, most: int
) -> tuple[Standing, list[Reweighed]]:
    """The standing that follows from a history, and every violation of it weighed again."""
    digests = {violation.policy for violation in history.violations} - {""}
    policies = await policies_of(transaction, digests) if digests else {}
    return reweighed(history, policies, most=most)


def reweighed(
    history: History, policies: Mapping[str, Policy], *, most: int
) -> tuple[Standing, list[Reweighed]]:
    """As `reweigh`.  A violation whose policy was not kept stays as it was decided."""
    by_id = {violation.past.id: violation for violation in history.violations}
    scales = {digest: Scales(policy) for digest, policy in policies.items()}
    unknown = Policy(ladders=())

    def judge(past: Past, standing: Standing) -> Weighed:
        violation = by_id[past.id]
        if violation.policy not in scales:
            return violation.as_decided(unknown)
        return weigh_again(past, standing, scales[violation.policy])

    merits = tuple(kept.merit for kept in history.merits)
    standing, found = Standing((), merits), []
    past = (violation.past for violation in history.violations)
    for each, now, after in replay(past, history.merits, judge, most=most):
        violation = by_id[each.id]
        found.append(_compared(violation, policies.get(violation.policy, unknown), now))
        standing = Standing(after.strikes, merits)
    return standing, found


def _compared(violation: Violation, policy: Policy, now: Weighed) -> Reweighed:
    return Reweighed(
        id=violation.past.id,
        dismissed=violation.dismissed,
        decided=violation.as_decided(policy),
        kept=violation.as_kept(policy),
        now=now,
    )


def _called(weighed: Weighed) -> Called:
    """All but the look-up of the sender, which every record needs."""
    return frozenset(
        (measure.kind, measure.detail)
        for _, measure in weighed.called_for()
        if measure.kind is not ActionKind.IDENTIFY_SENDER
    )
