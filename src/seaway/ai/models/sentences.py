"""Sentences: vectors of Chinese and English texts, by the Universal Sentence Encoder."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seaway.ai.models.session import Rows, Session

LENGTH = 512
LONGEST = 20_000
"""Characters: about a second on one core."""
KEPT = 8192
"""Vectors that are remembered: 16 MB."""


class Sentences:
    """Each text alone goes through the network.

    The network is quantised by what is in a batch: in company a text would get another vector each
    time (cosine down to 0.998), and the same text must always get the same.
    """

    def __init__(self, weights: Path) -> None:
        self._network = Session(str(weights), extended=True)
        self._known: OrderedDict[str, Rows] = OrderedDict()
        self.made = self.remembered = 0

    def rows(self, texts: Sequence[str]) -> Rows:
        """One unit vector for each text, of `LENGTH`; not for two threads at once."""
        return np.stack([self._row(each) for each in texts])

    def _row(self, text: str) -> Rows:
        found = self._known.get(text)
        if found is not None:
            self._known.move_to_end(text)
            self.remembered += 1
            return found
        made = self._network.run("inputs", np.array([text], dtype=object))[0]
        self._known[text] = row = np.asarray(made / np.linalg.norm(made), dtype=np.float32)
        self.made += 1
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return row


def padded(rows: Rows, dimensions: int) -> Rows:
    """Longer by zeros: cosines stay what they are."""
    return np.pad(rows, ((0, 0), (0, dimensions - rows.shape[1])))
