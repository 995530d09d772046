"""Repeatable chance: a draw follows from its key alone, so neither order nor machine can change a result."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

# Changing the salt gives every guest another identity.
SALT = b"hospes-demo-1"
# 256 bits hold 25 draws below 1,000; an identity takes 17 at most, half of them smaller. More would be slower.
DIGEST_SIZE_BYTES = 32


class Draw:
    """A source of numbers that begins afresh from its key, such as "name:17"."""

    def __init__(self, key: str) -> None:
        digest = blake2b(key.encode(), digest_size=DIGEST_SIZE_BYTES, key=SALT).digest()
        self._left = int.from_bytes(digest, "big")

    def below(self, limit: int) -> int:
        """Draw a whole number from 0 up to, but not including, the limit."""
        self._left, number = divmod(self._left, limit)
        return number

    def is_hit(self, permille: int) -> bool:
        """Draw yes with a chance of so many in a thousand."""
        self._left, number = divmod(self._left, 1000)
        return number < permille

    def pick(self, values: Sequence[T]) -> T:
        """Draw one of the values."""
        return values[self.below(len(values))]
