"""A map of hashes to hashes in little memory: sixteen bytes a place, where a dictionary takes a hundred and fifty.

Both are numbers of 64 bits that are spread evenly, so that a key's own bits say where it belongs; whoever comes to a
place that is taken goes on to the next one. A key of 0 stands for an empty place, so 0 itself is kept as 1.
"""

from __future__ import annotations

from array import array

_PLACES_MIN = 1 << 12
_FILLED_MAX = 0.6  # of the places; from there on the way to a free one grows long


class Hashes:
    """Values by key; one that is told again takes the place of the one before."""

    def __init__(self, content: bytes = b"") -> None:
        """Empty, or as `content` kept it. Raises ValueError for what is no content of a map."""
        size = len(content) // 16
        if content and (len(content) % 16 or size & (size - 1)):
            raise ValueError("not the content of a map of hashes")
        both = array("Q", content) if content else array("Q", bytes(16 * _PLACES_MIN))
        size = len(both) // 2
        self._keys, self._values = both[:size], both[size:]
        self._count = size - self._keys.count(0)

    def __len__(self) -> int:
        return self._count

    def get(self, key: int) -> int | None:
        """The value of a key, or None."""
        place = self._place(key or 1)
        return self._values[place] if self._keys[place] else None

    def put(self, key: int, value: int) -> None:
        """Keep a value under a key."""
        if self._count >= _FILLED_MAX * len(self._keys):
            self._grow()
        place = self._place(key or 1)
        self._count += not self._keys[place]
        self._keys[place], self._values[place] = key or 1, value

    def content(self) -> bytes:
        """All of it, to be kept elsewhere: keys and values by place, as this machine writes numbers."""
        return self._keys.tobytes() + self._values.tobytes()

    def _place(self, key: int) -> int:
        """Where a key is, or would be."""
        last = len(self._keys) - 1
        place = key & last
        while (found := self._keys[place]) and found != key:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        keys, values = self._keys, self._values
        self._keys, self._values = (array("Q", bytes(16 * len(keys))) for _ in range(2))
        for place, key in enumerate(keys):
            if key:
                there = self._place(key)
                self._keys[there], self._values[there] = key, values[place]
