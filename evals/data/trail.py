"""The account of a run's rows: how many went in, what took some of them out, and what the checks found."""

from collections.abc import Collection, Sequence

from evals.data.examples import Dropped, Example
from reports.records.data import Check, Filter


class Trail:
    """Filters in order, each with its rows in and out, the dropped rows, and the checks made on the way."""

    def __init__(self, rows: int) -> None:
        self.filters: list[Filter] = []
        self.checks: list[Check] = []
        self.dropped: list[Dropped] = []
        self.notes: list[str] = []
        self._rows = rows

    def step(self, name: str, lost: int, because: str) -> None:
        """Write down a step and how many rows it took."""
        self.filters.append(Filter(name=name, rows_in=self._rows, rows_out=self._rows - lost, because=because))
        self._rows -= lost

    def lose(self, name: str, lost: Sequence[Dropped], because: str) -> None:
        """Write down a step with the rows it took."""
        self.step(name, len(lost), because)
        self.dropped.extend(lost)

    def drop(self, examples: list[Example], found: Collection[int], name: str, because: str) -> list[Example]:
        """Take out the examples at the places in `found`, write it down, and return the others."""
        places = frozenset(found)
        self.lose(name, [Dropped(examples[place], because) for place in sorted(places)], because)
        return [example for place, example in enumerate(examples) if place not in places]

    def history(self) -> str:
        """Say for people where rows went."""
        lost = [f"{step.rows_in - step.rows_out:,} {step.name}" for step in self.filters if step.rows_in > step.rows_out]
        read = self.filters[0].rows_in if self.filters else self._rows
        return f"Of {read:,} rows read, dropped were: {', '.join(lost) or 'none'}"
