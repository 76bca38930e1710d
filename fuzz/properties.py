"""The same targets under Hypothesis, which shrinks what it finds and keeps it for the next run."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from fuzz.target import Target

EXAMPLES = Path("build/fuzz-examples")


def examine(target: Target, cases: int, seed: int) -> int:
    """How many were tried; raises the smallest input that breaks a rule, with the rule."""
    tried = 0

    def check(data: bytes) -> None:
        nonlocal tried
        tried += 1
        target.check(data)

    examined = settings(
        max_examples=cases,
        database=DirectoryBasedExampleDatabase(EXAMPLES / target.name),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )(given(_inputs(target))(check))
    seeded(seed)(examined)()
    return tried


def _inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Pieces of seeds, words of the format, any text and any bytes, in any order."""
    seeds = target.seeds
    piece = st.builds(
        lambda seed, begin, length: seed[begin : begin + length],
        st.sampled_from(seeds),
        st.integers(0, max(map(len, seeds))),
        st.integers(1, 400),
    )
    text = st.text(max_size=40).map(lambda one: one.encode("utf-8", "surrogatepass"))
    parts = st.one_of(
        piece, text, st.binary(max_size=20), st.sampled_from([*target.tokens, b"", b"\n"])
    )
    return (
        st.lists(parts, min_size=1, max_size=8).map(b"".join).map(lambda one: one[: target.longest])
    )
