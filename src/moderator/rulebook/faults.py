"""What is wrong with the rules, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend: `file` as named to the loader, `line` from 1 (0: the file as a whole).

    `rule` is the id of the rule it concerns; empty for the head of a pack, the policy, or a file.
    """

    file: str
    line: int
    message: str
    rule: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.rule}: {self.message}" if self.rule else f"{where}: {self.message}"
