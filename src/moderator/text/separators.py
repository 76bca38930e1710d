"""What may stand between the characters of a disguised word."""

SENTENCE_MARKS = frozenset('，。、；：？！…—“”‘’「」『』（）《》〈〉【】,;:?!()"\n\r\t\u2028\u2029')
LONGEST_GAP = {"none": 3, "few": 6, "any": 12}
LONGEST_UNIFORM_GAP = 12  # of one character again and again
SINGLE_CLAUSES = frozenset("对好行是嗯啊哦没有不来快走等看听说我你他她")  # 对，…
MEASURES = frozenset("分仓单次个")  # 上3分


def is_separator(character: str) -> bool:
    """Whether the character is no letter, ideograph or digit in any script."""
    return not character.isalnum()
