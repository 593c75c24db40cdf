"""The curves of many runs, flat as they are stored and square as they are computed with.

Owns the two shapes: flat (rows,), run after run and epoch after epoch up to each run's end; and
square (n, E+1), NaN after a run's end. Where the numbers come from is the affair of a source.

Shapes: n runs, E+1 epochs (epoch 0 is the network before training).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Source = Callable[[str], Floats]
"""From a curve's name to its values over all runs of the source, flat."""


class Timelines:
    """Curves of some runs of a source, read when first asked for.

    Parameters
    ----------
    names : the curves that the source has
    lengths : (N,) rows of each run of the source; 0 for a run without a timeline
    source : reads one curve, flat
    chosen : (n,) places of the runs in the source; all of them unless given
    """

    def __init__(
        self, names: Sequence[str], lengths: Ints, source: Source, chosen: Ints | None = None
    ) -> None:
        self.names = tuple(names)
        self._all, self._source = lengths, source
        self._chosen = np.arange(len(lengths)) if chosen is None else chosen
        self._squares: dict[str, Floats] = {}

    @property
    def lengths(self) -> Ints:
        """Rows of each run, (n,)."""
        return np.asarray(self._all[self._chosen])

    def take(self, places: Ints) -> "Timelines":
        """Return the timelines of some of these runs, in that order."""
        return Timelines(self.names, self._all, self._source, self._chosen[places])

    def epochs(self) -> Ints:
        """Return the epoch of every row, flat."""
        lengths = self.lengths
        starts = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) - np.repeat(starts, lengths)

    def flat(self, name: str) -> Floats:
        """Return a curve of all runs, run after run."""
        values = self._source(name)
        if len(self._chosen) == len(self._all) and (np.diff(self._chosen) == 1).all():
            return values
        starts = np.cumsum(self._all) - self._all
        return values[np.repeat(starts[self._chosen], self.lengths) + self.epochs()]

    def square(self, name: str) -> Floats:
        """Return a curve of all runs, (n, E+1), NaN after each run's end."""
        if name not in self._squares:
            lengths = self.lengths
            longest = int(lengths.max(initial=0))
            if (lengths == longest).all():
                self._squares[name] = self.flat(name).reshape(len(lengths), longest)
            else:
                square = np.full((len(lengths), longest), np.nan)
                square[np.arange(longest) < lengths[:, np.newaxis]] = self.flat(name)
                self._squares[name] = square
        return self._squares[name]
