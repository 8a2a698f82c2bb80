"""Randomness and trigonometry that give the same bits on every machine.

NumPy promises that the raw stream of a bit generator never changes (it does not promise that for
`Generator` methods), so all draws are made from raw 64-bit words here. Sine and cosine come from a
polynomial in plain IEEE arithmetic, because the last bit of the C library's differs between
machines.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_BLOCK = 256
_UNIT = 2.0**-53
# Taylor coefficients, valid to 1e-12 on [-pi/4, pi/4].
_SIN = (1.0, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800)
_COS = (1.0, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600)
_RADIANS = 3.141592653589793 / 180.0


class Dice:
    """A stream of random numbers that depends on nothing but its key.

    `Dice("scene", seed, split, index)`: the stream of item `index` does not depend on how many
    items are drawn, in which order, or by how many processes.
    """

    def __init__(self, *key: str | int) -> None:
        digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
        words = np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)
        self._bits = np.random.Philox(key=words)
        self._block: list[float] = []

    def unit(self) -> float:
        """One number, uniform in [0, 1)."""
        if not self._block:
            raw = self._bits.random_raw(_BLOCK)
            self._block = ((raw >> np.uint64(11)) * _UNIT).tolist()
        return self._block.pop()

    def uniform(self, low: float, high: float) -> float:
        """One number, uniform in [low, high)."""
        return low + (high - low) * self.unit()

    def bell(self) -> float:
        """One number in (-3, 3) with mean 0 and deviation 1: a sum of three uniforms."""
        return 2.0 * (self.unit() + self.unit() + self.unit()) - 3.0

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.unit() < probability

    def below(self, n: int) -> int:
        """An integer in [0, n)."""
        return int(self.unit() * n)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the others."""
        return options[self.below(len(options))]

    def noise(self, *shape: int) -> NDArray[np.uint8]:
        """Independent bytes of the given shape."""
        n = int(np.prod(shape))
        raw = self._bits.random_raw(n // 8 + 1).astype("<u8")
        return raw.view(np.uint8)[:n].reshape(shape)


def sincos(degrees: float) -> tuple[float, float]:
    """Sine and cosine of an angle in degrees, to 1e-12, bit for bit the same everywhere."""
    quarter = int((degrees + 45.0) // 90.0)
    x = (degrees - 90.0 * quarter) * _RADIANS
    xx = x * x
    sine = cosine = 0.0
    for s, c in zip(reversed(_SIN), reversed(_COS), strict=True):
        sine = sine * xx + s
        cosine = cosine * xx + c
    sine *= x
    return ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))[quarter % 4]
