"""Which deliveries this process has dealt with lately."""

from collections import OrderedDict


class RecentKeys:
    """The last `size` keys, bounded.

    It only spares work and counts repeats: what makes a repeat harmless is the ledger's unique key.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._keys: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        self._keys[key] = None
        if len(self._keys) > self._size:
            self._keys.popitem(last=False)
