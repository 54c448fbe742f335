"""What counting says about the data: what can be learned from after cleaning, and what the columns tell about the rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import comb
from typing import Final, NamedTuple

from evals.data.cleaning import remove_defects
from evals.data.examples import Example, plain
from evals.data.formats import detect_as
from evals.data.keys import prompt_key
from evals.data.load import load
from evals.data.reading import Source, read_table
from evals.data.trail import Trail
from reports.records.probe import DataFacts, SourceCount

Columns = Mapping[str, object]

LABEL: Final = "label"
SYNTHETIC_COLUMNS: Final = ("synthetic", "is_synthetic")
"""Yes or no, a row."""
ORIGIN_COLUMNS: Final = ("source", "origin", "written_by")
"""Who wrote a row, in a word."""
MODEL_WORDS: Final = frozenset({"synthetic", "generated", "model", "llm", "machine", "ai"})
PEOPLE_WORDS: Final = frozenset({"human", "people", "person", "expert", "user", "annotator", "writer", "customer", "organic"})
VOTES: Final = (("chosen_votes", "rejected_votes"), ("votes_chosen", "votes_rejected"))
CLEAR_PROBABILITY: Final = 0.9
"""Probability that most people prefer the chosen answer, from which its lead is clear."""
MOST_VOTES: Final = 100
"""More votes count in proportion, so that a lead below 57 % is never clear: 51 to 49 says little however many clicked."""
BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Row(NamedTuple):
    """One effective row, with all columns it came with."""

    example: Example
    columns: Columns
    rating: bool | None
    """The row's `label`, where it is a single rating; None: the row is none."""


class Effective(NamedTuple):
    """The rows that can be learned from, and the account of those that cannot."""

    sources: list[Source]
    rows: list[Row]
    trail: Trail
    places: list[int]
    """For each row, the position of its source."""


def measure_data(sources: Sequence[str], kind: str | None = None) -> DataFacts:
    """Count what the sources hold, all rows of them; rows that fit `kind` are read as that.

    Raises:
        DataError: a source cannot be read, or its rows have no accepted layout.
        MissingError: a source does not exist.
    """
    return count(read_effective(sources, kind=kind))


def read_effective(sources: Sequence[str], chat_template: bool = False, kind: str | None = None) -> Effective:
    """Read the sources and take out unusable, empty, undecided and repeated rows, as a run does.

    Rows are messages where a source has messages, or where there is a chat template and a source is a transcript.
    """
    tables = [load(source) for source in sources]
    layouts = [detect_as(table.rows, table.label, kind) for table in tables]
    forms = {layout.form for layout in layouts}
    with_messages = "messages" in forms or (chat_template and "transcript" in forms)
    read = [read_table(table, layout, with_messages) for table, layout in zip(tables, layouts, strict=True)]
    place_of = {id(example): place for place, source in enumerate(read) for example in source.examples}
    columns = [{row.number: row.values for row in table.rows} for table in tables]
    trail = Trail(sum(source.rows for source in read))
    kept = remove_defects(read, trail)
    places = [place_of[id(example)] for example in kept]
    rows = [_row(example, columns[place][example.number]) for place, example in zip(places, kept, strict=True)]
    return Effective(read, rows, trail, places)


def count(effective: Effective) -> DataFacts:
    """Count rows by what can be learned from them, and by what their columns say."""
    rows, left = effective.rows, Counter(effective.places)
    pairs = [row for row in rows if row.example.kind == "preference"]
    singles = [row for row in rows if row.example.kind != "preference"]
    longer = [_extra_length(row.example) for row in pairs]
    votes = [found for row in pairs if (found := _votes(row.columns)) is not None]
    column, origins = count_origins([row.columns for row in rows])
    formats = Counter(row.example.carried["format"] for row in rows if "format" in row.example.carried)
    return DataFacts(
        sources=tuple(
            SourceCount(label=source.label, layout=source.layout.name, rows=source.rows, effective=left[place])
            for place, source in enumerate(effective.sources)
        ),
        demonstrations=sum(row.example.kind == "prompt-completion" and row.rating is None for row in singles),
        preference_pairs=len(pairs),
        unpaired_ratings=sum(row.rating is not None for row in singles),
        prompts=len({prompt_key(row.example.fields["prompt"]) for row in rows}),
        removed={step.name: step.rows_in - step.rows_out for step in effective.trail.filters if step.rows_in > step.rows_out},
        duplicates_share=next((check.value for check in effective.trail.checks if check.code == "DUP001"), None),
        chosen_longer=sum(extra > 0 for extra in longer),
        chosen_shorter=sum(extra < 0 for extra in longer),
        voted_pairs=len(votes),
        clear_pairs=sum(has_clear_winner(*found) for found in votes),
        by_model=origins[True],
        by_people=origins[False],
        origin_column=column,
        formats=dict(formats.most_common()),
    )


def has_clear_winner(chosen: int, rejected: int) -> bool:
    """Say whether votes make it likely (90 %) that most people prefer the chosen answer.

    The posterior probability that the rate exceeds one half, under a uniform prior: 3 to 0 is clear (94 %), 2 to 1 is not
    (69 %), nor is 51 to 49 (58 %). The sum is the binomial form of the Beta distribution function (Bayes 1763).
    """
    total = chosen + rejected
    if total > MOST_VOTES:
        chosen, total = round(chosen * MOST_VOTES / total), MOST_VOTES
    above = sum(comb(total + 1, successes) for successes in range(chosen + 1))
    probability: float = above / 2 ** (total + 1)
    return probability >= CLEAR_PROBABILITY


def count_origins(rows: Sequence[Columns]) -> tuple[str, Counter[bool]]:
    """Return the column that says who wrote the rows, and how many rows are by a model (True) and by people (False)."""
    for name in (*SYNTHETIC_COLUMNS, *ORIGIN_COLUMNS):
        found = Counter(_said_by_model(name, columns) for columns in rows)
        known = Counter({said: number for said, number in found.items() if said is not None})
        if known:
            return name, known
    return "", Counter()


def _row(example: Example, columns: Columns) -> Row:
    if "rating" in example.carried:
        return Row(example, columns, example.carried["rating"] == "good")
    is_single = example.kind == "prompt-completion"
    return Row(example, columns, _boolean(columns.get(LABEL), numbers=False) if is_single else None)


def _extra_length(pair: Example) -> int:
    return len(plain(pair.fields["chosen"])) - len(plain(pair.fields["rejected"]))


def _votes(columns: Columns) -> tuple[int, int] | None:
    for names in VOTES:
        chosen, rejected = (_whole(columns.get(name)) for name in names)
        if chosen is not None and rejected is not None and chosen + rejected > 0:
            return chosen, rejected
    return None


def _said_by_model(name: str, columns: Columns) -> bool | None:
    value = columns.get(name)
    if name in SYNTHETIC_COLUMNS:
        return _boolean(value, numbers=True)
    words = set(_words(value))
    by_model, by_people = bool(words & MODEL_WORDS), bool(words & PEOPLE_WORDS)
    return by_model if by_model != by_people else None


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.casefold().replace("-", " ").replace("_", " ").split()


def _boolean(value: object, numbers: bool) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) or (numbers and isinstance(value, int)):
        text = str(value).strip().casefold()
        return BOOLEANS.get(text) if numbers or not text.isdigit() else None
    return None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
