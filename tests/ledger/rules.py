"""A rule as it is kept beside the violations that it found."""

from moderator.domain.rule import Boundary, Rule, Separators, Severity, Word

INVOICES = Rule(
    id="invoices",
    category="advertising",
    severity=Severity.MEDIUM,
    description="发票",
    version="v1",
    words=(
        Word(
            text="代开发票",
            boundary=Boundary.ANYWHERE,
            separators=Separators.FEW,
            undo=frozenset(),
        ),
    ),
)
