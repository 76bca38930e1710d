"""Why something was found and does not count, in the reader's language.

The matcher gives its reasons in the words of the log and the command line; each is known here by
its shape.  One that is not known is shown as it is.
"""

import re
from typing import Final

from moderator.web.console.catalogue import Catalogue

_SHAPES: Final = tuple(
    (re.compile(expression), key)
    for expression, key in (
        (r"placeholder", "placeholder"),
        (r"stop word", "stop_word"),
        (r"entropy (?P<found>[\d.]+) is below (?P<least>[\d.]+)", "entropy"),
        (r"checksum (?P<name>\S+) fails", "checksum"),
        (r"an initial stands within a longer word", "long_initial"),
        (r"stands within a longer word", "within_word"),
        (r"goes on as a longer word", "longer_word"),
        (r"layer (?P<layer>\w+) is not undone for this word", "layer"),
        (r"allow phrase (?P<phrase>.+)", "allow"),
        (r"company missing", "company"),
        (r"noise is not undone .*", "noise"),
        (r"a number of them", "measure"),
        (r"counts only in disguise", "undisguised"),
        (r"separators are not undone for this word", "separators"),
        (r"too much stands between the characters", "gap"),
        (r"a space within a Latin word is no disguise", "space"),
        (r"a sentence mark stands between the characters", "sentence"),
        (r"a replaced character stands in an everyday word", "everyday"),
        (r"fewer repeated characters than the word has", "too_few"),
        (r"doubled as in ordinary talk", "doubled"),
        (r"more places to look at .*", "too_much"),
        (r"sounds the same; .*", "homophone"),
        (r"its characters stand apart .*", "apart"),
        (r"all but one end of it .*", "one_end"),
    )
)


def told(reason: str, catalogue: Catalogue) -> str:
    """The reason as the reader says it."""
    for shape, key in _SHAPES:
        if found := shape.fullmatch(reason):
            values = found.groupdict()
            if layer := values.get("layer"):
                values["layer"] = catalogue.say(f"layer.{layer}")
            return catalogue.say(f"reason.{key}", **values)
    return reason
