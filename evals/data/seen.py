"""Which of many keys came before, at 16 bytes a key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.data.keys import KEY_BYTES

if TYPE_CHECKING:
    import numpy


class SeenKeys:
    """Keys in sorted runs, of which each is more than twice as long as the next: 16 bytes a key, twice that while two merge."""

    def __init__(self) -> None:
        self._runs: list[numpy.ndarray] = []

    def add(self, keys: Sequence[bytes]) -> list[int]:
        """Remember keys of `KEY_BYTES` bytes; return the places of those that came before, here or in an earlier call."""
        import numpy as np

        unique, first = np.unique(np.frombuffer(b"".join(keys), dtype=f"S{KEY_BYTES}"), return_index=True)
        is_known = np.zeros(len(unique), dtype=bool)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, unique), len(run) - 1)
            is_known |= run[places] == unique
        is_repeat = np.ones(len(keys), dtype=bool)
        is_repeat[first[~is_known]] = False
        self._remember(unique[~is_known])
        return [int(place) for place in np.flatnonzero(is_repeat)]

    def _remember(self, keys: "numpy.ndarray") -> None:
        import numpy as np

        if len(keys):
            self._runs.append(keys)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            merged = np.concatenate((self._runs.pop(), self._runs.pop()))
            merged.sort(kind="stable")
            self._runs.append(merged)
