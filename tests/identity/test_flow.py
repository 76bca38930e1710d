"""A log-in by way of another site: everything follows from one secret."""

from moderator.identity.flow import Flow


def test_all_parts_follow_from_the_secret_and_differ() -> None:
    """The same browser gets the same ones again; none tells of another."""
    flow = Flow.begin()
    parts = [flow.secret, flow.state, flow.nonce, flow.verifier, flow.challenge]

    assert Flow(flow.secret) == flow
    assert len(set(parts)) == 5
    assert Flow.begin().state != flow.state


def test_the_verifier_is_as_long_as_it_must_be() -> None:
    """RFC 7636 §4.1: 43 to 128 characters that need no escape."""
    verifier = Flow.begin().verifier

    assert 43 <= len(verifier) <= 128
    assert verifier.replace("-", "a").replace("_", "a").isalnum()


def test_only_the_own_state_is_an_answer() -> None:
    """Nothing else, whatever it is made of."""
    flow = Flow.begin()

    assert flow.is_answered_by(flow.state)
    for other in ("", flow.nonce, flow.state + "x", "\udcff", Flow.begin().state):
        assert not flow.is_answered_by(other)
