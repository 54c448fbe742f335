"""Batches sorted by length and sized by tokens, which shrink when memory runs out and stay the same for both sides."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")

OUT_OF_MEMORY: Final = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


class Worked(NamedTuple, Generic[T, R]):
    """One batch that was worked on: a result, or the reason why there is none."""

    batch: tuple[T, ...]
    result: R | None
    error: str


class Batches(Generic[T]):
    """Work cut into batches, longest first, so that memory runs out at once or not at all.

    When it does run out, this and all later batches are halved, for later runs too: both sides of a comparison then see
    the same batches. A batch that fails in another way is halved alone, until the single item at fault is left.
    """

    def __init__(self, items: Sequence[T], length: Callable[[T], int], budget: int) -> None:
        self._length = length
        self._budget = max(1, budget)
        self.total = len(items)
        self._batches = self._cut(sorted(items, key=length, reverse=True))

    def run(self, work: Callable[[tuple[T, ...]], R]) -> Iterator[Worked[T, R]]:
        """Work on each batch in turn; a single item that fails is given back with its error."""
        position = 0
        while position < len(self._batches):
            batch = self._batches[position]
            try:
                worked = Worked(batch, work(batch), "")
            except (RuntimeError, MemoryError, ValueError, IndexError) as error:
                if len(batch) > 1:
                    self._shrink(position, is_out_of_memory(error))
                    continue
                worked = Worked(batch, None, f"{type(error).__name__}: {error}".splitlines()[0])
            position += 1
            yield worked

    def _shrink(self, position: int, memory: bool) -> None:
        batch = self._batches[position]
        if memory:
            free_memory()
            longest = max(self._length(item) for item in batch)
            self._budget = max(1, longest * len(batch) // 2)
            self._batches[position:] = self._cut([item for later in self._batches[position:] for item in later])
        else:
            middle = len(batch) // 2
            self._batches[position : position + 1] = [batch[:middle], batch[middle:]]

    def _cut(self, items: Sequence[T]) -> list[tuple[T, ...]]:
        batches: list[tuple[T, ...]] = []
        start = 0
        while start < len(items):
            size = max(1, self._budget // max(1, self._length(items[start])))
            batches.append(tuple(items[start : start + size]))
            start += size
        return batches


def is_out_of_memory(error: Exception) -> bool:
    """Say whether an error means that memory ran out, on a GPU or not."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in OUT_OF_MEMORY)


def free_memory() -> None:
    """Give back what a failed batch held."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
