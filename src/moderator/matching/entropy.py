"""How surprising a value is."""

from collections import Counter
from math import log2


def shannon(value: str) -> float:
    """Shannon entropy of `value` in bits per character; 0.0 for the empty string.

    A value of n characters cannot exceed log2(n): compare like lengths only.
    """
    total = len(value)
    return -sum(n / total * log2(n / total) for n in Counter(value).values()) if value else 0.0
