"""What may stand between the characters of a disguised word."""

SENTENCE_MARKS = frozenset('，。、；：？！…—“”‘’「」『』（）《》〈〉【】,;:?!()"\n\r\u2028\u2029')
LONGEST_GAP = {"few": 3, "any": 12}


def is_separator(character: str) -> bool:
    """Whether the character is no letter, ideograph or digit in any script."""
    return not character.isalnum()
