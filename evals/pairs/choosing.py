"""A person as the judge of two answers: random order, no names, every key press stored at once."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from evals.data.load import load
from evals.data.rejection import UnusableRowError
from evals.pairs.cells import text_of
from evals.pairs.prompts import readable
from evals.pairs.ranking import Compared, Group, pairs_to_compare
from evals.pairs.writing import write_rows
from reports.digest import text_digest
from reports.errors import DataError, UsageError
from reports.jsonl import Jsonl
from reports.rundir import now

Choice = Literal["a", "b", "tie", "skip"]
WORDS: Final[Mapping[str, Choice]] = {"a": "a", "b": "b", "t": "tie", "tie": "tie", "s": "skip", "skip": "skip"}
ITEM_LENGTH: Final = 12


class StoredChoice(Struct, frozen=True, kw_only=True):
    """One key press; the last one of an item counts."""

    item: str
    """Digest of the prompt and of both answers as they were shown."""
    choice: Literal["a", "b", "tie", "skip", "undo"]
    at: str


class ToJudge(Struct, frozen=True, kw_only=True):
    """Two answers as a person sees them."""

    item: str
    prompt: str
    a: str
    b: str


class Item(NamedTuple):
    """One comparison and its place: which group, and which of its answers are shown as A and B."""

    shown: ToJudge
    group: int
    a: int
    b: int


class Choosing:
    """The comparisons of a session, those that are decided, and the next one."""

    def __init__(self, groups: Sequence[Group], every: bool, seed: int, store: Jsonl[StoredChoice]) -> None:
        self.items = _items(groups, every, seed)
        self.choices: dict[str, Choice] = {}
        """By item, in the order in which they were given."""
        self._groups = groups
        self._store = store
        known = {item.shown.item for item in self.items}
        for stored in store.read():
            if stored.item in known:
                self._take(stored)

    def next_item(self) -> Item | None:
        """Return the comparison to decide now; None: all are decided or skipped."""
        return next((item for item in self.items if item.shown.item not in self.choices), None)

    def choose(self, item: Item, choice: Choice) -> None:
        """Store a decision."""
        self._add(StoredChoice(item=item.shown.item, choice=choice, at=now()))

    def undo(self) -> None:
        """Take back the last decision, if there is one."""
        if self.choices:
            self._add(StoredChoice(item=next(reversed(self.choices)), choice="undo", at=now()))

    def compared(self) -> list[Compared]:
        """Return what was decided of each group."""
        leads: list[dict[tuple[int, int], float]] = [{} for _ in self._groups]
        errors = [""] * len(self._groups)
        for item in self.items:
            choice = self.choices.get(item.shown.item)
            if choice is None or choice == "skip":
                errors[item.group] = "skipped" if choice else "nobody has decided yet"
            else:
                lead = {"a": 1.0, "b": -1.0, "tie": 0.0}[choice]
                leads[item.group][min(item.a, item.b), max(item.a, item.b)] = lead if item.a < item.b else -lead
        return [Compared(*both) for both in zip(leads, errors, strict=True)]

    def _add(self, stored: StoredChoice) -> None:
        self._store.append(stored)
        self._take(stored)

    def _take(self, stored: StoredChoice) -> None:
        self.choices.pop(stored.item, None)
        if stored.choice != "undo":
            self.choices[stored.item] = stored.choice


def read_choices(choosing: Choosing, file: str) -> None:
    """Take decisions from rows of `item` and `choice` (a, b, tie or skip), and store them.

    Raises:
        DataError: a row has no such cells.
        UsageError: an item is none of this session.
    """
    table = load(file)
    items = {item.shown.item: item for item in choosing.items}
    for row in table.rows:
        try:
            name, word = text_of(row.values, "item").strip(), text_of(row.values, "choice").strip().lower()
            if word not in WORDS:
                raise UnusableRowError(f"'choice' is {word[:30]!r}, not a, b, tie or skip")
        except UnusableRowError as error:
            raise DataError(f"{table.label}:{row.number}: {error}. Mend this row.") from error
        if name not in items:
            raise UsageError(
                f"{table.label}:{row.number}: item {name[:30]!r} is none of these comparisons. Were the answers drawn anew since?"
            )
        if choosing.choices.get(name) != WORDS[word]:
            choosing.choose(items[name], WORDS[word])


def write_open_items(choosing: Choosing, path: Path) -> int:
    """Write the undecided comparisons, to be judged elsewhere; returns how many."""
    left = [item.shown for item in choosing.items if item.shown.item not in choosing.choices]
    write_rows(path, left)
    return len(left)


def _items(groups: Sequence[Group], every: bool, seed: int) -> list[Item]:
    """Return one comparison of each prompt, or `every` one; a decision on a new prompt teaches more than one on the same."""
    found = []
    for number, group in enumerate(groups):
        rng = random.Random(text_digest(str(seed), group.asked.key, *(one.text for one in group.answers)))
        pairs = pairs_to_compare(group)
        for pair in pairs if every else [rng.choice(pairs)]:
            a, b = rng.sample(pair, 2)
            prompt, first, second = readable(group.asked.prompt), group.answers[a].text, group.answers[b].text
            item = text_digest(prompt, first, second)[:ITEM_LENGTH]
            found.append(Item(ToJudge(item=item, prompt=prompt, a=first, b=second), number, a, b))
    return found
