"""How long the rows of a data set are, by their characters: an estimate before any tokenizer is loaded."""

import math
from typing import Final, NamedTuple

from evals.data.examples import plain
from evals.data.formats import detect, normalise
from evals.data.load import load
from evals.data.rejection import Rejected
from reports.errors import DataError
from trainers.memory_setup import Lengths

CHARACTERS_A_TOKEN: Final = 4.0
"""Usual for English prose in the vocabularies of today's models; code and other languages have fewer."""


class RowLengths(NamedTuple):
    """Usable rows of a data set and their estimated lengths in tokens: prompt with its longest answer."""

    rows: int
    lengths: Lengths


def measure_lengths(source: str) -> RowLengths:
    """Read a data set and estimate the tokens of its rows.

    Raises:
        DataError: it cannot be read, its layout is not known, or no row is usable.
        MissingError: it does not exist.
    """
    table = load(source)
    layout = detect(table.rows, table.label)
    read = (normalise(row.values, layout) for row in table.rows)
    characters = sorted(_characters(fields) for fields in read if not isinstance(fields, Rejected))
    if not characters:
        raise DataError(f"{table.label}: no row is usable. `tunegate recommend --data` says what its columns should be.")
    tokens = [max(1, math.ceil(each / CHARACTERS_A_TOKEN)) for each in characters]
    last = len(tokens) - 1
    return RowLengths(
        len(tokens),
        Lengths(
            mean=sum(tokens) / len(tokens),
            median=tokens[last // 2],
            p95=tokens[math.ceil(0.95 * last)],
            longest=tokens[last],
        ),
    )


def _characters(fields: dict[str, str | list[dict[str, str]]]) -> int:
    answers = [len(plain(text)) for name, text in fields.items() if name != "prompt"]
    return len(plain(fields["prompt"])) + max(answers, default=0)
