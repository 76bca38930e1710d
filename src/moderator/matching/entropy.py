"""How surprising a value is."""

from collections import Counter
from math import log2


def shannon(value: str) -> float:
    """Shannon entropy of `value` in bits per character; 0.0 for the empty string.

    A value of n characters cannot exceed log2(n): compare like lengths only.
    """
    if not value:
        return 0.0
    repeated = sum(n * log2(n) for n in Counter(value).values() if n > 1)
    return log2(len(value)) - repeated / len(value)
