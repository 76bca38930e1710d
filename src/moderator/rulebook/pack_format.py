"""What a pack file may say: the models behind `rules/rules.schema.json`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from moderator.domain.rule import Boundary, Layer, Separators
from moderator.matching.flooding import MOST_MESSAGES, MOST_REPEATS
from moderator.rulebook.entries import Entry, Id, Listed, Text, plain_text

SeverityName = Literal["low", "medium", "high", "critical"]
BoundaryName = Annotated[Boundary, Field(strict=False)]
SeparatorsName = Annotated[Separators, Field(strict=False)]
LayerName = Annotated[Layer, Field(strict=False)]
Sample = Annotated[str, Field(min_length=1)]


class Disguises(Entry):
    """How a word may stand and be disguised; what a word does not say, its rule says."""

    boundary: BoundaryName | None = Field(
        None,
        description="Where the word may stand: `anywhere`, `whole` (neither neighbour is a letter "
        "or digit) or `prefix` (the left neighbour is none). Default: `whole` for words of only "
        "ASCII letters and digits, else `anywhere`.",
    )
    separators: SeparatorsName | None = Field(
        None,
        description="What may stand between the characters: `none`, `few` (up to three marks, "
        "spaces or emoji in each gap) or `any`. Default: `few`, but `none` for words of only ASCII "
        "characters and for words of one letter.",
    )
    undo: Listed[LayerName] = Field(
        default_factory=list, description="Disguises to undo besides the default ones."
    )
    leave: Listed[LayerName] = Field(
        default_factory=list, description="Default disguises that are not undone here."
    )
    disguised: bool = Field(
        False,
        description="true: only counts where somebody took the trouble to disguise it; the plain "
        "word is harmless.",
    )


class WordEntry(Disguises):
    """A banned word with options of its own."""

    text: Text = Field(description="The word in its plain spelling.")


WordItem = Annotated[WordEntry, BeforeValidator(plain_text, json_schema_input_type=str | WordEntry)]


class CompanyEntry(Entry):
    """A hit counts only where other words stand near it."""

    within: int = Field(30, ge=1, le=10_000, description="Greatest distance, in characters.")
    all_of: list[Annotated[list[Text], Field(min_length=1)]] = Field(
        min_length=1, description="Groups of words; of each group at least one must be near."
    )


class PatternEntry(Entry):
    """A regular expression that runs only near its keywords or near a run of digits."""

    expression: Annotated[str, Field(min_length=1)] = Field(
        description="Python `re`, case as written. What counts is the group `secret`, else all."
    )
    keywords: Listed[Text] = Field(
        default_factory=list,
        description="Lower-case literals; at least one stands in or near every match.",
    )
    digits: int = Field(
        0,
        ge=0,
        le=64,
        description="Instead of keywords: runs where the text has a run of at least so many digits "
        "(spaces and hyphens between them allowed).",
    )
    before: int = Field(
        32, ge=0, le=4096, description="Characters looked at before the keyword or digits."
    )
    after: int = Field(
        160, ge=0, le=65_536, description="Characters looked at after the keyword or digits."
    )
    checksum: Id | Literal[""] = Field("", description="The check that the value must pass.")
    checksum_required: bool = Field(
        True, description="false: a value that fails its checksum is reported as unverified."
    )
    entropy: float = Field(
        0.0, ge=0, le=8, description="Least Shannon entropy of the value, bits per character."
    )
    stop: Listed[Text] = Field(
        default_factory=list, description="Placeholders: a value that holds one is no hit."
    )
    context: Listed[Text] = Field(
        default_factory=list,
        description="Lower-case words; where given, one of them must stand in the window, too.",
    )
    rewritten: bool = Field(
        False,
        description="true: only counts where it is written otherwise than the expression reads it: "
        "in full width, or with characters in it that nobody sees.",
    )


class BehaviourEntry(Entry):
    """How much one sender may write in one chat: beyond it the message is a hit."""

    within: Annotated[str, Field(pattern=r"^[1-9][0-9]?[sm]$")] = Field(
        description="The time that counts, in seconds or minutes: `30s`, `2m`; at most `99m`."
    )
    messages: int | None = Field(
        None, ge=1, le=MOST_MESSAGES, description="The most messages of any content."
    )
    repeats: int | None = Field(
        None, ge=1, le=MOST_REPEATS, description="The most of the same or nearly the same text."
    )


class RuleEntry(Disguises):
    """One rule of a pack."""

    id: Id = Field(description="Unique over all files; lower-case letters, digits, hyphens.")
    description: str = Field("", description="What was found and what it enables, for people.")
    severity: SeverityName | None = Field(None, description="Default: that of the pack.")
    enabled: bool | None = Field(None, description="Default: that of the pack.")
    clauses: Listed[Text] | None = Field(
        None, description="Clause ids of policy.yaml. Default: those of the pack."
    )
    masked: bool | None = Field(
        None, description="true: what is found is never stored or shown. Default: as the pack."
    )
    words: Listed[WordItem] | None = Field(
        None, description="Banned words: plain text, or mappings with options."
    )
    patterns: Listed[PatternEntry] | None = Field(None, description="Regular expressions.")
    company: CompanyEntry | None = Field(
        None, description="The hit counts only with these other words near it."
    )
    behaviour: BehaviourEntry | None = Field(
        None, description="Instead of words and patterns: how much is too much."
    )
    allow: Listed[Text] = Field(
        default_factory=list,
        description="Phrases that excuse a hit inside them; the longest over the same span wins.",
    )
    examples: Listed[Sample] = Field(
        default_factory=list, description="Texts that must hit this rule."
    )
    counter_examples: Listed[Sample] = Field(
        default_factory=list, description="Texts that must not hit this rule."
    )


class PackHead(Entry):
    """What the rules of a pack have in common."""

    category: Id = Field(description="What is found; a category of policy.yaml's ladders.")
    severity: SeverityName = Field("medium", description="Severity of rules that name none.")
    description: str = Field("", description="What the pack is for.")
    clauses: Listed[Text] = Field(
        default_factory=list, description="Clause ids of policy.yaml for rules that name none."
    )
    enabled: bool = Field(True, description="false: the rules are checked, but find nothing.")
    masked: bool = Field(False, description="true: what is found is never stored or shown.")


class PackFile(PackHead):
    """A rule pack of moderator (rules/*.yaml)."""

    rules: Listed[RuleEntry] = Field(description="The rules; `[]` for none.")
