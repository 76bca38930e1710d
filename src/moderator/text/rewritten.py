"""What rewrites texts: natively where that is compiled."""

from moderator.text.rewriting import Places, Splice

try:
    from moderator.text.rewrite import (
        Translation,
        after,
        foreign_runs,
        picked,
        spliced,
        squeeze,
        squeezed,
        standing,
    )
except ImportError:
    from moderator.text.rewriting import (  # type: ignore[assignment]
        Translation,
        after,
        foreign_runs,
        picked,
        spliced,
        squeeze,
        squeezed,
        standing,
    )

    COMPILED = False
else:
    COMPILED = True

__all__ = [
    "COMPILED",
    "Places",
    "Splice",
    "Translation",
    "after",
    "foreign_runs",
    "picked",
    "spliced",
    "squeeze",
    "squeezed",
    "standing",
]
