"""How long the rows of a batch are, and what they are padded to, from a few quantiles."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from mathpal.preflight.lengths import Lengths

NUM_SHARES = 64
"""Points at which a mean over rows is taken."""


@dataclass(frozen=True)
class Spread:
    """Tokens of rows at rising shares of them, a straight line between each two."""

    shares: tuple[float, ...]
    tokens: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the length that this share of the rows does not exceed."""
        end = max(1, bisect_left(self.shares, share))
        low, high = self.shares[end - 1], self.shares[end]
        part = (share - low) / (high - low)
        return self.tokens[end - 1] + part * (self.tokens[end] - self.tokens[end - 1])

    @property
    def mean(self) -> float:
        """Tokens of a row on average."""
        return sum(self.of(NUM_SHARES)) / NUM_SHARES

    def of(self, num_rows: int) -> list[float]:
        """Return the lengths of so many rows as they are to be expected, shortest first."""
        return [self.at((index + 0.5) / num_rows) for index in range(num_rows)]

    def longest_of(self, num_rows: float) -> float:
        """Return what the longest of rows drawn at random is expected to have.

        The longest of n is shorter than the share u of all rows with a chance of u^n.
        """
        chances = [(index + 0.5) / NUM_SHARES for index in range(NUM_SHARES)]
        return sum(self.at(chance ** (1 / num_rows)) for chance in chances) / NUM_SHARES


def spread(lengths: Lengths, num_rows: int, most: int | None = None) -> Spread:
    """Return how lengths are spread over rows, cut to `most` tokens.

    The shortest is not among the lengths: it is chosen so that the mean comes out right. Where a
    few rows are far longer than the others, none is short enough for that, and all are scaled.
    """
    middle, high, top = (float(x) for x in (lengths.median, lengths.p95, lengths.longest))
    mean = lengths.total / num_rows
    others = 0.45 * (middle + high) / 2 + 0.05 * (high + top) / 2
    shortest = 4 * (mean - others) - middle
    floor = middle / 4
    scale = 1.0 if shortest >= floor else mean / (others + 0.25 * (floor + middle))
    limit = top if most is None else float(most)
    tokens = (min(max(shortest, floor), middle), middle, high, top)
    return Spread((0.0, 0.5, 0.95, 1.0), tuple(min(limit, scale * count) for count in tokens))
