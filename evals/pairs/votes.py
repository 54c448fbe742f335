"""Reading raters' votes and gold items."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from evals.data.examples import excerpt
from evals.data.load import load
from evals.data.rejection import UnusableRowError
from evals.pairs.cells import PromptKey, prompt_of, text_of
from reports.errors import DataError
from reports.records.pairs import RefusedRow

CHOICES: Final = ("a", "b", "tie", "both_bad")
COLUMNS: Final = ("item", "prompt", "a", "b", "rater", "choice")


class Item(NamedTuple):
    """What raters saw."""

    prompt: PromptKey
    a: str
    b: str


class Vote(NamedTuple):
    """One rater's choice for one item."""

    item: str
    rater: str
    choice: str
    time: float
    """Seconds since 1970, or the place in the file where no time is given."""


class Votes(NamedTuple):
    """All votes; every row is in there or refused."""

    items: dict[str, Item]
    votes: list[Vote]
    labels: tuple[str, ...]
    rows: int
    refused: list[RefusedRow]


def read_votes(files: Sequence[str]) -> Votes:
    """Read rows of `item`, `prompt`, `a`, `b`, `rater`, `choice` (a, b, tie or both_bad) and, if given, `time`.

    Raises:
        DataError: a file cannot be read, or none of its rows has these columns.
        MissingError: a file does not exist.
    """
    items: dict[str, Item] = {}
    votes: dict[tuple[str, str], Vote] = {}
    refused: list[RefusedRow] = []
    labels, rows = [], 0
    for file in files:
        table = load(file)
        labels.append(table.label)
        refused += [RefusedRow(source=table.label, row=r.number, reason=r.reason, excerpt=r.excerpt) for r in table.rejected]
        if not any(set(COLUMNS) <= row.values.keys() for row in table.rows):
            raise DataError(f"{table.label}: no row has all columns of a vote. Name them {', '.join(COLUMNS)}.")
        for row in table.rows:
            try:
                item, vote = _read(row.values, rows + row.number)
                _check(item, vote, items, votes)
            except UnusableRowError as error:
                seen = excerpt(row.values.get("item", ""))
                refused.append(RefusedRow(source=table.label, row=row.number, reason=str(error), excerpt=seen))
                continue
            items[vote.item] = item
            votes[vote.item, vote.rater] = vote
        rows += len(table.rows) + len(table.rejected)
    return Votes(items, list(votes.values()), tuple(labels), rows, refused)


def read_gold(file: str) -> dict[str, str]:
    """Return the known choice of gold items, read from rows of `item` and `choice`; DataError names a row that has none."""
    table = load(file)
    found = {}
    for row in table.rows:
        try:
            found[_name(row.values, "item")] = _choice(row.values)
        except UnusableRowError as error:
            raise DataError(f"{table.label}:{row.number}: {error}. A gold row holds 'item' and 'choice'.") from error
    return found


def _read(values: Mapping[str, object], place: int) -> tuple[Item, Vote]:
    item = Item(prompt_of(values), text_of(values, "a"), text_of(values, "b"))
    return item, Vote(_name(values, "item"), _name(values, "rater"), _choice(values), _time(values, place))


def _check(item: Item, vote: Vote, items: Mapping[str, Item], votes: Mapping[tuple[str, str], Vote]) -> None:
    if item.a == item.b:
        raise UnusableRowError("'a' and 'b' are the same text")
    if items.get(vote.item, item) != item:
        raise UnusableRowError(f"item {vote.item!r} has another prompt or other answers in an earlier row")
    if (vote.item, vote.rater) in votes:
        raise UnusableRowError(f"{vote.rater!r} has already voted on this item; the first vote counts")


def _name(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(values, name).strip()


def _choice(values: Mapping[str, object]) -> str:
    choice = text_of(values, "choice").strip().lower().replace(" ", "_")
    if choice not in CHOICES:
        raise UnusableRowError(f"'choice' is {choice[:30]!r}, not one of {', '.join(CHOICES)}")
    return choice


def _time(values: Mapping[str, object], place: int) -> float:
    value = values.get("time")
    if value is None or value == "":
        return float(place)
    try:
        return float(str(value))
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        raise UnusableRowError(f"'time' is {str(value)[:30]!r}, neither seconds nor an ISO 8601 time") from None
